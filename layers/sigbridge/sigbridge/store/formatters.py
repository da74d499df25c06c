"""Payload formatters beside their application: an item for each, and one for the source of each version.

The item of a formatter lists its versions, so that one read tells which of them is for a message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sigbridge.model.formatter import Formatter, FormatterKind, FormatterVersion
from sigbridge.store import table, transactions
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.rows import Deletion, Key, NewItem, Record, Span, Update

_FORMATTER, _VERSION = "FORMATTER#", "VERSION#"
# Sort before and after every character that an id may hold.
_BEFORE_ALL, _AFTER_ALL = "!", "~"
_PAGE = 100


class FormatterChanged(Exception):
    """The formatter was changed, made or deleted since it was read; nothing was changed."""


def find(application_id: str, formatter_id: str) -> Formatter | None:
    """Return a formatter as the last finished write left it."""
    record = table.get_latest(_key(application_id, formatter_id))
    return None if record is None else _read(record)


def find_many(application_id: str, formatter_ids: Sequence[str]) -> dict[str, Formatter]:
    """Return those of these formatters that there are, as they were about now, 100 in a request."""
    found = table.get_many([_key(application_id, formatter_id) for formatter_id in formatter_ids])
    formatters = map(_read, found.values())
    return {formatter.id: formatter for formatter in formatters}


def of_application(application_id: str) -> list[Formatter]:
    """Return all formatters of an application, in the order of their ids."""
    span = Span(f"APP#{application_id}", _FORMATTER + _BEFORE_ALL, _FORMATTER + _AFTER_ALL)
    return [_read(record) for record in table.newest_first(span, _PAGE)][::-1]


def source_of(application_id: str, formatter_id: str, version: FormatterVersion) -> str | None:
    """Return the source of a version, which never changes; None where there is none."""
    record = table.get(_version_key(application_id, formatter_id, version))
    return None if record is None else str(record["source"])


def add(application_id: str, formatter: Formatter, source: str) -> None:
    """Store a new formatter with its only version.

    Raises:
        FormatterChanged: There is one of this id.
    """
    entry = NewItem(_key(application_id, formatter.id), _record_of(formatter))
    _write_version(application_id, formatter, source, entry)


def add_version(application_id: str, formatter: Formatter, source: str) -> None:
    """Store a formatter's name and its newest version, which is not stored yet.

    Raises:
        FormatterChanged: Another version was added meanwhile, or the formatter was deleted.
    """
    record = _record_of(formatter)
    entry = Update(
        key=_key(application_id, formatter.id),
        expression="SET #name = :name, versions = :versions",
        condition="size(versions) = :before",
        names={"#name": "name"},
        values={
            ":name": record["name"],
            ":versions": record["versions"],
            ":before": len(formatter.versions) - 1,
        },
    )
    _write_version(application_id, formatter, source, entry)


def rename(application_id: str, formatter: Formatter) -> None:
    """Store another name of a formatter.

    Raises:
        FormatterChanged: It was deleted.
    """
    change = Update(
        key=_key(application_id, formatter.id),
        expression="SET #name = :name",
        condition="attribute_exists(pk)",
        names={"#name": "name"},
        values={":name": formatter.name},
    )
    try:
        table.update(change)
    except ConditionFailed as gone:
        raise FormatterChanged from gone


def _write_version(application_id: str, formatter: Formatter, source: str, entry: NewItem | Update) -> None:
    key = _version_key(application_id, formatter.id, formatter.newest)
    try:
        transactions.transact(entry, NewItem(key, {"source": source}))
    except TransactionFailed as none:
        raise FormatterChanged from none


def remove(application_id: str, formatter: Formatter) -> None:
    """Delete a formatter, then its versions.

    Raises:
        FormatterChanged: A version was added since it was read, or it is gone; nothing was deleted.
        StoreUnavailable: Some versions may be left, which nobody finds.
    """
    seen = len(formatter.versions)
    deletion = Deletion(_key(application_id, formatter.id), "size(versions) = :seen", {":seen": seen})
    try:
        table.delete(deletion)
    except ConditionFailed as changed:
        raise FormatterChanged from changed
    table.delete_all([_version_key(application_id, formatter.id, each) for each in formatter.versions])


def remove_all(application_id: str) -> None:
    """Delete all formatters of an application that is deleted itself."""
    for formatter in of_application(application_id):
        keys = [_version_key(application_id, formatter.id, each) for each in formatter.versions]
        table.delete_all([*keys, _key(application_id, formatter.id)])


def _key(application_id: str, formatter_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_FORMATTER}{formatter_id}")


def _version_key(application_id: str, formatter_id: str, version: FormatterVersion) -> Key:
    # Numbers begin anew where a formatter was deleted and is made again.
    return Key(f"APP#{application_id}", f"{_VERSION}{formatter_id}#{version.created_at:013d}")


def _read(record: Mapping[str, Any]) -> Formatter:
    return Formatter(
        id=record["id"],
        name=record["name"],
        versions=tuple(_read_version(version) for version in record["versions"]),
    )


def _read_version(record: Mapping[str, Any]) -> FormatterVersion:
    return FormatterVersion(
        number=int(record["number"]),
        kind=FormatterKind(record["kind"]),
        digest=record["digest"],
        valid_from=int(record["valid_from"]),
        created_at=int(record["created_at"]),
    )


def _record_of(formatter: Formatter) -> Record:
    return {
        "id": formatter.id,
        "name": formatter.name,
        "versions": [
            {
                "number": version.number,
                "kind": version.kind.value,
                "digest": version.digest,
                "valid_from": version.valid_from,
                "created_at": version.created_at,
            }
            for version in formatter.versions
        ],
    }
