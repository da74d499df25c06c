"""`sigbridge feed`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge_admin.api import Api, Json, Query, read
from sigbridge_admin.api_errors import ApiUnavailable
from sigbridge_admin.command import WITH_KEY, ApiCommand, ApiContext, examples
from sigbridge_admin.presentation import NONE, note, readable_second, say, show_json_line, show_table

commands = typer.Typer(rich_markup_mode="rich")

_LOOKS_EVERY_S = 5
# An event comes again for as long as a reader begins before what was read.
_REMEMBERED = 100_000


class _Event(BaseModel):
    kind: str
    written_at: datetime
    detail: dict[str, Any]


@commands.command(
    "feed",
    cls=ApiCommand,
    rich_help_panel=WITH_KEY,
    epilog=examples(
        "sigbridge feed",
        "sigbridge feed --follow --kinds message.received,downlink.failed",
        "sigbridge feed --follow --json | while read -r event; do ...; done",
    ),
)
def show_feed(
    context: ApiContext,
    follow: Annotated[bool, typer.Option("--follow", help="Then show what happens, until Ctrl-C.")] = False,
    kinds: Annotated[
        str | None,
        typer.Option(
            help="Kinds of events, separated by commas, such as message.received.", show_default=False
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this device alone.", show_default=False)
    ] = None,
    type_id: Annotated[
        str | None,
        typer.Option("--type", metavar="ID", help="Of devices of this type alone.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many of the newest to show.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for scripts, one event a line, as it comes.")
    ] = False,
) -> None:
    """Show what happened, the newest last: messages, reports, steps of downlinks, refused callbacks.

    With --follow each event is shown once, and a lost connection is waited for.
    """
    reader = _FeedReader(context.api, {"kinds": kinds, "device": device, "type": type_id, "limit": limit})
    newest = reader.begin(limit)
    if as_json:
        for event in newest:
            show_json_line(event)
    elif newest:
        show_table([_row(read(_Event, event)) for event in newest])
    elif not follow:
        say("Nothing happened.")
    try:
        while follow:
            context.api.surroundings.sleep(_LOOKS_EVERY_S)
            try:
                for event in reader.look():
                    show_json_line(event) if as_json else _show_line(event)
            except ApiUnavailable as failure:
                note(f"{failure}; looking again in {_LOOKS_EVERY_S} s")
    except KeyboardInterrupt:
        return


class _FeedReader:
    """Reads the feed, each event once."""

    def __init__(self, api: Api, query: Query) -> None:
        self._api = api
        self._query = query
        self._cursor: str | None = None
        self._seen: dict[str, None] = {}

    def begin(self, quantity: int) -> list[Json]:
        """Return the newest events, the newest last."""
        found: list[Json] = []
        cursor: str | None = None
        while True:
            page = self._api.get("feed", query={**self._query, "cursor": cursor})
            self._cursor = self._cursor or page["follow_cursor"]
            found += self._new(page["events"])
            cursor = page.get("next_cursor")
            if cursor is None or len(found) >= quantity:
                return found[:quantity][::-1]

    def look(self) -> Iterator[Json]:
        """Yield what is new, the oldest first.

        Raises:
            ApiUnavailable: The API can't tell now. Looking again goes on where this ended.
        """
        while True:
            page = self._api.get("feed", query={**self._query, "cursor": self._cursor})
            yield from self._new(page["events"])
            self._cursor = page.get("next_cursor") or page["follow_cursor"]
            if "next_cursor" not in page:
                return

    def _new(self, events: list[Json]) -> list[Json]:
        new = [event for event in events if event["id"] not in self._seen]
        self._seen |= dict.fromkeys(event["id"] for event in new)
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return new


def _show_line(document: Json) -> None:
    row = _row(read(_Event, document))
    say("  ".join([row["written (UTC)"], f"{row['kind']:<24}", f"{row['device']:<12}", row["what"]]))


def _row(event: _Event) -> dict[str, str]:
    return {
        "written (UTC)": readable_second(event.written_at),
        "kind": event.kind,
        "device": event.detail.get("device_id", NONE),
        "what": _in_words(event.detail) or NONE,
    }


def _in_words(detail: dict[str, Any]) -> str:
    match detail:
        case {"message": message}:
            return str(message.get("payload", ""))
        case {"report": report}:
            return str(report["service"])
        case {"downlink": downlink}:
            return str(downlink["frm_payload"])
        case {"callback": refused}:
            return f"{refused['route']}: {refused['status']} {refused['reason']}"
        case {"webhook": webhook}:
            return f"{webhook['id']}: {webhook['reason']}"
    return ""
