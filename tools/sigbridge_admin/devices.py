"""`sigbridge devices`."""

from typing import Annotated

import typer

from sigbridge.applications import PayloadEncoding, find_application
from sigbridge.devices import register_device
from sigbridge_admin.command import AdminCommand, ApplicationId, AsJson, DeviceId, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.presentation import say, show_json

commands = typer.Typer(
    help="Devices of an application. A device that sends is registered by itself, unless the"
    " application rejects unknown devices.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@commands.command(
    cls=AdminCommand,
    epilog=examples(
        "sigbridge devices add greenhouse 1A2B3C",
        "sigbridge devices add greenhouse weather.7 --payload-encoding base64",
    ),
)
def add(
    application_id: ApplicationId,
    device_id: DeviceId,
    payload_encoding: Annotated[
        PayloadEncoding | None,
        typer.Option(
            help="How it writes generic payloads. Sigfox's are always hex.",
            show_default="as the application says",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List a device, so that it may send and downlinks can be queued before its first message.

    A device that is listed already is left as it is.
    """
    find_application(application_id)
    device = register_device(application_id, device_id, payload_encoding)
    if payload_encoding not in {None, device.payload_encoding}:
        listed_with = device.payload_encoding or "the application's"
        message = f"Device {device_id} is listed already, with {listed_with} payload encoding"
        raise AdminError(message)
    if as_json:
        encoding = device.payload_encoding
        show_json({"id": device.id, "application_id": application_id, "payload_encoding": encoding})
        return
    say(f"Device {device_id} is listed in application '{application_id}'.")
