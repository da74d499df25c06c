"""Tables for people, JSON for scripts, one line for what went wrong."""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

type Plain = str | int | bool | Sequence[Plain] | Mapping[str, Plain] | None

_UNLIMITED = 10_000

# Without emoji: Rich would read the right `traffic:up:write` as one.
_console = Console(highlight=False, emoji=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def show_json(data: Plain) -> None:
    """Prints data for scripts."""
    _console.out(json.dumps(data, indent=2, ensure_ascii=False), highlight=False)


def say(sentence: str) -> None:
    """Prints a sentence for people."""
    _console.print(sentence, markup=False)


def show_secret(secret: str) -> None:
    """Prints a secret on a line of its own, in one piece, so that it can be copied."""
    _console.print(Text.assemble("\n  ", (secret, "bold"), "\n"))


def show_facts(facts: Mapping[str, str]) -> None:
    """Prints names and values, one a line."""
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        grid.add_row(Text(name, "dim"), Text(value))
    _console.print(grid)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], folding: Container[str] = ()) -> None:
    """Prints rows under their columns.

    Args:
        columns: Their names.
        rows: A text for each column.
        folding: The columns that give way in a narrow terminal; in a file or pipe none has to.
            The others are never cut, whatever the width.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    cells = [[Text(cell) for cell in row] for row in (columns, *rows)]
    for heading, *column in zip(*cells, strict=True):
        folds = heading.plain in folding
        widest = max(cell_len(line) for cell in (heading, *column) for line in cell.plain.split("\n"))
        table.add_column(heading, no_wrap=not folds, overflow="fold", min_width=None if folds else widest)
    for row in cells[1:]:
        table.add_row(*row)
    least = Console(width=_UNLIMITED).measure(table).minimum
    width = max(_console.width, least) if _console.is_terminal else _UNLIMITED
    Console(highlight=False, emoji=False, width=width).print(table)


def show_error(message: str) -> None:
    """Prints what went wrong, on one line of the error stream."""
    _errors.print(Text.assemble(("error: ", "bold red"), message))


def moment(epoch_ms: int) -> str:
    """Writes a moment for scripts, as RFC 3339 in UTC."""
    time = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def readable_moment(epoch_ms: int) -> str:
    """Writes a moment for people, to the minute."""
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def readable_date(epoch_ms: int) -> str:
    """Writes the day of a moment for people, in UTC."""
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d}"
