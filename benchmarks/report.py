"""The budget table for people, and the same as data."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.budget import Row
from sigbridge_local.dynamodb_local import PACKAGE, VERSION

RESULTS = Path(__file__).parent / "results.json"
_PACKAGES = ("boto3", "botocore", "aws-lambda-powertools", "pydantic")


def print_table(console: Console, rows: Sequence[Row]) -> None:
    """Print every row beside its limit and budget, and the notes below."""
    table = Table(title=f"Budgets, measured against {_engine()}", title_justify="left")
    for heading in ("", "limit", "budget", "measured", ""):
        table.add_column(heading, overflow="fold")
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    for row in rows:
        mark = f" [dim]({notes.index(row.note) + 1})[/dim]" if row.note else ""
        verdict = "[green]pass[/green]" if row.passed else "[red]FAIL[/red]"
        table.add_row(row.name + mark, row.limit, row.budget, row.measured, verdict)
    console.print(table)
    for number, note in enumerate(notes, start=1):
        console.print(f"[dim]({number}) {note}[/dim]")


def write_results(rows: Sequence[Row]) -> None:
    """Write every row with the figures behind it to `results.json`."""
    content = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "engine": _engine(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
        "machine": platform.machine(),
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _engine() -> str:
    return f"DynamoDB Local (npm package {PACKAGE} {VERSION})"
