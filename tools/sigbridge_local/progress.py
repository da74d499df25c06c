"""Shows what is going on and for how long: a spinner to people, plain lines to files and pipes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show one step while it runs and how long it took; a step that fails leaves no success behind."""
    start = time.monotonic()
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            progress.add_task(doing, total=None)
            yield
    else:
        console.print(f"  {doing} ...")
        yield
    console.print(f"[green]✓[/green] {doing} [dim]({time.monotonic() - start:.1f} s)[/dim]")
