"""`sigbridge data`."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge.data import Order
from sigbridge_admin import latest_data
from sigbridge_admin.api import Json, Query, read
from sigbridge_admin.api_errors import ApiUnavailable
from sigbridge_admin.command import (
    ApiCommand,
    ApiContext,
    AsJson,
    DeviceId,
    DeviceIds,
    Yes,
    confirm,
    examples,
)
from sigbridge_admin.failures import AdminError
from sigbridge_admin.lists import (
    AsCsv,
    End,
    EveryPage,
    Start,
    Variables,
    read_list,
    refuse_two_forms,
    say_whether_more,
    show_list_as_csv,
)
from sigbridge_admin.presentation import (
    NONE,
    note,
    readable_second,
    say,
    show_json,
    show_json_line,
    show_table,
)
from sigbridge_admin.values import Value, read_value, value_in_words
from sigbridge_admin.watching import DataWatch

commands = typer.Typer(
    help="What devices sent and what was set by hand, as variables over time.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

# Fewer requests, where all items are wanted.
_LARGE_PAGE = 1_000

# Without a name its one command stands among the others.
commands.add_typer(latest_data.commands)


class Answering(StrEnum):
    """What is shown in place of the items themselves."""

    LAST_ITEM = "last_item"
    FIRST_ITEM = "first_item"
    COUNT = "count"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"


class _Item(BaseModel):
    """A data item, or a number about many."""

    variable: str
    value: Value
    unit: str | None = None
    time: datetime | None = None


class _DataSet(BaseModel):
    accepted: int


class _Removed(BaseModel):
    removed: int
    next_cursor: str | None = None


@commands.command(
    "list",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge data list 1A2B3C --variables temperature --qty 100",
        'sigbridge data list 1A2B3C --start "7 days" --query avg --interval "1 day"',
        "sigbridge data list 1A2B3C --start 2026-11-01 --end 2026-11-30 --all --csv > november.csv",
    ),
)
def list_data(
    context: ApiContext,
    device_id: DeviceId,
    variables: Variables = None,
    start: Start = None,
    end: End = None,
    qty: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="How many there are in a page.", show_default="15"),
    ] = None,
    order: Annotated[Order, typer.Option(help="The latest first, or the earliest.")] = Order.DESCENDING,
    answering: Annotated[
        Answering | None,
        typer.Option(
            "--query",
            help="The last or first item of each variable, or a number about the values of each;"
            " min, max, avg and sum need --start.",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help='A number for each such interval, "15 minutes" or "1 day", counted from 1970 in UTC.',
            show_default=False,
        ),
    ] = None,
    every_page: EveryPage = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List data of a device."""
    refuse_two_forms(as_json=as_json, as_csv=as_csv)
    path = ("devices", device_id, "data")
    query: Query = {
        "variables": variables,
        "start_date": start,
        "end_date": end,
        "qty": _LARGE_PAGE if every_page and qty is None and answering is None else qty,
        "order": order,
        "query": answering,
        "interval": interval,
    }
    if as_csv:
        show_list_as_csv(context.api, *path, query=query, every_page=every_page)
        return
    document = read_list(context.api, *path, query=query, plural="data", every_page=every_page)
    if as_json:
        show_json(document)
        return
    items = [read(_Item, each) for each in document["data"]]
    if not items:
        say(f"Device {device_id} has no {'such ' if variables or start or end or answering else ''}data.")
        return
    show_table([_row(item) for item in items], folding={"value"})
    say_whether_more(document)


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge data watch 1A2B3C",
        "sigbridge data watch 1A2B3C 1A2B3D --variables temperature,humidity --every 30",
        "sigbridge data watch 1A2B3C --qty 0 --json | while read -r item; do ...; done",
    ),
)
def watch(
    context: ApiContext,
    device_ids: DeviceIds,
    variables: Variables = None,
    qty: Annotated[
        int, typer.Option(min=0, max=1000, help="How many of the latest of each device to begin with.")
    ] = 15,
    every: Annotated[
        int, typer.Option(min=1, max=3600, metavar="SECONDS", help="How often to look for new ones.")
    ] = 5,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for scripts, one item a line, as it comes.")
    ] = False,
) -> None:
    """Show the latest data of devices, then what comes, until Ctrl-C.

    Each item is shown once, even one that comes up to ten minutes late. A lost connection is waited for.
    """
    devices = list(dict.fromkeys(device_ids or ()))
    show = show_json_line if as_json else partial(_show_line, with_device=len(devices) > 1)
    watches = [DataWatch(context.api, device_id, variables) for device_id in devices]
    try:
        for item in sorted(chain.from_iterable(each.begin(qty) for each in watches), key=itemgetter("time")):
            show(item)
        while True:
            context.api.surroundings.sleep(every)
            try:
                for item in chain.from_iterable(each.look() for each in watches):
                    show(item)
            except ApiUnavailable as failure:
                note(f"{failure}; looking again in {every} s")
    except KeyboardInterrupt:
        return


