"""A terminal's text as an SVG whose lines appear one after the other."""

import io
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

_ID = "terminal"
_TITLE = "Sigbridge"
# Rich's own form loads a font from the network, which an image in a page may not.
_FORM = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font: {char_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
        line-height: {line_height}px;
    }}
    .{unique_id}-title {{ font: bold 18px sans-serif }}
    {styles}
    /* appearance */
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the terminal.

    Attributes:
        text: What it says.
        at: When it appears, seconds from the beginning.
    """

    text: Text
    at: float


def animated_svg(lines: list[Line], width: int) -> str:
    """Draw lines, each from its moment on.

    Where the reader wants no animations all of them are there at once.

    Args:
        lines: In their order; none is longer than the terminal is wide.
        width: Columns of the terminal.
    """
    console = Console(record=True, width=width, file=io.StringIO(), color_system="truecolor")
    for line in lines:
        console.print(line.text)
    svg = console.export_svg(title=_TITLE, unique_id=_ID, code_format=_FORM)
    return svg.replace("/* appearance */", _appearance(lines))


def _appearance(lines: list[Line]) -> str:
    delays = "\n".join(
        f'        [clip-path="url(#{_ID}-line-{number})"] {{ animation-delay: {line.at:.1f}s }}'
        for number, line in enumerate(lines)
    )
    return f"""@keyframes appear {{ from {{ opacity: 0 }} to {{ opacity: 1 }} }}
    @media (prefers-reduced-motion: no-preference) {{
        [clip-path^="url(#{_ID}-line-"] {{ animation: appear 0.1s both }}
{delays}
    }}"""
