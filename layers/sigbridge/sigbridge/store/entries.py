"""Data set by hand or by a program: the variables of one moment and group, written once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, Key, Record
from sigbridge.store.timeline import Kind


@dataclass(frozen=True, slots=True)
class EntryWrite:
    """Data to be stored.

    Attributes:
        application_id, device_id: Whose data they are.
        sort: `<ms, 13 digits>#<digest>`.
        delivery: Tells this writing of it from others.
        content: The item's other attributes.
    """

    application_id: str
    device_id: str
    sort: str
    delivery: str
    content: Mapping[str, Any]


class AlreadySet(Exception):
    """The same data are there already.

    Attributes:
        existing: They as they were stored first.
    """

    def __init__(self, existing: Record) -> None:
        super().__init__("already set")
        self.existing = existing


def add(entry: EntryWrite) -> None:
    """Stores data.

    Raises:
        AlreadySet: It is a repeat; nothing was written.
    """
    key = Key(f"DEVICE#{entry.application_id}#{entry.device_id}", f"{Kind.ENTRY}{entry.sort}")
    try:
        table.put_new(key, {"delivery": entry.delivery, **entry.content})
    except ConditionFailed as failed:
        raise AlreadySet(failed.existing or {}) from failed
