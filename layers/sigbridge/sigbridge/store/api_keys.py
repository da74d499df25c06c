"""Keys: one item for each, which an entry in its application's list points to."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypedDict

from sigbridge.store import table
from sigbridge.store.applications import application_key
from sigbridge.store.counting import one_less, one_more
from sigbridge.store.table import ConditionFailed, Deletion, Key, NewItem, NotTogether, Record, Span, Update

_LISTED = "KEY#"
_PAGE = 100


class ApiKeyRecord(TypedDict):
    """A key at rest. Times are epoch ms; the secret is there as its SHA-256 in hex only.

    `ends_with` are the last characters of the written key, `last_used_on` is the day (UTC) on which it
    was accepted last, as in `2026-11-22`; both are "" where they are not known.
    """

    id: str
    application_id: str
    name: str
    rights: list[str]
    secret_sha256: str
    ends_with: str
    created_at: int
    valid_until: int | None
    additional_parameter: str
    last_used_on: str


class TooMany(Exception):
    """The application has as many keys as it may have."""


class NoSuchKey(Exception):
    """The application has no key of that id."""


class PowersChanged(Exception):
    """What the key may do, or until when, is not what was seen; nothing was changed."""


class Powers(NamedTuple):
    """What a key may do, and until when: epoch ms, or None for ever."""

    rights: list[str]
    valid_until: int | None


def find(key_id: str) -> ApiKeyRecord | None:
    """Reads the key of that id."""
    record = table.get(_by_id(key_id))
    return None if record is None else _api_key(record)


def find_latest(key_id: str) -> ApiKeyRecord | None:
    """Reads the key of that id as the last finished write left it."""
    record = table.get_latest(_by_id(key_id))
    return None if record is None else _api_key(record)


def add(record: ApiKeyRecord, most: int) -> None:
    """Stores a new key, with its entry in the list of its application, which has fewer than so many.

    Raises:
        TooMany: The application has that many keys.
        NotTogether: A key of that id exists.
    """
    application_id = record["application_id"]
    try:
        table.write_together(
            NewItem(_by_id(record["id"]), record),
            NewItem(_in_application(application_id, record["id"]), {"id": record["id"]}),
            one_more(application_key(application_id), "keys", most),
        )
    except NotTogether as none:
        if none.refused.keys() == {2}:
            raise TooMany from none
        raise


def change(application_id: str, key_id: str, changes: Mapping[str, Any], seen: Powers) -> ApiKeyRecord:
    """Sets these facts of a key, at least one, leaves the others, and returns all of them.

    Raises:
        NoSuchKey: The application has no such key.
        PowersChanged: They are not those that were seen.
    """
    change = Update(
        key=_by_id(key_id),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        condition="application_id = :application AND rights = :seen_rights AND valid_until = :seen_until",
        names={f"#{name}": name for name in changes},
        values={
            ":application": application_id,
            ":seen_rights": seen.rights,
            ":seen_until": seen.valid_until,
            **{f":{name}": value for name, value in changes.items()},
        },
    )
    try:
        return _api_key(table.update_returning_item(change))
    except ConditionFailed as failed:
        if failed.existing is None or failed.existing["application_id"] != application_id:
            raise NoSuchKey from failed
        raise PowersChanged from failed


def note_use(key_id: str, day: str) -> None:
    """Notes that a key was used on a day, in one request, unless that or a later day is noted already.

    Nothing happens where the key was revoked: it must not come back.
    """
    with suppress(ConditionFailed):
        table.update_once(
            Update(
                key=_by_id(key_id),
                expression="SET last_used_on = :day",
                condition="attribute_exists(pk)"
                " AND (attribute_not_exists(last_used_on) OR last_used_on < :day)",
                values={":day": day},
            )
        )


def remove(application_id: str, key_id: str) -> None:
    """Deletes a key with its entry in the list of its application.

    Raises:
        NoSuchKey: The application has no such key.
    """
    try:
        table.write_together(
            Deletion(_by_id(key_id)),
            Deletion(_in_application(application_id, key_id)),
            one_less(application_key(application_id), "keys"),
        )
    except NotTogether as none:
        raise NoSuchKey from none


def of_application(application_id: str) -> list[ApiKeyRecord]:
    """Reads the keys of an application as the last finished writes left them."""
    listed = table.newest_first(Span(f"APP#{application_id}", _LISTED, f"{_LISTED}~"), _PAGE)
    found = table.get_many_latest([_by_id(entry["id"]) for entry in listed])
    return [_api_key(record) for record in found.values()]


def _by_id(key_id: str) -> Key:
    return Key(f"KEY#{key_id}", "KEY")


def _in_application(application_id: str, key_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_LISTED}{key_id}")


def _api_key(record: Record) -> ApiKeyRecord:
    valid_until = record["valid_until"]
    return ApiKeyRecord(
        id=record["id"],
        application_id=record["application_id"],
        name=record["name"],
        rights=record["rights"],
        secret_sha256=record["secret_sha256"],
        ends_with=record.get("ends_with", ""),
        created_at=int(record["created_at"]),
        valid_until=None if valid_until is None else int(valid_until),
        additional_parameter=record["additional_parameter"],
        last_used_on=record.get("last_used_on", ""),
    )
