"""`sigbridge sigfox register`, `rename`, `suspend` and what else is done with devices in Sigfox."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sigbridge_admin.api import Api, Json, read
from sigbridge_admin.command import (
    ApiCommand,
    ApiContext,
    AsJson,
    DeviceId,
    Yes,
    confirm,
    examples,
    read_device_id,
)
from sigbridge_admin.failures import AdminError
from sigbridge_admin.job_progress import Job, follow, show_job
from sigbridge_admin.payloads import read_text
from sigbridge_admin.presentation import say, show_json
from sigbridge_admin.times import read_moment
from sigbridge_admin.values import read_value

commands = typer.Typer()

_COLUMNS = ("id", "pac", "name", "lat", "lng", "automatic_renewal", "activable")
_TEXTS = {"id", "pac", "name"}

_Ids = Annotated[
    list[Any],
    typer.Argument(
        metavar="DEVICE...",
        help="Ids of devices, as Sigfox shows them.",
        parser=read_device_id,
        show_default=False,
    ),
]
_ToType = Annotated[
    str, typer.Option("--type", metavar="TYPE", help="Id of the device type in Sigfox.", show_default=False)
]
_Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Show how far it is until it has ended, or until Ctrl-C.")
]


class _Switch(StrEnum):
    ON = "on"
    OFF = "off"


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox register devices.csv --type 5e74c318aa8aec41f9cc6b00",
        "sigbridge sigfox register --id 1A2B45 --pac 0123456789ABCDEF --type 5e74c318aa8aec41f9cc6b00",
    ),
)
def register(
    context: ApiContext,
    type_id: _ToType,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="CSV with the columns id, pac, name, lat, lng, automatic_renewal, activable, of which the"
            " first two must be there; or JSON, an array of such devices. - reads the standard input.",
            show_default=False,
        ),
    ] = None,
    device_id: Annotated[
        str | None, typer.Option("--id", help="Id of a single device.", show_default=False)
    ] = None,
    pac: Annotated[
        str | None,
        typer.Option("--pac", help="Its porting authorization code.", show_default=False),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name.", show_default=False)] = None,
    wait: _Wait = True,
    as_json: AsJson = False,
) -> None:
    """Register devices in Sigfox, and here: from a file, or a single one.

    Those that have another device type there are transferred, with their history. Each one that Sigfox
    refuses is named by `sigbridge jobs errors`.
    """
    if (file is None) == (device_id is None) or (device_id is None) != (pac is None):
        message = "Give a file, or --id and --pac"
        raise AdminError(message)
    if file is not None:
        devices = _read_devices(read_text(file))
    else:
        devices = [{"id": device_id, "pac": pac} | ({} if name is None else {"name": name})]
    job = context.api.post("sigfox", "devices", body={"device_type_id": type_id, "devices": devices})
    _show_ordered(context.api, job, wait=wait, as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples('sigbridge sigfox rename 1A2B45 "Cold room 1"'))
def rename(
    context: ApiContext,
    device_id: DeviceId,
    name: Annotated[str, typer.Argument(help="Its name in Sigfox.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Rename a device in Sigfox: at once, or when Sigfox takes it, which is once an hour for each device."""
    _edit(context.api, device_id, {"name": name}, as_json=as_json)


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox renewal off 1A2B45", "sigbridge sigfox renewal on 1A2B45 1A2B46 1A2B47"
    ),
)
def renewal(
    context: ApiContext,
    switch: Annotated[
        _Switch, typer.Argument(help="Whether they are renewed.", metavar="on|off", show_default=False)
    ],
    ids: _Ids,
    wait: _Wait = True,
    as_json: AsJson = False,
) -> None:
    """Have subscriptions of devices renewed when they end, or not."""
    changes = {"automatic_renewal": switch is _Switch.ON}
    if len(ids) == 1:
        _edit(context.api, ids[0], changes, as_json=as_json)
        return
    job = context.api.patch("sigfox", "devices", body={"devices": [{"id": id_, **changes} for id_ in ids]})
    _show_ordered(context.api, job, wait=wait, as_json=as_json)


