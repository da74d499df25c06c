"""`sigbridge applications`: what needs no key, but AWS credentials."""

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from sigbridge.applications import create_application, find_application, list_applications
from sigbridge.clock import rfc3339
from sigbridge.credentials import issue_key
from sigbridge.deletion import erase_application
from sigbridge.devices import devices_after
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge_admin.api import Json
from sigbridge_admin.application_settings import show_application
from sigbridge_admin.command import ApplicationId, AsJson, TableChange, TableCommand, Yes, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.issued_key import (
    AdditionalParameter,
    AllRights,
    Ending,
    KeyName,
    Rights,
    chosen_rights,
    show_new_key,
)
from sigbridge_admin.presentation import readable_moment, say, show_json, show_table

commands = typer.Typer(
    help="Applications own devices and keys. Most people need one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_MOST_COUNTED = 1_000


@commands.command("list", cls=TableCommand, epilog=examples("sigbridge applications list"))
def list_all(as_json: AsJson = False) -> None:
    """List the applications of the stack."""
    applications = list_applications()
    if as_json:
        show_json({"applications": [_written(application) for application in applications]})
        return
    if not applications:
        say("There are no applications: `sigbridge applications create ID` makes one.")
        return
    rows = [
        {
            "id": application.id,
            "name": application.name,
            "created": readable_moment(datetime.fromtimestamp(application.created_at / 1000, UTC)),
            "devices": _count_in_words(application.id),
        }
        for application in applications
    ]
    show_table(rows, folding={"name"})


@commands.command(
    cls=TableChange,
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

    Next, make a key for it with `sigbridge applications issue-key`; with that, `sigbridge settings` shows and
    changes the settings.
    """
    application = create_application(application_id, name)
    if not as_json:
        say(f"Application '{application.id}' created.")
    show_application(_written(application), as_json=as_json)


@commands.command(
    "issue-key",
    cls=TableChange,
    epilog=examples(
        'sigbridge applications issue-key greenhouse --name "My own" --all-rights',
        'sigbridge applications issue-key greenhouse --name "Sigfox callbacks"',
    ),
)
def issue(
    application_id: ApplicationId,
    name: KeyName,
    right: Rights = None,
    all_rights: AllRights = False,
    expires: Ending = None,
    additional_parameter: AdditionalParameter = "",
    as_json: AsJson = False,
) -> None:
    """Make a key without having one, and show it, this once.

    Without --right it allows what a Sigfox callback needs: to send messages and to be answered. A key with
    keys:write makes others with `sigbridge keys create`, and lists and revokes them.
    """
    at = None if expires is None else expires.at
    valid_until = None if at is None else int(at.timestamp() * 1000)
    rights = chosen_rights(right, all_rights=all_rights)
    issued = issue_key(application_id, name, rights, valid_until, additional_parameter)
    key = issued.key
    document = {
        "id": key.id,
        "name": key.name,
        "rights": [each.value for each in Right if each in key.rights],
        "created_at": rfc3339(key.created_at),
        "valid_until": None if key.valid_until is None else rfc3339(key.valid_until),
        "additional_parameter": key.additional_parameter,
        "ends_with": key.ends_with,
        "token": str(issued.token),
    }
    show_new_key(_without_none(document), as_json=as_json)


@commands.command(cls=TableChange, epilog=examples("sigbridge applications delete greenhouse"))
def delete(application_id: ApplicationId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete an application for good: its keys, its devices, all that they sent, and all that waits for them.

    Asks for its id. Keys are refused within a minute; devices and data are erased within minutes, in the
    background. The id can be used again after that.
    """
    application = find_application(application_id)
    if not yes:
        _ask_for_id(application)
    erase_application(application_id)
    if as_json:
        show_json({"id": application_id, "deleted": True})
        return
    say(
        f"Application '{application_id}' deleted. Its keys are refused within a minute, its devices and their"
        " data are erased within minutes."
    )


def _ask_for_id(application: Application) -> None:
    what = f"all keys and {_devices_in_words(application.id)} of '{application.name}' with all their data"
    try:
        typed = typer.prompt(f"This deletes {what}. Type {application.id} to go on", err=True)
    except typer.Abort:
        typed = ""
    if typed.strip() != application.id:
        message = "Nothing was changed: type the id of the application, or give --yes in scripts"
        raise AdminError(message)


def _devices_in_words(application_id: str) -> str:
    count = _count_in_words(application_id)
    return f"{count} device" if count == "1" else f"{count} devices"


def _count_in_words(application_id: str) -> str:
    devices = devices_after(application_id, "", None, _MOST_COUNTED)
    count = len(list(islice(devices, _MOST_COUNTED + 1)))
    return f"over {_MOST_COUNTED:,}" if count > _MOST_COUNTED else f"{count}"


def _written(application: Application) -> Json:
    """Write an application as the API does."""
    return _without_none(
        {
            "id": application.id,
            "name": application.name,
            "created_at": rfc3339(application.created_at),
            "unknown_devices": application.unknown_devices,
            "payload_encoding": application.payload_encoding,
            "daily_downlinks": application.daily_downlinks,
            "downlink_quota": application.downlink_quota,
            "retention_days": application.retention_days,
        }
    )


def _without_none(document: Json) -> Json:
    return {name: value for name, value in document.items() if value is not None}
