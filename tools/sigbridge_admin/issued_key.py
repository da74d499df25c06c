"""What all commands that make a key take, and how they show it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge.model.api_key import Right
from sigbridge.model.field_mapping import FieldMapping, InvalidMapping
from sigbridge_admin.api import Json, read
from sigbridge_admin.presentation import NONE, readable_moment, say, show_facts, show_json, show_secret
from sigbridge_admin.times import Expiry, read_expiry

_MEANINGS = {
    Right.TRAFFIC_UP_WRITE: "send messages and data, and be answered",
    Right.TRAFFIC_DOWN_WRITE: "push, replace and clear downlinks",
    Right.TRAFFIC_READ: "read messages and data, list downlinks",
    Right.DEVICES_READ: "see the application, its device types, devices and parameters",
    Right.DEVICES_WRITE: "change device types, devices and parameters, delete data",
    Right.KEYS_WRITE: "list, make, change and revoke keys",
    Right.SETTINGS_WRITE: "change the application's settings",
    Right.WEBHOOKS_WRITE: "set up webhooks, together with traffic:read",
    Right.SIGFOX_WRITE: "connect to Sigfox, and manage devices there",
}


def read_additional_parameter(text: str) -> str:
    """Read an Additional Parameter.

    Raises:
        BadParameter: It is malformed.
    """
    try:
        FieldMapping.parse(text)
    except InvalidMapping as invalid:
        raise typer.BadParameter(str(invalid)) from invalid
    return text


def _rights_explained() -> str:
    # A style per part keeps Rich from reading `:up:` as an emoji.
    return "\n\n".join(
        "".join(f"[cyan]{part}[/cyan]" for part in right.replace(":", " :").split()) + f"  {meaning}"
        for right, meaning in _MEANINGS.items()
    )


KeyName = Annotated[str, typer.Option("--name", help="What the key is for, to know it again in the list.")]
Rights = Annotated[
    list[Right] | None,
    typer.Option(
        "--right",
        metavar="RIGHT",
        help="What the key allows; repeat it for several.\n\n" + _rights_explained(),
        show_default=Right.TRAFFIC_UP_WRITE.value,
    ),
]
AllRights = Annotated[
    bool, typer.Option("--all-rights", help="Allow everything. Not for a key that you give away.")
]
Ending = Annotated[
    Expiry | None,
    typer.Option(
        "--expires",
        parser=read_expiry,
        metavar="WHEN",
        help="When it ends: 12h, 90d, 8w, a date with or without a time, 2030-01-31T12:00Z (UTC), or never.",
        show_default="never",
    ),
]
AdditionalParameter = Annotated[
    str,
    typer.Option(
        "--additional-parameter",
        parser=read_additional_parameter,
        metavar="FIELD=PATH;...",
        help="Where this key's sender writes the fields, as in TagoIO's Additional Parameter."
        " Not needed for Sigfox.",
        show_default=False,
    ),
]


class KeyShown(BaseModel):
    """A key, as the API tells of it."""

    id: str
    name: str
    rights: list[str]
    created_at: datetime
    valid_until: datetime | None = None
    additional_parameter: str
    ends_with: str
    last_used_on: str | None = None


class _NewKey(KeyShown):
    token: str


def chosen_rights(rights: Sequence[Right] | None, *, all_rights: bool) -> list[Right]:
    """The rights that the options ask for."""
    return list(Right) if all_rights else list(rights or (Right.TRAFFIC_UP_WRITE,))


def show_new_key(document: Json, *, as_json: bool) -> None:
    """Print a new key with its secret."""
    if as_json:
        show_json(document)
        return
    key = read(_NewKey, document)
    say("Key created:")
    show_secret(key.token)
    say("Copy it now: it is not stored and can't be shown again. Send it in the header Authorization.\n")
    show_key(key)


def show_key(key: KeyShown) -> None:
    """Print a key, without its secret."""
    show_facts(
        {
            "id": key.id,
            "name": key.name or NONE,
            "rights": rights_in_words(key.rights),
            "expires": "never" if key.valid_until is None else readable_moment(key.valid_until),
            "created": readable_moment(key.created_at),
            "additional parameter": key.additional_parameter or NONE,
        }
    )


def rights_in_words(rights: Sequence[str]) -> str:
    """Write rights below each other, and all of them as one word."""
    return "all" if set(rights) == set(Right) else "\n".join(rights)