@commands.command(
    cls=ApiCommand,
    epilog=examples("sigbridge sigfox transfer 1A2B45 1A2B46 --type 5e74c318aa8aec41f9cc6b00"),
)
def transfer(
    context: ApiContext, ids: _Ids, type_id: _ToType, wait: _Wait = True, as_json: AsJson = False
) -> None:
    """Give devices another device type in Sigfox; they keep their history."""
    _order(context.api, "transfer", ids, {"device_type_id": type_id}, wait=wait, as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox suspend 1A2B45 1A2B46"))
def suspend(
    context: ApiContext, ids: _Ids, wait: _Wait = True, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Have Sigfox take nothing from devices until they are resumed."""
    if not yes:
        confirm(context.api, f"Suspend {_counted(ids)}?")
    _order(context.api, "suspend", ids, {}, wait=wait, as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox resume 1A2B45 1A2B46"))
def resume(context: ApiContext, ids: _Ids, wait: _Wait = True, as_json: AsJson = False) -> None:
    """Have Sigfox take messages of devices that were suspended."""
    _order(context.api, "resume", ids, {}, wait=wait, as_json=as_json)


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox unsubscribe 1A2B45", "sigbridge sigfox unsubscribe 1A2B45 --at 2030-01-31"
    ),
)
def unsubscribe(
    context: ApiContext,
    ids: _Ids,
    at: Annotated[
        str | None,
        typer.Option(parser=read_moment, metavar="WHEN", help="When; now if left out.", show_default=False),
    ] = None,
    wait: _Wait = True,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End subscriptions of devices."""
    if not yes:
        confirm(context.api, f"End the subscription of {_counted(ids)}?")
    _order(context.api, "unsubscribe", ids, {} if at is None else {"at": at}, wait=wait, as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox restart 1A2B45"))
def restart(
    context: ApiContext, ids: _Ids, wait: _Wait = True, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Have devices begin anew in Sigfox."""
    if not yes:
        confirm(context.api, f"Restart {_counted(ids)}?")
    _order(context.api, "restart", ids, {}, wait=wait, as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox disengage 1A2B45"))
def disengage(context: ApiContext, device_id: DeviceId, as_json: AsJson = False) -> None:
    """Have Sigfox take the next message of a device whatever its sequence number is, as after a reset."""
    context.api.send("POST", ("v1", "devices", device_id, "sigfox", "disengage"))
    if as_json:
        show_json({"disengaged": device_id})
        return
    say(f"Sigfox takes the next message of device {device_id} whatever its sequence number is.")


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox replace 1A2B45 --by 1A2B46"))
def replace(
    context: ApiContext,
    device_id: DeviceId,
    by: Annotated[
        Any,
        typer.Option(
            "--by",
            metavar="DEVICE",
            parser=read_device_id,
            help="Id of the device that takes its place.",
            show_default=False,
        ),
    ],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Have another device that Sigfox has take the place of a device there, and its subscription."""
    if not yes:
        confirm(context.api, f"Replace device {device_id} by {by} in Sigfox?")
    path = ("v1", "devices", device_id, "sigfox", "replace")
    context.api.send("POST", path, json={"target_device_id": by})
    if as_json:
        show_json({"replaced": device_id, "by": by})
        return
    say(f"Device {by} takes the place of device {device_id} in Sigfox.")


def _counted(ids: Sequence[str]) -> str:
    return f"device {ids[0]}" if len(ids) == 1 else f"{len(ids)} devices"


def _order(
    api: Api, what: str, ids: Sequence[str], more: Mapping[str, Any], *, wait: bool, as_json: bool
) -> None:
    job = api.post("sigfox", "devices", what, body={"ids": list(ids), **more})
    _show_ordered(api, job, wait=wait, as_json=as_json)


def _edit(api: Api, device_id: str, changes: Mapping[str, Any], *, as_json: bool) -> None:
    document = api.patch("devices", device_id, "sigfox", body=changes)
    if as_json:
        show_json(document)
    elif "job" in document:
        say("Sigfox changes a device once an hour: it follows as a job.")
        show_job(read(Job, document["job"]))
    else:
        say(f"Device {device_id} is changed in Sigfox.")


def _show_ordered(api: Api, job: Json, *, wait: bool, as_json: bool) -> None:
    if wait:
        job = follow(api, job["id"])
    show_json(job) if as_json else show_job(read(Job, job))


def _read_devices(text: str) -> list[Any]:
    if text.lstrip().startswith(("[", "{")):
        return _read_json(text)
    rows = csv.DictReader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text), restkey=""
    )
    unknown = [name for name in rows.fieldnames or () if name not in _COLUMNS]
    missing = [name for name in ("id", "pac") if name not in (rows.fieldnames or ())]
    if unknown or missing:
        wrong = f"unknown column '{unknown[0]}'" if unknown else f"the column '{missing[0]}' is missing"
        message = f"The table can't be read: {wrong}, of {', '.join(_COLUMNS)}"
        raise AdminError(message)
    return [_device(row) for row in rows if any(row.values())]


def _delimiter(text: str) -> str:
    return ";" if ";" in text.partition("\n")[0] else ","


def _device(row: Mapping[str, Any]) -> Json:
    cells = {name: str(cell).strip() for name, cell in row.items() if cell}
    return {
        name: cell if name in _TEXTS else read_value(cell) for name, cell in cells.items() if name and cell
    }


def _read_json(text: str) -> list[Any]:
    try:
        content = json.loads(text)
    except ValueError as unreadable:
        message = f"The file is not JSON: {unreadable}"
        raise AdminError(message) from unreadable
    devices = content.get("devices") if isinstance(content, dict) else content
    if not isinstance(devices, list):
        message = 'The file must hold an array of devices, or {"devices": [...]}'
        raise AdminError(message)
    return devices
