"""`sigbridge keys`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sigbridge.model.api_key import Right
from sigbridge.model.token import Token
from sigbridge_admin.api import Json, read
from sigbridge_admin.application_settings import nothing_to_set
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, examples
from sigbridge_admin.issued_key import (
    AdditionalParameter,
    AllRights,
    Ending,
    KeyName,
    KeyShown,
    Rights,
    chosen_rights,
    read_additional_parameter,
    rights_in_words,
    show_key,
    show_new_key,
)
from sigbridge_admin.presentation import NONE, readable_date, say, show_json, show_table

commands = typer.Typer(
    help="Keys for Sigfox, your services and your colleagues. Only a hash of each is stored.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_FREE_TEXTS = frozenset({"name", "additional parameter"})


def _read_key_id(text: str) -> str:
    """Take a whole key for its id, so that its secret goes nowhere."""
    token = Token.parse(text)
    return text if token is None else token.id


_KeyId = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="Id of the key, as the list shows it, or the key itself.",
        parser=_read_key_id,
        show_default=False,
    ),
]


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        'sigbridge keys create --name "Sigfox callbacks"',
        "sigbridge keys create --name Dashboard --right traffic:read --right devices:read --expires 90d",
        'sigbridge keys create --name Gateway --additional-parameter "serial=devaddr"',
    ),
)
def create(
    context: ApiContext,
    name: KeyName,
    right: Rights = None,
    all_rights: AllRights = False,
    expires: Ending = None,
    additional_parameter: AdditionalParameter = "",
    as_json: AsJson = False,
) -> None:
    """Create a key and show it, this once. It can have only rights that yours has.

    Without --right it allows what a Sigfox callback needs: to send messages and to be answered.
    """
    body: Json = {
        "name": name,
        "rights": chosen_rights(right, all_rights=all_rights),
        "additional_parameter": additional_parameter,
    }
    if expires is not None:
        body["valid_until"] = expires.rfc3339()
    show_new_key(context.api.post("keys", body=body), as_json=as_json)


@commands.command("list", cls=ApiCommand, epilog=examples("sigbridge keys list"))
def list_keys(context: ApiContext, as_json: AsJson = False) -> None:
    """List the keys of your application, without their secrets."""
    document = context.api.get("keys")
    if as_json:
        show_json(document)
        return
    rows = [_row(read(KeyShown, each)) for each in document["keys"]]
    show_table(rows, folding=_FREE_TEXTS)


@commands.command(
    "set",
    cls=ApiCommand,
    epilog=examples(
        "sigbridge keys set k3v7qmz2hw5ty4ab --expires 30d",
        "sigbridge keys set k3v7qmz2hw5ty4ab --name Dashboard --right traffic:read",
    ),
)
def change(
    context: ApiContext,
    key: _KeyId,
    name: Annotated[str | None, typer.Option(help="What the key is for.", show_default=False)] = None,
    right: Annotated[
        list[Right] | None,
        typer.Option(
            metavar="RIGHT",
            help="What it allows from now on; repeat it for several. They take the place of all that it has.",
            show_default=False,
        ),
    ] = None,
    expires: Ending = None,
    additional_parameter: Annotated[
        str | None,
        typer.Option(
            parser=read_additional_parameter,
            metavar="FIELD=PATH;...",
            help='Where its sender writes the fields; "" for none.',
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a key. What is not given stays as it is. Running functions follow within a minute."""
    changes = {"name": name, "rights": right, "additional_parameter": additional_parameter}
    wanted: Json = {field: value for field, value in changes.items() if value is not None}
    if expires is not None:
        wanted["valid_until"] = expires.rfc3339()
    if not wanted:
        raise nothing_to_set()
    document = context.api.patch("keys", key, body=wanted)
    if as_json:
        show_json(document)
        return
    show_key(read(KeyShown, document))


@commands.command(cls=ApiCommand, epilog=examples("sigbridge keys revoke k3v7qmz2hw5ty4ab"))
def revoke(context: ApiContext, key: _KeyId, as_json: AsJson = False) -> None:
    """Revoke a key for good. Running functions refuse it within a minute."""
    context.api.delete("keys", key)
    if as_json:
        show_json({"id": key, "revoked": True})
        return
    say(f"Key {key} revoked. Running functions refuse it within a minute.")


def _row(key: KeyShown) -> dict[str, str]:
    return {
        "id": key.id,
        "name": key.name or NONE,
        "rights": rights_in_words(key.rights),
        "expires": _expiry(key.valid_until),
        "created": readable_date(key.created_at),
        "last used": key.last_used_on or "never",
        "ends with": key.ends_with,
        "additional parameter": key.additional_parameter or NONE,
    }


def _expiry(valid_until: datetime | None) -> str:
    if valid_until is None:
        return "never"
    return readable_date(valid_until) + (" (expired)" if valid_until <= datetime.now(UTC) else "")
