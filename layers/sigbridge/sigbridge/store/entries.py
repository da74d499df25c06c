"""Data set by hand or by a program, each entry one item that is written once."""

from dataclasses import dataclass

from sigbridge.model.data_entry import DataEntry
from sigbridge.store.entry_codec import SORT_PREFIX, entry_record
from sigbridge.store.rows import Key
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
    key = Key(f"DEVICE#{application_id}#{entry.device_id}", f"{SORT_PREFIX}{entry.id}")
    content = {"received_at": received_at, "expires_at": expires_at}
    written = write_once(key, entry_record(entry) | content)
    return EntryReceipt(written.record["group"], written.is_repeat)
