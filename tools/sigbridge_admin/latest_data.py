"""`sigbridge data latest`: the last value of each variable, of many devices at once."""

import csv
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import typer
from pydantic import BaseModel

from sigbridge_admin.api import Api, Json, Query, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, DeviceIds, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.lists import (
    AsCsv,
    Variables,
    WithPrefix,
    WithState,
    WithTags,
    WithType,
    refuse_two_forms,
)
from sigbridge_admin.presentation import readable_second, say, show_csv, show_json, show_table
from sigbridge_admin.values import Value, value_in_words

commands = typer.Typer(rich_markup_mode="rich")

# The API throttles by rate; a few at once hide the time on the way.
_AT_ONCE = 4
_PAGE = 100
_COLUMNS = ("device", "variable", "value", "unit", "time")


class _Latest(BaseModel):
    device: str
    variable: str
    value: Value
    unit: str | None = None
    time: datetime


@commands.command(
    "latest",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge data latest",
        "sigbridge data latest 1A2B3C 1A2B3D --variables temperature,humidity",
        "sigbridge data latest --tag site:Lyon --variables temperature --csv > latest.csv",
    ),
)
def latest(
    context: ApiContext,
    device_ids: DeviceIds = None,
    type_id: WithType = None,
    tag: WithTags = None,
    state: WithState = None,
    prefix: WithPrefix = None,
    variables: Variables = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Show the last value of each variable, of all devices or of those that are named or chosen."""
    refuse_two_forms(as_json=as_json, as_csv=as_csv)
    chosen: Query = {"type": type_id, "tag": tag, "state": state, "prefix": prefix}
    if device_ids and any(chosen.values()):
        message = "Name devices, or choose them by --type, --tag, --state and --prefix, not both"
        raise AdminError(message)
    names = list(device_ids) if device_ids else _devices(context.api, chosen)
    documents = _last_items(context.api, names, variables)
    items = [read(_Latest, each) for each in documents]
    if as_json:
        show_json({"data": documents})
    elif as_csv:
        _show_csv(documents)
    elif items:
        show_table([_row(item) for item in items], folding={"value"})
    else:
        say("There are no such data." if names else "There are no such devices.")


def _devices(api: Api, chosen: Query) -> list[str]:
    pages = api.pages("devices", query={**chosen, "limit": _PAGE})
    return [device["id"] for page in pages for device in page["devices"]]


def _last_items(api: Api, device_ids: Sequence[str], variables: str | None) -> list[Json]:
    """Read the last item of each variable, in the order of the devices and then of the names."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = threads.map(partial(_last_items_of, api, variables), device_ids)
        return [item for items in found for item in sorted(items, key=lambda item: str(item["variable"]))]


def _last_items_of(api: Api, variables: str | None, device_id: str) -> list[Json]:
    query = {"query": "last_item", "variables": variables}
    items: list[Json] = api.get("devices", device_id, "data", query=query)["data"]
    return items


def _row(item: _Latest) -> dict[str, str]:
    return {
        "device": item.device,
        "variable": item.variable,
        "value": value_in_words(item.value, item.unit),
        "time (UTC)": readable_second(item.time),
    }


def _show_csv(documents: Sequence[Json]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(document | {"value": value_in_words(document["value"], None)} for document in documents)
    show_csv(text.getvalue())
