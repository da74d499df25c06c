"""More devices than a test can register one by one."""

from sigbridge.store.rows import Key
from sigbridge.store.table import put_new


def list_many(count: int) -> list[str]:
    """Lists so many devices in the application `demo`, without states, and gives their ids in order."""
    ids = [f"{number:04d}." for number in range(count)]
    for id_ in ids:
        facts = {"listed_in": "APP#demo", "id": id_, "registered_at": 1, "payload_encoding": None}
        put_new(Key(f"DEVICE#demo#{id_}", "DEVICE"), facts)
    return ids