@commands.command(
    cls=ApiCommand,
    # A value may be a negative number.
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        'sigbridge data add 1A2B3C temperature 21.5 --unit "°C"',
        'sigbridge data add 1A2B3C note "Battery changed" --time 2026-11-22T09:30:00Z',
    ),
)
def add(
    context: ApiContext,
    device_id: DeviceId,
    variable: Annotated[str, typer.Argument(metavar="VARIABLE", help="Its name.", show_default=False)],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="A number, true, false, or text.",
            show_default=False,
        ),
    ],
    unit: Annotated[str | None, typer.Option(help="Such as °C.", show_default=False)] = None,
    time: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="When: ISO 8601 or epoch seconds.", show_default="now"),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Take VALUE as text, whatever it looks like.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a value to the data of a device, by hand."""
    item: Json = {"variable": variable, "value": value if text else read_value(value)}
    item |= {} if unit is None else {"unit": unit}
    item |= {} if time is None else {"time": time}
    document = context.api.post("devices", device_id, "data", body=item)
    if as_json:
        show_json(document)
        return
    if read(_DataSet, document).accepted:
        say(f"{variable} of device {device_id} added: {value_in_words(item['value'], unit)}")
    else:
        say(f"Device {device_id} has this already.")


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge data delete 1A2B3C --end 2025-12-31",
        "sigbridge data delete 1A2B3C --variables note --yes",
    ),
)
def delete(
    context: ApiContext,
    device_id: DeviceId,
    variables: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Only these variables, separated by commas: those set by hand and those of messages. What"
            " Sigfox added to a message is deleted only with the message.",
            show_default=False,
        ),
    ] = None,
    start: Start = None,
    end: End = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete data of a device for good: its messages, and what was set by hand."""
    if not (variables or start or end):
        message = "Give at least one of --start, --end and --variables: they choose what is deleted"
        raise AdminError(message)
    if not yes:
        confirm(context.api, _question(device_id, variables, start, end))
    removed = _remove(context, device_id, {"variables": variables, "start_date": start, "end_date": end})
    if as_json:
        show_json({"device_id": device_id, "removed": removed})
        return
    say(f"Data items deleted: {removed}.")


def _remove(context: ApiContext, device_id: str, query: Query) -> int:
    removed = 0
    asked = dict(query)
    try:
        while True:
            part = read(_Removed, context.api.delete("devices", device_id, "data", query=asked))
            removed += part.removed
            if part.next_cursor is None:
                return removed
            asked["cursor"] = part.next_cursor
    except ApiUnavailable as failure:
        if not removed:
            raise
        message = f"{failure}; {removed} data items were deleted before: run the command again for the others"
        raise AdminError(message) from failure


def _question(device_id: str, variables: str | None, start: str | None, end: str | None) -> str:
    what = variables or "all messages and data"
    since = f" from {start}" if start else ""
    until = f" until {end}" if end else ""
    return f"Delete {what} of device {device_id}{since}{until}?"


def _row(item: _Item) -> dict[str, str]:
    return {
        "time (UTC)": NONE if item.time is None else readable_second(item.time),
        "variable": item.variable,
        "value": value_in_words(item.value, item.unit),
    }


def _show_line(document: Json, *, with_device: bool) -> None:
    time, variable, value = _row(read(_Item, document)).values()
    device = f"{document['device']:<12}  " if with_device else ""
    say(f"{time}  {device}{variable:<16}  {value}")
