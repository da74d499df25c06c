"""Keys: one item for each, which an entry in its application's list points to.

Of a key's secret only the SHA-256 is there.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sigbridge.model.api_key import ApiKey, Right, StoredApiKey
from sigbridge.store import table, transactions
from sigbridge.store.applications import application_key
from sigbridge.store.counting import increment, one_less
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Deletion, Key, NewItem, Record, Span, Update

_LISTED = "KEY#"
_PAGE = 100


class TooMany(Exception):
    """The application has as many keys as it may have."""


class NoSuchKey(Exception):
    """The application has no key of that id."""


class PowersChanged(Exception):
    """What the key may do, or until when, is not what was seen; nothing was changed."""


class KeyIdTaken(Exception):
    """There is a key of that id; nothing was stored."""


def find(key_id: str) -> StoredApiKey | None:
    """Return the key of that id."""
    record = table.get(_by_id(key_id))
    return None if record is None else StoredApiKey(_api_key(record), record["secret_sha256"])


def find_latest(key_id: str) -> ApiKey | None:
    """Return the key of that id as the last finished write left it."""
    record = table.get_latest(_by_id(key_id))
    return None if record is None else _api_key(record)


def add(stored: StoredApiKey, most: int) -> None:
    """Store a new key, with its entry in the list of its application, which has fewer than so many.

    Raises:
        TooMany: The application has that many keys.
        KeyIdTaken: There is a key of that id.
    """
    key = stored.key
    try:
        transactions.transact(
            NewItem(_by_id(key.id), _record_of(stored)),
            NewItem(_in_application(key.application_id, key.id), {"id": key.id}),
            increment(application_key(key.application_id), "keys", most),
        )
    except TransactionFailed as none:
        raise (TooMany if none.refused.keys() == {2} else KeyIdTaken) from none


def change(seen: ApiKey, changes: Mapping[str, Any]) -> ApiKey:
    """Set these facts of a key, at least one, leave the others, and return the key.

    Args:
        seen: The key as it was read.
        changes: New values by the names of `ApiKey`.

    Raises:
        NoSuchKey: The application has no such key.
        PowersChanged: What it may do, or until when, is not what was seen.
    """
    written = {name: _plain(value) for name, value in changes.items()}
    change = Update(
        key=_by_id(seen.id),
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in written),
        condition="application_id = :application AND rights = :seen_rights AND valid_until = :seen_until",
        names={f"#{name}": name for name in written},
        values={
            ":application": seen.application_id,
            ":seen_rights": _plain(seen.rights),
            ":seen_until": seen.valid_until,
            **{f":{name}": value for name, value in written.items()},
        },
    )
    try:
        return _api_key(table.update_returning_item(change))
    except ConditionFailed as failed:
        if failed.existing is None or failed.existing["application_id"] != seen.application_id:
            raise NoSuchKey from failed
        raise PowersChanged from failed


def record_use(key_id: str, day: str) -> None:
    """Record that a key was used on a day, in one request, unless that or a later day is recorded already.

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
    """Delete a key with its entry in the list of its application.

    Raises:
        NoSuchKey: The application has no such key.
    """
    try:
        transactions.transact(
            Deletion(_by_id(key_id)),
            Deletion(_in_application(application_id, key_id)),
            one_less(application_key(application_id), "keys"),
        )
    except TransactionFailed as none:
        raise NoSuchKey from none


def remove_all(application_id: str) -> None:
    """Delete all keys of an application that is deleted itself."""
    listed = table.newest_first(Span(f"APP#{application_id}", _LISTED, f"{_LISTED}~"), _PAGE)
    ids = [entry["id"] for entry in listed]
    # The list goes last: what fails between is found in it again.
    table.delete_all([_by_id(key_id) for key_id in ids])
    table.delete_all([_in_application(application_id, key_id) for key_id in ids])


def of_application(application_id: str) -> list[ApiKey]:
    """Return the keys of an application as the last finished writes left them."""
    listed = table.newest_first(Span(f"APP#{application_id}", _LISTED, f"{_LISTED}~"), _PAGE)
    found = table.get_many_latest([_by_id(entry["id"]) for entry in listed])
    return [_api_key(record) for record in found.values()]


def _by_id(key_id: str) -> Key:
    return Key(f"KEY#{key_id}", "KEY")


def _in_application(application_id: str, key_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_LISTED}{key_id}")


def _api_key(record: Record) -> ApiKey:
    return ApiKey(
        id=record["id"],
        application_id=record["application_id"],
        name=record["name"],
        rights=frozenset(map(Right, record["rights"])),
        created_at=int(record["created_at"]),
        valid_until=whole(record["valid_until"]),
        additional_parameter=record["additional_parameter"],
        ends_with=record.get("ends_with", ""),
        last_used_on=record.get("last_used_on") or None,
    )


def _record_of(stored: StoredApiKey) -> Record:
    key = stored.key
    return {
        "id": key.id,
        "application_id": key.application_id,
        "name": key.name,
        "rights": _plain(key.rights),
        "secret_sha256": stored.secret_sha256,
        "ends_with": key.ends_with,
        "created_at": key.created_at,
        "valid_until": key.valid_until,
        "additional_parameter": key.additional_parameter,
        "last_used_on": key.last_used_on or "",
    }


def _plain(value: Any) -> Any:
    """Write rights, the one set of a key, as a list; its other facts are written as they are."""
    return sorted(value) if isinstance(value, frozenset) else value
