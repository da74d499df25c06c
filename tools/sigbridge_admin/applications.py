"""`sigbridge applications`: an application and its first key, made where nobody has a key yet."""

from typing import Annotated

import typer

from sigbridge.applications import create_application
from sigbridge.clock import rfc3339
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge_admin.api import Json
from sigbridge_admin.application_settings import show_application
from sigbridge_admin.command import ApplicationId, AsJson, TableCommand, examples
from sigbridge_admin.issued_key import (
    AdditionalParameter,
    AllRights,
    Ending,
    KeyName,
    Rights,
    chosen_rights,
    show_new_key,
)
from sigbridge_admin.presentation import say

commands = typer.Typer(
    help="Applications own devices and keys. Most people need one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@commands.command(
    cls=TableCommand,
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
    show_application(_told(application), as_json=as_json)


@commands.command(
    "issue-key",
    cls=TableCommand,
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
    told = {
        "id": key.id,
        "name": key.name,
        "rights": [each.value for each in Right if each in key.rights],
        "created_at": rfc3339(key.created_at),
        "valid_until": None if key.valid_until is None else rfc3339(key.valid_until),
        "additional_parameter": key.additional_parameter,
        "ends_with": key.ends_with,
        "token": str(issued.token),
    }
    show_new_key(_without_none(told), as_json=as_json)


def _told(application: Application) -> Json:
    """Tell of an application as the API does."""
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
