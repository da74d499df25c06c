"""The commands of a Markdown page, and what the page shows of their output."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^ *```console\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PROMPT = "$ "


@dataclass(frozen=True)
class Step:
    """A command and its output, as a page shows them.

    Attributes:
        where: Page and line of the command.
        command: What is typed after the prompt, over several lines perhaps.
        shown: The output; empty if the page shows none.
    """

    where: str
    command: str
    shown: str


def steps_of(page: Path) -> list[Step]:
    """Return the commands of all `console` blocks of a page, in their order."""
    return list(_steps(page.name, page.read_text(encoding="utf-8")))


def _steps(name: str, text: str) -> Iterator[Step]:
    for block in _FENCE.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        yield from _steps_of_block(name, first, block[1].splitlines())


def _steps_of_block(name: str, first: int, lines: list[str]) -> Iterator[Step]:
    indent = len(lines[0]) - len(lines[0].lstrip())
    number = 0
    while number < len(lines):
        where = f"{name}:{first + number}"
        assert lines[number][indent:].startswith(_PROMPT), f"{where}: a block begins with a command"
        command = lines[number][indent + len(_PROMPT) :]
        number += 1
        while _goes_on(command):
            command += "\n" + lines[number]
            number += 1
        shown = []
        while number < len(lines) and not lines[number][indent:].startswith(_PROMPT):
            shown.append(lines[number][indent:])
            number += 1
        yield Step(where, command, "\n".join(shown))


def _goes_on(command: str) -> bool:
    """Tell whether the shell would ask for another line."""
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False
