"""`sigbridge messages`."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge.data import Order
from sigbridge.formatters.values import InvalidResult, read_values
from sigbridge_admin.api import Query, read
from sigbridge_admin.command import WITH_KEY, ApiCommand, ApiContext, AsJson, DeviceId, examples
from sigbridge_admin.lists import (
    AsCsv,
    End,
    EveryPage,
    Start,
    read_list,
    refuse_two_forms,
    say_whether_more,
    show_list_as_csv,
)
from sigbridge_admin.presentation import NONE, readable_second, say, show_json, show_table
from sigbridge_admin.values import Value, value_in_words

commands = typer.Typer(rich_markup_mode="rich")


class _Variable(BaseModel):
    variable: str
    value: Value
    unit: str | None = None


class _Location(BaseModel):
    latitude: float
    longitude: float


class _Message(BaseModel):
    time: datetime
    seq_number: int | None = None
    payload: str | None = None
    port: int | None = None
    network: str
    location: _Location | None = None
    variables: list[_Variable]
    decoded_payload: dict[str, Any] | list[Any] | None = None
    decode_error: str | None = None


@commands.command(
    "messages",
    cls=ApiCommand,
    rich_help_panel=WITH_KEY,
    epilog=examples("sigbridge messages 1A2B3C", 'sigbridge messages 1A2B3C --start "1 day" --all --csv'),
)
def list_messages(
    context: ApiContext,
    device_id: DeviceId,
    start: Start = None,
    end: End = None,
    order: Annotated[Order, typer.Option(help="The latest first, or the earliest.")] = Order.DESCENDING,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many there are in a page.")] = 50,
    every_page: EveryPage = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List what a device sent, as it was received, with what formatters read in the payloads."""
    refuse_two_forms(as_json=as_json, as_csv=as_csv)
    path = ("devices", device_id, "messages")
    query: Query = {"start_date": start, "end_date": end, "order": order, "limit": limit}
    if as_csv:
        show_list_as_csv(context.api, *path, query=query, every_page=every_page)
        return
    document = read_list(context.api, *path, query=query, plural="messages", every_page=every_page)
    if as_json:
        show_json(document)
        return
    messages = [read(_Message, each) for each in document["messages"]]
    if not messages:
        say(f"Device {device_id} has no {'such ' if start or end else ''}messages.")
        return
    show_table([_row(message) for message in messages], folding={"variables"})
    say_whether_more(document)


def _row(message: _Message) -> dict[str, str]:
    decoded = _decoded(message)
    names = {each.variable for each in decoded}
    variables = [*decoded, *(each for each in message.variables if each.variable not in names)]
    place = message.location
    return {
        "time (UTC)": readable_second(message.time),
        "number": NONE if message.seq_number is None else str(message.seq_number),
        "payload": message.payload or NONE,
        "port": NONE if message.port is None else str(message.port),
        "network": message.network,
        "location": NONE if place is None else f"{place.latitude}, {place.longitude}",
        "variables": "\n".join(_lines(variables, message.decode_error)) or NONE,
    }


def _lines(variables: list[_Variable], error: str | None) -> Iterator[str]:
    for each in variables:
        yield f"{each.variable} {value_in_words(each.value, each.unit)}"
    if error is not None:
        yield f"not decoded: {error}"


def _decoded(message: _Message) -> list[_Variable]:
    """Return what the formatter read, by the names that data items have."""
    if message.decoded_payload is None:
        return []
    try:
        values = read_values(json.loads(json.dumps(message.decoded_payload), parse_float=Decimal))
    except InvalidResult:
        return []
    return [
        _Variable(variable=read.variable.name, value=_plain(read.variable.value), unit=read.variable.unit)
        for read in values.variables
    ]


def _plain(value: Value | Decimal) -> Value:
    return float(value) if isinstance(value, Decimal) else value
