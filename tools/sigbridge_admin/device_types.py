"""`sigbridge types`."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge.model.parameter import InvalidDownlinkData, read_downlink_data
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding
from sigbridge_admin.api import Api, Json, Query, read
from sigbridge_admin.api_errors import NotAllowed
from sigbridge_admin.application_settings import nothing_to_set
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, Yes, confirm, examples
from sigbridge_admin.lists import read_list
from sigbridge_admin.presentation import NONE, say, show_facts, show_json, show_table
from sigbridge_admin.times import read_seconds

commands = typer.Typer(
    help="Device types: settings that several devices share.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_AS_APPLICATION = "that of the application"
_MOST_COUNTED = 100


class TypeSetting(StrEnum):
    """A setting that a device type may have or not."""

    PAYLOAD_ENCODING = "payload-encoding"
    DOWNLINK_DATA = "downlink-data"
    DAILY_DOWNLINKS = "daily-downlinks"
    DOWNLINK_QUOTA = "downlink-quota"
    KEEP_ALIVE = "keep-alive"
    UPLINK_FORMATTER = "uplink-formatter"
    DOWNLINK_FORMATTER = "downlink-formatter"


_FIELDS = {TypeSetting.KEEP_ALIVE: "keep_alive_seconds"}


def _read_downlink_data(text: str) -> str:
    try:
        return read_downlink_data(text)
    except InvalidDownlinkData as invalid:
        raise typer.BadParameter(invalid.message) from invalid


_TypeId = Annotated[str, typer.Argument(metavar="TYPE", help="Id of the device type.", show_default=False)]
_Name = Annotated[str | None, typer.Option("--name", help="What people call it.", show_default=False)]
_PayloadEncoding = Annotated[
    PayloadEncoding | None,
    typer.Option(
        "--payload-encoding",
        help="How its devices write generic payloads. Sigfox's are always hex.",
        show_default=False,
    ),
]
_PadDownlinks = Annotated[
    bool | None,
    typer.Option(
        "--pad-downlinks/--no-pad-downlinks",
        help="Whether a decoded_payload of fewer than 8 bytes is filled up with zeros.",
        show_default=False,
    ),
]
_DownlinkData = Annotated[
    str | None,
    typer.Option(
        "--downlink-data",
        parser=_read_downlink_data,
        metavar="HEX",
        help="8 bytes for a device that asks, has nothing queued and no downlinkData of its own.",
        show_default=False,
    ),
]
_DailyDownlinks = Annotated[
    int | None,
    typer.Option(
        "--daily-downlinks",
        min=0,
        max=1000,
        help="How many downlinks Sigfox's contract allows each of them in a day (UTC).",
        show_default=False,
    ),
]
_DownlinkQuota = Annotated[
    DownlinkQuota | None,
    typer.Option(
        "--downlink-quota",
        help="What happens to more: they are handed out and reported, or they stay queued.",
        show_default=False,
    ),
]
_KeepAlive = Annotated[
    int | None,
    typer.Option(
        "--keep-alive",
        parser=read_seconds,
        metavar="TIME",
        help="A device is silent when it has sent nothing for this long: seconds, or 26h, 8d, 2w.",
        show_default=False,
    ),
]
_UplinkFormatter = Annotated[
    str | None,
    typer.Option(
        "--uplink-formatter",
        metavar="ID",
        help="The formatter that reads what its devices send.",
        show_default=False,
    ),
]
_DownlinkFormatter = Annotated[
    str | None,
    typer.Option(
        "--downlink-formatter",
        metavar="ID",
        help="The formatter that writes what its devices are sent.",
        show_default=False,
    ),
]
_ComputeAnswers = Annotated[
    bool | None,
    typer.Option(
        "--compute-answers/--no-compute-answers",
        help="Whether the script for uplinks computes the answer to a device that nothing waits for.",
        show_default=False,
    ),
]


class _DeviceType(BaseModel):
    id: str
    name: str
    payload_encoding: str | None = None
    pad_downlinks: bool
    downlink_data: str | None = None
    daily_downlinks: int | None = None
    downlink_quota: str | None = None
    keep_alive_seconds: int | None = None
    uplink_formatter: str | None = None
    downlink_formatter: str | None = None
    compute_answers: bool


@commands.command("list", cls=ApiCommand, epilog=examples("sigbridge types list"))
def list_types(context: ApiContext, as_json: AsJson = False) -> None:
    """List the device types of your application. There are at most 100."""
    document = context.api.get("device-types")
    if as_json:
        show_json(document)
        return
    types = [read(_DeviceType, each) for each in document["device_types"]]
    if not types:
        say("There are no device types.")
        return
    show_table([_row(each) for each in types], folding={"name"})


@commands.command(cls=ApiCommand, epilog=examples("sigbridge types show tracker"))
def show(context: ApiContext, type_id: _TypeId, as_json: AsJson = False) -> None:
    """Show a device type."""
    _show(context.api.get("device-types", type_id), as_json=as_json)


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        'sigbridge types create 5e74c318aa8aec41f9cc6b00 --name "Cold rooms" --keep-alive 26h',
        "sigbridge types create tracker --downlink-data 0102030405060708 --daily-downlinks 2",
    ),
)
def create(
    context: ApiContext,
    type_id: Annotated[
        str,
        typer.Argument(
            metavar="TYPE",
            help="Sigfox's deviceTypeId, or an id of your own: letters, digits, - and _.",
            show_default=False,
        ),
    ],
    name: _Name = None,
    payload_encoding: _PayloadEncoding = None,
    pad_downlinks: _PadDownlinks = None,
    downlink_data: _DownlinkData = None,
    daily_downlinks: _DailyDownlinks = None,
    downlink_quota: _DownlinkQuota = None,
    keep_alive: _KeepAlive = None,
    uplink_formatter: _UplinkFormatter = None,
    downlink_formatter: _DownlinkFormatter = None,
    compute_answers: _ComputeAnswers = None,
    as_json: AsJson = False,
) -> None:
    """Create a device type. For what is not given the setting of the application counts.

    Devices that Sigfox's callbacks name with this deviceTypeId belong to it by themselves.
    """
    settings = {
        "name": name,
        "payload_encoding": payload_encoding,
        "pad_downlinks": pad_downlinks,
        "downlink_data": downlink_data,
        "daily_downlinks": daily_downlinks,
        "downlink_quota": downlink_quota,
        "keep_alive_seconds": keep_alive,
        "uplink_formatter": uplink_formatter,
        "downlink_formatter": downlink_formatter,
        "compute_answers": compute_answers,
    }
    _show(context.api.post("device-types", body={"id": type_id} | _given(settings)), as_json=as_json)


@commands.command(
    "set",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge types set tracker --keep-alive 8d",
        "sigbridge types set tracker --unset downlink-data --unset daily-downlinks",
        "sigbridge types set tracker --uplink-formatter oyster",
    ),
)
def change(
    context: ApiContext,
    type_id: _TypeId,
    name: _Name = None,
    payload_encoding: _PayloadEncoding = None,
    pad_downlinks: _PadDownlinks = None,
    downlink_data: _DownlinkData = None,
    daily_downlinks: _DailyDownlinks = None,
    downlink_quota: _DownlinkQuota = None,
    keep_alive: _KeepAlive = None,
    uplink_formatter: _UplinkFormatter = None,
    downlink_formatter: _DownlinkFormatter = None,
    compute_answers: _ComputeAnswers = None,
    unset: Annotated[
        list[TypeSetting] | None,
        typer.Option(
            help="A setting to remove, so that the application's counts; repeat it for several.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a device type.

    What is not given stays as it is. Running functions follow within a minute.
    """
    settings = {
        "name": name,
        "payload_encoding": payload_encoding,
        "pad_downlinks": pad_downlinks,
        "downlink_data": downlink_data,
        "daily_downlinks": daily_downlinks,
        "downlink_quota": downlink_quota,
        "keep_alive_seconds": keep_alive,
        "uplink_formatter": uplink_formatter,
        "downlink_formatter": downlink_formatter,
        "compute_answers": compute_answers,
    }
    changes = _given(settings) | {
        _FIELDS.get(setting, setting.replace("-", "_")): None for setting in unset or ()
    }
    if not changes:
        raise nothing_to_set()
    _show(context.api.patch("device-types", type_id, body=changes), as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge types delete tracker"))
def delete(context: ApiContext, type_id: _TypeId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a device type. Its devices stay, with the settings of the application.

    It asks first where devices have this type.
    """
    if not yes and (devices := _devices_in_words(context.api, type_id)):
        confirm(context.api, f"{devices} of type '{type_id}'. Delete it?")
    context.api.delete("device-types", type_id)
    if as_json:
        show_json({"id": type_id, "deleted": True})
        return
    say(f"Device type '{type_id}' deleted. Its devices have the settings of the application from now on.")


def _devices_in_words(api: Api, type_id: str) -> str:
    """Say that devices have a type, as far as the key may see it; nothing where none has."""
    query: Query = {"type": type_id, "limit": _MOST_COUNTED}
    try:
        page = read_list(api, "devices", query=query, plural="devices", every_page=False)
    except NotAllowed:
        return "There may be devices"
    count = len(page["devices"])
    if "next_cursor" in page:
        return f"There are {count} devices or more"
    return {0: "", 1: "There is 1 device"}.get(count, f"There are {count} devices")


def _given(settings: Json) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _show(document: Json, *, as_json: bool) -> None:
    if as_json:
        show_json(document)
        return
    shown = read(_DeviceType, document)
    downlinks = shown.daily_downlinks
    keep_alive = shown.keep_alive_seconds
    show_facts(
        {
            "id": shown.id,
            "name": shown.name,
            "payload encoding": shown.payload_encoding or _AS_APPLICATION,
            "pad downlinks": "yes" if shown.pad_downlinks else "no",
            "downlink data": shown.downlink_data or "none",
            "daily downlinks": _AS_APPLICATION if downlinks is None else str(downlinks),
            "downlink quota": shown.downlink_quota or _AS_APPLICATION,
            "keep alive": "none" if keep_alive is None else _length(keep_alive),
            "uplink formatter": shown.uplink_formatter or "none",
            "downlink formatter": shown.downlink_formatter or "none",
            "compute answers": "yes" if shown.compute_answers else "no",
        }
    )


def _row(shown: _DeviceType) -> dict[str, str]:
    return {
        "id": shown.id,
        "name": shown.name,
        "payload encoding": shown.payload_encoding or NONE,
        "pad downlinks": "yes" if shown.pad_downlinks else NONE,
        "downlink data": shown.downlink_data or NONE,
        "daily downlinks": NONE if shown.daily_downlinks is None else str(shown.daily_downlinks),
        "downlink quota": shown.downlink_quota or NONE,
        "keep alive": NONE if shown.keep_alive_seconds is None else _length(shown.keep_alive_seconds),
        "uplink formatter": shown.uplink_formatter or NONE,
        "downlink formatter": shown.downlink_formatter or NONE,
        "compute answers": "yes" if shown.compute_answers else NONE,
    }


def _length(seconds: int) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds} s"
