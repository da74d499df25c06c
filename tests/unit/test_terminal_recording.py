"""The recording in the README: an SVG whose lines appear one after the other."""

import re
from pathlib import Path
from xml.etree import ElementTree

from rich.text import Text

from terminal_recording.animation import Line, animated_svg

SVG = "{http://www.w3.org/2000/svg}"
RECORDING = Path(__file__).parents[2] / "docs" / "first-downlink.svg"


def text_of(svg: str) -> str:
    """All that an SVG says."""
    texts = ElementTree.fromstring(svg).iter(f"{SVG}text")  # noqa: S314 - made here
    return "".join(text.text or "" for text in texts).replace("\N{NO-BREAK SPACE}", " ")


def test_lines_appear_at_their_moments() -> None:
    svg = animated_svg(
        [Line(Text("$ push <hex>"), 0.5), Line(Text(""), 0.5), Line(Text("→ 01a2 & so on"), 12)], 40
    )

    assert "$ push <hex>" in text_of(svg)
    assert "→ 01a2 & so on" in text_of(svg)
    delays = re.findall(r'line-(\d+)\)"\] \{ animation-delay: ([\d.]+)s', svg)
    assert delays == [("0", "0.5"), ("1", "0.5"), ("2", "12.0")]


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", animated_svg([Line(Text("a"), 0)], 10)) == []


def test_the_recording_shows_a_downlink_from_queue_to_base_station() -> None:
    told = text_of(RECORDING.read_text(encoding="utf-8"))

    positions = [
        told.find(word) for word in ("17012c", "is queued", "downlinkData", "answered", "It has ended: sent")
    ]
    assert -1 not in positions
    assert positions == sorted(positions)
