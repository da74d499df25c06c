"""`sigbridge keys`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from sigbridge.callbacks import FieldMapping, InvalidMapping
from sigbridge.clock import now_ms
from sigbridge.credentials import ApiKey, Right, issue_key, keys_of, revoke_key
from sigbridge.credentials.token import Token
from sigbridge_admin.command import AdminCommand, ApplicationId, AsJson, examples
from sigbridge_admin.expiry import read_expiry
from sigbridge_admin.presentation import (
    Plain,
    moment,
    readable_date,
    readable_moment,
    say,
    show_facts,
    show_json,
    show_secret,
    show_table,
)

commands = typer.Typer(
    help="Keys let Sigfox, your services and your colleagues in. Only a hash of a key is kept.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


_NONE = "-"
_FREE_TEXTS = frozenset({"name", "additional parameter"})
_MEANINGS = {
    Right.TRAFFIC_UP_WRITE: "send messages, and be answered",
    Right.TRAFFIC_DOWN_WRITE: "push, replace and clear downlinks",
    Right.TRAFFIC_READ: "list downlinks, read messages",
    Right.DEVICES_READ: "list devices",
    Right.DEVICES_WRITE: "add, change and remove devices",
    Right.KEYS_WRITE: "make and revoke keys",
    Right.SETTINGS_WRITE: "change the application's settings",
}


def _rights_explained() -> str:
    # A style per part keeps Rich from reading `:up:` as an emoji.
    return "\n\n".join(
        "".join(f"[cyan]{part}[/cyan]" for part in right.replace(":", " :").split()) + f"  {meaning}"
        for right, meaning in _MEANINGS.items()
    )


def _read_additional_parameter(text: str) -> str:
    try:
        FieldMapping.parse(text)
    except InvalidMapping as invalid:
        raise typer.BadParameter(str(invalid)) from invalid
    return text


@commands.command(
    cls=AdminCommand,
    epilog=examples(
        'sigbridge keys create greenhouse --name "Sigfox callbacks"',
        "sigbridge keys create greenhouse --right traffic:down:write --expires 90d",
        'sigbridge keys create greenhouse --additional-parameter "serial=devaddr"',
    ),
)
def create(
    application_id: ApplicationId,
    name: Annotated[
        str, typer.Option(help="What the key is for, to know it again in the list.", show_default=False)
    ] = "",
    right: Annotated[
        list[Right] | None,
        typer.Option(
            metavar="RIGHT",
            help="What the key allows; repeat it for several.\n\n" + _rights_explained(),
            show_default=Right.TRAFFIC_UP_WRITE.value,
        ),
    ] = None,
    all_rights: Annotated[
        bool, typer.Option("--all-rights", help="Allow everything. Not for a key that you give away.")
    ] = False,
    expires: Annotated[
        datetime | None,
        typer.Option(
            parser=read_expiry,
            metavar="WHEN",
            help="When it ends: 12h, 90d, 8w, or a date with or without a time, 2030-01-31T12:00Z (UTC).",
            show_default="never",
        ),
    ] = None,
    additional_parameter: Annotated[
        str,
        typer.Option(
            parser=_read_additional_parameter,
            metavar="FIELD=PATH;...",
            help="Where this key's sender writes the fields, as in TagoIO's Additional Parameter."
            " Not needed for Sigfox.",
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Create a key and show it, this once.

    Without --right it allows what a Sigfox callback needs: to send messages and to be answered.
    """
    rights = tuple(Right) if all_rights else right or (Right.TRAFFIC_UP_WRITE,)
    valid_until = None if expires is None else int(expires.timestamp() * 1000)
    issued = issue_key(application_id, name, rights, valid_until, additional_parameter)
    if as_json:
        show_json({**_data(issued.key), "key": str(issued.token)})
        return
    say(f"Key created for application '{application_id}':")
    show_secret(str(issued.token))
    say("Copy it now: it is not kept and can't be shown again. Send it as the header Authorization.\n")
    show_facts(_facts(issued.key, readable_moment))


@commands.command("list", cls=AdminCommand, epilog=examples("sigbridge keys list greenhouse"))
def list_keys(application_id: ApplicationId, as_json: AsJson = False) -> None:
    """List an application's keys, without their secrets."""
    keys = sorted(keys_of(application_id), key=lambda key: key.created_at)
    if as_json:
        show_json([_data(key) for key in keys])
        return
    if not keys:
        say(f"Application '{application_id}' has no keys.")
        return
    facts = [_facts(key, readable_date) for key in keys]
    columns = [name for name in facts[0] if any(row[name] != _NONE for row in facts)]
    show_table(columns, [[row[name] for name in columns] for row in facts], folding=_FREE_TEXTS)


@commands.command(cls=AdminCommand, epilog=examples("sigbridge keys revoke greenhouse k3v7qmz2hw5ty4ab"))
def revoke(
    application_id: ApplicationId,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="Id of the key, as the list shows it, or the key itself.", show_default=False
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Revoke a key for good. Running functions refuse it within a minute."""
    token = Token.parse(key)
    key_id = key if token is None else token.id
    revoke_key(application_id, key_id)
    if as_json:
        show_json({"id": key_id, "application_id": application_id, "revoked": True})
        return
    say(f"Key {key_id} revoked. Running functions refuse it within a minute.")


def _data(key: ApiKey) -> dict[str, Plain]:
    return {
        "id": key.id,
        "application_id": key.application_id,
        "name": key.name,
        "rights": _ordered(key.rights),
        "created_at": moment(key.created_at),
        "expires_at": None if key.valid_until is None else moment(key.valid_until),
        "additional_parameter": key.additional_parameter,
    }


def _facts(key: ApiKey, written: Callable[[int], str]) -> dict[str, str]:
    return {
        "id": key.id,
        "name": key.name or _NONE,
        "rights": "all" if key.rights == frozenset(Right) else "\n".join(_ordered(key.rights)),
        "expires": _expiry(key.valid_until, written),
        "created": written(key.created_at),
        "additional parameter": key.additional_parameter or _NONE,
    }


def _expiry(valid_until: int | None, written: Callable[[int], str]) -> str:
    if valid_until is None:
        return "never"
    return written(valid_until) + (" (expired)" if valid_until <= now_ms() else "")


def _ordered(rights: frozenset[Right]) -> list[str]:
    return [right.value for right in Right if right in rights]
