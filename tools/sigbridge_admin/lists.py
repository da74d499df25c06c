"""Lists that come in pages."""

from collections.abc import Iterable
from typing import Annotated

import typer

from sigbridge.status import Status
from sigbridge_admin.api import Api, Json, Query
from sigbridge_admin.failures import AdminError
from sigbridge_admin.presentation import note, say, show_csv

_MORE = "There are more: --all gives them all."

PageSize = Annotated[int, typer.Option("--limit", min=1, max=100, help="How many there are in a page.")]
EveryPage = Annotated[bool, typer.Option("--all", help="All of them, not the first page alone.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, with a line of column names.")]
WithType = Annotated[
    str | None,
    typer.Option("--type", metavar="TYPE", help="Only devices of this type.", show_default=False),
]
WithTags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="KEY[:VALUE]",
        help="Only devices with this tag; repeat it for those that have them all.",
        show_default=False,
    ),
]
WithState = Annotated[
    Status | None, typer.Option("--state", help="Only devices in this state.", show_default=False)
]
WithPrefix = Annotated[
    str | None,
    typer.Option("--prefix", metavar="TEXT", help="Only devices whose ids begin so.", show_default=False),
]
Variables = Annotated[
    str | None,
    typer.Option(
        "--variables",
        metavar="NAME,...",
        help="Only these variables, separated by commas.",
        show_default=False,
    ),
]
_RANGE_END = 'a date, ISO 8601 (UTC without an offset), epoch seconds, or "2 hours" for two hours ago'
Start = Annotated[
    str | None,
    typer.Option("--start", metavar="WHEN", help=f"The earliest moment: {_RANGE_END}.", show_default=False),
]
End = Annotated[
    str | None,
    typer.Option("--end", metavar="WHEN", help=f"The latest moment: {_RANGE_END}.", show_default=False),
]


def read_list(api: Api, *path: str, query: Query, plural: str, every_page: bool) -> Json:
    """Read the first page of a list that holds something, or all pages as one.

    Args:
        api: The API.
        path: Where the list is.
        query: What is asked for.
        plural: The field with its items.
        every_page: Whether all are wanted.

    Returns:
        The document as the API writes it; `next_cursor` is there if there are more.
    """
    return first_or_every_page(api.pages(*path, query=query), plural, every_page=every_page)


def first_or_every_page(pages: Iterable[Json], plural: str, *, every_page: bool) -> Json:
    """Take the first of a list's pages that holds something, or all pages as one.

    Args:
        pages: The pages, read as they are wanted.
        plural: The field with the items.
        every_page: Whether all are wanted.
    """
    if every_page:
        return {plural: [item for page in pages for item in page[plural]]}
    last: Json = {plural: []}
    for last in pages:
        if last[plural]:
            break
    return last


def say_whether_more(document: Json) -> None:
    """Say below a table that there are more, and how to get them."""
    if "next_cursor" in document:
        say(f"\n{_MORE}")


def show_list_as_csv(api: Api, *path: str, query: Query, every_page: bool) -> None:
    """Print the first page of a list that holds something, or all pages, as CSV with one line of names."""
    pages = api.csv_pages(*path, query=query)
    first = next(pages)
    show_csv(first.names + first.rows)
    found = bool(first.rows)
    has_more = first.has_more
    while has_more and (every_page or not found):
        page = next(pages)
        show_csv(page.rows)
        found = found or bool(page.rows)
        has_more = page.has_more
    if has_more:
        note(_MORE)


def refuse_two_forms(*, as_json: bool, as_csv: bool) -> None:
    """Refuse to print two forms at once.

    Raises:
        AdminError: Both are asked for.
    """
    if as_json and as_csv:
        message = "Give --json or --csv, not both"
        raise AdminError(message)
