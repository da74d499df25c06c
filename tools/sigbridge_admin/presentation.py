"""Tables for people, JSON and CSV for scripts, one line for what went wrong."""

import json
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

NONE = "-"
_UNLIMITED = 10_000
# What devices and other people wrote must not steer the terminal.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) != "\n"}
_CONTROLS_OF_SOURCES = {code: written for code, written in _CONTROLS.items() if chr(code) not in "\t\r"}

# Without emoji: Rich would read the right `traffic:up:write` as one.
_console = Console(highlight=False, emoji=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def show_json(data: Any) -> None:
    """Print data for scripts."""
    _console.out(json.dumps(data, indent=2, ensure_ascii=False), highlight=False)


def show_json_line(data: Mapping[str, Any]) -> None:
    """Print data for scripts that read on while there is more to come."""
    _console.out(json.dumps(data, ensure_ascii=False), highlight=False)


def show_csv(text: str) -> None:
    """Print lines of CSV as they are."""
    sys.stdout.write(text)


def show_source(text: str) -> None:
    """Print a source as it is, apart from what would steer a terminal."""
    line_end = "" if text.endswith("\n") else "\n"
    sys.stdout.write((text.translate(_CONTROLS_OF_SOURCES) if sys.stdout.isatty() else text) + line_end)


def say(sentence: str) -> None:
    """Print a sentence for people."""
    _console.print(_harmless(sentence))


def show_secret(secret: str) -> None:
    """Print a secret on a line of its own, in one piece, so that it can be copied."""
    _console.print(Text.assemble("\n  ", (secret, "bold"), "\n"))


def show_facts(facts: Mapping[str, str]) -> None:
    """Print names and values, one a line."""
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        grid.add_row(Text(name, "dim"), _harmless(value))
    _console.print(grid)


def show_table(rows: Sequence[Mapping[str, str]], folding: Container[str] = ()) -> None:
    """Print rows under the names of their columns; a column with nothing in it is left out.

    Args:
        rows: At least one; in each a text for each column, `NONE` for nothing.
        folding: The columns that give way in a narrow terminal; in a file or pipe none has to.
            The others are never cut, whatever the width.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    columns = [name for name in rows[0] if any(row[name] != NONE for row in rows)]
    lines = (columns, *([row[name] for name in columns] for row in rows))
    cells = [[_harmless(cell) for cell in line] for line in lines]
    for heading, *column in zip(*cells, strict=True):
        folds = heading.plain in folding
        widest = max(cell_len(line) for cell in (heading, *column) for line in cell.plain.split("\n"))
        table.add_column(heading, no_wrap=not folds, overflow="fold", min_width=None if folds else widest)
    for row in cells[1:]:
        table.add_row(*row)
    least = Console(width=_UNLIMITED).measure(table).minimum
    width = max(_console.width, least) if _console.is_terminal else _UNLIMITED
    Console(highlight=False, emoji=False, width=width).print(table)


def note(sentence: str) -> None:
    """Print a sentence for people on the error stream, where it is in no script's way."""
    _errors.print(_harmless(sentence, "dim"))


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show a bar on the error stream, if that is a terminal, until the block ends.

    Yields:
        Says what goes on, how much is done, and of how much about; None where that is not known.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_errors, transient=True, disable=not _errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(what: str, done: int, total: int | None) -> None:
            whole = None if total is None else max(done, total)
            bar.update(task, description=what, completed=done, total=whole)

        yield show


def name_application(application: str, place: str) -> None:
    """Print which application is about to be changed, and where it is, on the error stream."""
    note(f"Application {application} ({place})")


def show_error(message: str, details: Iterable[str] = ()) -> None:
    """Print what went wrong on one line of the error stream, and details below it."""
    _errors.print(Text.assemble(("error: ", "bold red"), _harmless(message)))
    for detail in details:
        _errors.print(_harmless(f"  {detail}"))


def readable_moment(moment: datetime) -> str:
    """Write a moment for people, to the minute, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def readable_second(moment: datetime) -> str:
    """Write a moment for people, to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def readable_date(moment: datetime) -> str:
    """Write the day of a moment for people, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _harmless(text: str, style: str = "") -> Text:
    return Text(text.translate(_CONTROLS), style)
