"""`sigbridge downlink-data`."""

from typing import Annotated

import typer

from sigbridge.applications import find_application
from sigbridge.downlinks import InvalidDownlinkData, downlink_data, read_downlink_data, set_downlink_data
from sigbridge_admin.command import AdminCommand, ApplicationId, AsJson, DeviceId, examples
from sigbridge_admin.presentation import say, show_json

commands = typer.Typer(
    help="The downlinkData of a device, TagoIO's configuration parameter: 8 bytes that it gets"
    " every time it asks while its queue is empty.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


def _read_data(text: str) -> str:
    try:
        return read_downlink_data(text)
    except InvalidDownlinkData as invalid:
        raise typer.BadParameter(invalid.message) from invalid


@commands.command(
    "set",
    cls=AdminCommand,
    epilog=examples("sigbridge downlink-data set greenhouse 1A2B3C 00000000ada1b2c3"),
)
def set_(
    application_id: ApplicationId,
    device_id: DeviceId,
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="8 bytes, 16 hex digits.", parser=_read_data, show_default=False),
    ],
    as_json: AsJson = False,
) -> None:
    """Set what the device gets when its queue is empty. It stays until it is changed."""
    _change(application_id, device_id, data)
    _show(application_id, device_id, data, as_json=as_json)


@commands.command(cls=AdminCommand, epilog=examples("sigbridge downlink-data clear greenhouse 1A2B3C"))
def clear(application_id: ApplicationId, device_id: DeviceId, as_json: AsJson = False) -> None:
    """Clear it: the device gets what is queued, or nothing."""
    _change(application_id, device_id, None)
    _show(application_id, device_id, None, as_json=as_json)


@commands.command(cls=AdminCommand, epilog=examples("sigbridge downlink-data show greenhouse 1A2B3C"))
def show(application_id: ApplicationId, device_id: DeviceId, as_json: AsJson = False) -> None:
    """Show what the device gets when its queue is empty."""
    find_application(application_id)
    _show(application_id, device_id, downlink_data(application_id, device_id), as_json=as_json)


def _change(application_id: str, device_id: str, data: str | None) -> None:
    find_application(application_id)
    set_downlink_data(application_id, device_id, data)


def _show(application_id: str, device_id: str, data: str | None, *, as_json: bool) -> None:
    if as_json:
        show_json({"application_id": application_id, "device_id": device_id, "downlink_data": data})
    elif data is None:
        say(f"Device {device_id} has no downlinkData: it gets what is queued, or nothing.")
    else:
        say(f"Device {device_id} gets {data} whenever its queue is empty.")
