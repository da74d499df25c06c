"""`sigbridge devices`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge.model.message import Network
from sigbridge.model.settings import PayloadEncoding
from sigbridge_admin.api import Json, Query, read
from sigbridge_admin.application_settings import nothing_to_set
from sigbridge_admin.command import (
    ApiCommand,
    ApiContext,
    AsJson,
    DeviceId,
    Yes,
    confirm,
    examples,
)
from sigbridge_admin.device_forms import (
    Device,
    DeviceDetail,
    ListedDevice,
    device_facts,
    device_row,
    status_facts,
)
from sigbridge_admin.lists import (
    EveryPage,
    PageSize,
    WithPrefix,
    WithState,
    WithTags,
    WithType,
    read_list,
    say_whether_more,
)
from sigbridge_admin.payloads import read_text
from sigbridge_admin.presentation import say, show_facts, show_json, show_table

commands = typer.Typer(
    help="Devices of your key's application. A device that sends is registered by itself, unless the"
    " application rejects unknown devices.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


class DeviceSetting(StrEnum):
    """A setting that a device may have or not."""

    TYPE = "type"
    TAGS = "tags"
    PAYLOAD_ENCODING = "payload-encoding"


_UNSET: dict[DeviceSetting, Any] = {
    DeviceSetting.TYPE: None,
    DeviceSetting.TAGS: [],
    DeviceSetting.PAYLOAD_ENCODING: None,
}


def _read_tag(text: str) -> str:
    key, colon, _ = text.partition(":")
    if not key or not colon:
        message = f"'{text}' is not a tag: write key:value"
        raise typer.BadParameter(message)
    return text


_Name = Annotated[str | None, typer.Option("--name", help="What people call it.", show_default=False)]
_Type = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help="Id of its device type.", show_default=False)
]
_Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        parser=_read_tag,
        metavar="KEY:VALUE",
        help="A label of your own; repeat it for several.",
        show_default=False,
    ),
]
_PayloadEncoding = Annotated[
    PayloadEncoding | None,
    typer.Option(
        "--payload-encoding",
        help="How it writes generic payloads. Sigfox's are always hex.",
        show_default=False,
    ),
]


class _Ordered(BaseModel):
    id: str


class _Import(BaseModel):
    created: int
    existing: int
    jobs: list[_Ordered] = []


@commands.command(
    "list",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge devices list",
        "sigbridge devices list --state silent --tag site:Lyon",
        "sigbridge devices list --all --json",
    ),
)
def list_devices(
    context: ApiContext,
    type_id: WithType = None,
    tag: WithTags = None,
    state: WithState = None,
    prefix: WithPrefix = None,
    limit: PageSize = 50,
    every_page: EveryPage = False,
    as_json: AsJson = False,
) -> None:
    """List devices in the order of their ids, each with how it is doing."""
    query: Query = {"type": type_id, "tag": tag, "state": state, "prefix": prefix, "limit": limit}
    document = read_list(context.api, "devices", query=query, plural="devices", every_page=every_page)
    if as_json:
        show_json(document)
        return
    devices = [read(ListedDevice, each) for each in document["devices"]]
    if not devices:
        say("There are no such devices." if any((type_id, tag, state, prefix)) else "There are no devices.")
        return
    rows = [device_row(device) for device in devices]
    show_table(rows, folding={"name", "tags"})
    say_whether_more(document)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge devices show 1A2B3C"))
def show(context: ApiContext, device_id: DeviceId, as_json: AsJson = False) -> None:
    """Show a device and how it is doing."""
    document = context.api.get("devices", device_id)
    if as_json:
        show_json(document)
        return
    device = read(DeviceDetail, document)
    show_facts(device_facts(device) | status_facts(device))


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge devices add 1A2B3C",
        'sigbridge devices add 1A2B3C --name "Cold room 3" --type tracker --tag site:Lyon',
        "sigbridge devices add weather.7 --payload-encoding base64",
        "sigbridge devices add 0012 --network generic",
    ),
)
def add(
    context: ApiContext,
    device_id: DeviceId,
    network: Annotated[
        Network, typer.Option(help="Whose id it is: Sigfox's has no leading zeros, a generic one keeps them.")
    ] = Network.SIGFOX,
    name: _Name = None,
    type_id: _Type = None,
    tag: _Tags = None,
    payload_encoding: _PayloadEncoding = None,
    inactive: Annotated[bool, typer.Option("--inactive", help="Take no messages from it yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Register a device, so that it may send and downlinks can be queued before its first message."""
    settings = _settings(name, type_id, tag, payload_encoding)
    body = {"id": device_id, "network": network} | settings | ({"active": False} if inactive else {})
    _show_changed(context.api.post("devices", body=body), as_json=as_json)


