"""`sigbridge applications`."""

from typing import Annotated

import typer

from sigbridge.applications import (
    Application,
    DownlinkQuota,
    PayloadEncoding,
    SettingsChange,
    UnknownDevices,
    change_application,
    create_application,
    find_application,
)
from sigbridge_admin.command import AdminCommand, ApplicationId, AsJson, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.presentation import moment, readable_moment, say, show_facts, show_json

commands = typer.Typer(
    help="Applications own devices and keys. Most people need one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@commands.command(
    cls=AdminCommand,
    epilog=examples(
        "sigbridge applications create greenhouse",
        'sigbridge applications create greenhouse --name "Greenhouse of Lyon"',
    ),
)
def create(
    application_id: Annotated[
        str,
        typer.Argument(
            metavar="APPLICATION",
            help="Id for the new application: 3 to 36 lower-case letters and digits,"
            " with single hyphens between them. It is part of the queue's URLs.",
            show_default=False,
        ),
    ],
    name: Annotated[str, typer.Option(help="What people call it.", show_default="the id")] = "",
    as_json: AsJson = False,
) -> None:
    """Create an application with default settings.

    Next, make a key for it with `sigbridge keys create`.
    """
    application = create_application(application_id, name)
    if not as_json:
        say(f"Application '{application.id}' created.")
    _show(application, as_json=as_json)


@commands.command(cls=AdminCommand, epilog=examples("sigbridge applications show greenhouse"))
def show(application_id: ApplicationId, as_json: AsJson = False) -> None:
    """Show an application and its settings."""
    _show(find_application(application_id), as_json=as_json)


@commands.command(
    "set",
    cls=AdminCommand,
    epilog=examples(
        "sigbridge applications set greenhouse --unknown-devices reject",
        "sigbridge applications set greenhouse --payload-encoding base64",
        "sigbridge applications set greenhouse --daily-downlinks 2 --downlink-quota enforce",
    ),
)
def change(
    application_id: ApplicationId,
    unknown_devices: Annotated[
        UnknownDevices | None,
        typer.Option(
            help="What happens to the message of a device that is not listed: it is registered"
            " and its message stored, or it is refused with 404.",
            show_default=False,
        ),
    ] = None,
    payload_encoding: Annotated[
        PayloadEncoding | None,
        typer.Option(
            help="How generic payloads are written, unless a device says otherwise. Sigfox's are always hex.",
            show_default=False,
        ),
    ] = None,
    daily_downlinks: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1000,
            help="How many downlinks Sigfox's contract allows each device in a day (UTC).",
            show_default=False,
        ),
    ] = None,
    downlink_quota: Annotated[
        DownlinkQuota | None,
        typer.Option(
            help="What happens to more downlinks than that: they are handed out and reported, or they stay"
            " queued until the next day.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change an application's settings.

    Settings that are not given stay as they are. Running functions follow within a minute.
    """
    settings = SettingsChange(
        unknown_devices=unknown_devices,
        payload_encoding=payload_encoding,
        daily_downlinks=daily_downlinks,
        downlink_quota=downlink_quota,
    )
    if not settings.wanted:
        message = "Nothing to set: give at least one of the options"
        raise AdminError(message)
    _show(change_application(application_id, settings), as_json=as_json)


def _show(application: Application, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "id": application.id,
                "name": application.name,
                "created_at": moment(application.created_at),
                "unknown_devices": application.unknown_devices,
                "payload_encoding": application.payload_encoding,
                "daily_downlinks": application.daily_downlinks,
                "downlink_quota": application.downlink_quota,
            }
        )
        return
    show_facts(
        {
            "id": application.id,
            "name": application.name,
            "created": readable_moment(application.created_at),
            "unknown devices": application.unknown_devices,
            "payload encoding": application.payload_encoding,
            "daily downlinks": str(application.daily_downlinks),
            "downlink quota": application.downlink_quota,
        }
    )
