"""What waits for time to pass: items of any kind, in lists of the index `due`.

An item is in a list while it has both attributes: `due_list`, the list's name, and `due_at`, the moment
(epoch ms) at which it is to be looked at. A list is one partition, which takes 1,000 writes a second.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sigbridge.store import table
from sigbridge.store.rows import Key, Span


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item that is to be looked at: the module that put it into its list reads what it is.

    Attributes:
        key: The item.
    """

    key: Key


def due_until(due_list: str, now_ms: int) -> Iterator[DueItem]:
    """Yield the items that are to be looked at by now, the one that waits longest first.

    The index may lag behind the table by about a second.
    """
    span = Span(due_list, 0, now_ms, index="due", pk_name="due_list", sk_name="due_at")
    return (DueItem(Key(record["pk"], record["sk"])) for record in table.in_order(span))