@commands.command(
    "set",
    cls=ApiCommand,
    epilog=examples(
        'sigbridge devices set 1A2B3C --name "Cold room 4" --tag site:Lyon --tag floor:2',
        "sigbridge devices set 1A2B3C --inactive",
        "sigbridge devices set 1A2B3C --unset type",
    ),
)
def change(
    context: ApiContext,
    device_id: DeviceId,
    name: _Name = None,
    type_id: _Type = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            parser=_read_tag,
            metavar="KEY:VALUE",
            help="A tag from now on; repeat it for several. They take the place of all that it has.",
            show_default=False,
        ),
    ] = None,
    payload_encoding: _PayloadEncoding = None,
    active: Annotated[
        bool | None,
        typer.Option(
            "--active/--inactive",
            help="Whether messages are taken from it: otherwise they get 403.",
            show_default=False,
        ),
    ] = None,
    unset: Annotated[
        list[DeviceSetting] | None,
        typer.Option(help="A setting to remove; repeat it for several.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a device.

    What is not given stays as it is. Running functions follow within a minute.
    """
    changes = _settings(name, type_id, tag, payload_encoding)
    changes |= {setting.replace("-", "_"): _UNSET[setting] for setting in unset or ()}
    changes |= {} if active is None else {"active": active}
    if not changes:
        raise nothing_to_set()
    _show_changed(context.api.patch("devices", device_id, body=changes), as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge devices delete 1A2B3C"))
def delete(context: ApiContext, device_id: DeviceId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a device, its queue, its parameters and its data, for good.

    Where the application registers unknown devices, it comes back, empty, with its next message.
    """
    if not yes:
        confirm(context.api, f"Delete device {device_id} with its queue, parameters and data?")
    context.api.delete("devices", device_id)
    if as_json:
        show_json({"id": device_id, "deleted": True})
        return
    say(f"Device {device_id} deleted. If it has much data, that goes within minutes.")


@commands.command(
    "import",
    cls=ApiCommand,
    epilog=examples("sigbridge devices import devices.csv", "sigbridge devices import - < devices.json"),
)
def import_many(
    context: ApiContext,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with the columns id, name, type, tags (key=value;key=value), payload_encoding, active,"
            " of which id must be there; or JSON, an array of devices. - reads the standard input.",
            show_default=False,
        ),
    ],
    sigfox: Annotated[
        bool,
        typer.Option("--sigfox", help="Register them in Sigfox too: each needs its type and the column pac."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Register up to 1,000 devices, all or none of them: every row that is not right is named.

    Devices that are registered already are left as they are.
    """
    text = read_text(file)
    content_type = "application/json" if text.lstrip().startswith(("[", "{")) else "text/csv"
    document = context.api.post_text(
        *("devices", "import"),
        text=text,
        content_type=content_type,
        query={"sigfox": "true"} if sigfox else None,
    )
    if as_json:
        show_json(document)
        return
    done = read(_Import, document)
    say(f"Registered: {done.created}. Registered already, and left as they were: {done.existing}.")
    for job in done.jobs:
        say(f"Sigfox is told by a job: `sigbridge jobs show {job.id} --wait`.")


def _settings(
    name: str | None, type_id: str | None, tags: list[str] | None, payload_encoding: PayloadEncoding | None
) -> Json:
    settings = {
        "name": name,
        "type": type_id,
        "tags": [_tag(text) for text in tags] if tags else None,
        "payload_encoding": payload_encoding,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _tag(text: str) -> Json:
    key, _, value = text.partition(":")
    return {"key": key, "value": value}


def _show_changed(document: Json, *, as_json: bool) -> None:
    if as_json:
        show_json(document)
        return
    show_facts(device_facts(read(Device, document)))
