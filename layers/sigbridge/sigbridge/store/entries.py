"""Data set by hand or by a program, each entry one item that is written once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.model.data_entry import DataEntry
from sigbridge.model.message import Variable
from sigbridge.store.rows import Key
from sigbridge.store.timeline import Kind
from sigbridge.store.write_once import write_once


@dataclass(frozen=True, slots=True)
class EntryReceipt:
    """What came of storing an entry.

    Attributes:
        group: The group it was stored with, the first time.
        is_repeat: Whether it was there already.
    """

    group: str
    is_repeat: bool


def add(application_id: str, entry: DataEntry, received_at: int, expires_at: int) -> EntryReceipt:
    """Store an entry, unless it is there already.

    Args:
        application_id: Whose device's it is.
        entry: The entry.
        received_at: When it came, epoch ms.
        expires_at: When it is forgotten, epoch seconds.
    """
    key = Key(f"DEVICE#{application_id}#{entry.device_id}", f"{Kind.ENTRY}{entry.id}")
    content = {
        "time": entry.time,
        "group": entry.group,
        "variables": [variable.as_record() for variable in entry.variables],
        "received_at": received_at,
        "expires_at": expires_at,
    }
    written = write_once(key, content)
    return EntryReceipt(written.record["group"], written.is_repeat)


def read_entry(record: Mapping[str, Any]) -> DataEntry:
    """Read the stored item, keys included."""
    return DataEntry(
        id=record["sk"].removeprefix(Kind.ENTRY),
        device_id=record["pk"].split("#", 2)[2],
        time=int(record["time"]),
        group=record["group"],
        variables=tuple(map(Variable.from_record, record["variables"])),
    )
