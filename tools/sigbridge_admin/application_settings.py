"""`sigbridge settings`, and how all commands take and show the settings of an application."""

from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices
from sigbridge_admin.api import Json, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.presentation import readable_moment, show_facts, show_json

commands = typer.Typer(
    help="Settings of your key's application.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

ApplicationName = Annotated[
    str | None, typer.Option("--name", help="What people call it.", show_default=False)
]
UnknownDevicesSetting = Annotated[
    UnknownDevices | None,
    typer.Option(
        "--unknown-devices",
        help="What happens to the message of an unknown device: it is registered"
        " and its message stored, or it is refused with 404.",
        show_default=False,
    ),
]
PayloadEncodingSetting = Annotated[
    PayloadEncoding | None,
    typer.Option(
        "--payload-encoding",
        help="How generic payloads are written, unless set otherwise for a device or its type. Sigfox's are"
        " always hex.",
        show_default=False,
    ),
]
DailyDownlinks = Annotated[
    int | None,
    typer.Option(
        "--daily-downlinks",
        min=0,
        max=1000,
        help="How many downlinks Sigfox's contract allows each device in a day (UTC).",
        show_default=False,
    ),
]
DownlinkQuotaSetting = Annotated[
    DownlinkQuota | None,
    typer.Option(
        "--downlink-quota",
        help="What happens to more downlinks than that: they are handed out and reported, or they stay"
        " queued until the next day.",
        show_default=False,
    ),
]
RetentionDays = Annotated[
    int | None,
    typer.Option(
        "--retention-days",
        min=1,
        max=3650,
        help="How many days messages and data are stored, from now on.",
        show_default=False,
    ),
]


class _Application(BaseModel):
    id: str
    name: str
    created_at: datetime
    unknown_devices: str
    payload_encoding: str
    daily_downlinks: int
    downlink_quota: str
    retention_days: int | None = None


@commands.command(cls=ApiCommand, epilog=examples("sigbridge settings show"))
def show(context: ApiContext, as_json: AsJson = False) -> None:
    """Show the application that your key belongs to, and its settings."""
    show_application(context.api.get("application"), as_json=as_json)


@commands.command(
    "set",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge settings set --unknown-devices reject",
        "sigbridge settings set --daily-downlinks 2 --downlink-quota enforce --retention-days 90",
    ),
)
def change(
    context: ApiContext,
    name: ApplicationName = None,
    unknown_devices: UnknownDevicesSetting = None,
    payload_encoding: PayloadEncodingSetting = None,
    daily_downlinks: DailyDownlinks = None,
    downlink_quota: DownlinkQuotaSetting = None,
    retention_days: RetentionDays = None,
    as_json: AsJson = False,
) -> None:
    """Change settings of the application that your key belongs to.

    Settings that are not given stay as they are. Running functions follow within a minute.
    """
    settings = {
        "name": name,
        "unknown_devices": unknown_devices,
        "payload_encoding": payload_encoding,
        "daily_downlinks": daily_downlinks,
        "downlink_quota": downlink_quota,
        "retention_days": retention_days,
    }
    wanted = {name: value for name, value in settings.items() if value is not None}
    if not wanted:
        raise nothing_to_set()
    show_application(context.api.patch("application", body=wanted), as_json=as_json)


def show_application(document: Json, *, as_json: bool) -> None:
    """Print an application, as the API tells of it."""
    if as_json:
        show_json(document)
        return
    application = read(_Application, document)
    days = application.retention_days
    show_facts(
        {
            "id": application.id,
            "name": application.name,
            "created": readable_moment(application.created_at),
            "unknown devices": application.unknown_devices,
            "payload encoding": application.payload_encoding,
            "daily downlinks": str(application.daily_downlinks),
            "downlink quota": application.downlink_quota,
            "retention": "that of the stack" if days is None else f"{days} days",
        }
    )


def nothing_to_set() -> AdminError:
    """Make the error of a change that changes nothing."""
    return AdminError("Nothing to set: give at least one option, --help lists them")
