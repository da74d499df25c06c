"""What is stored of a device by moments: items whose sort key is `<kind>#<ms, 13 digits>#<rest>`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from sigbridge.store import table
from sigbridge.store.rows import Key, Record, Span, Update

_GROWTH = 4
_LARGEST_PAGE = 1_000
# "$" follows "#", so this sorts after every rest.
_AFTER_EVERY_REST = "$"


class Kind(StrEnum):
    """Kinds of such items, by the beginnings of their sort keys."""

    MESSAGE = "MSG#"
    ENTRY = "DATA#"


class Order(StrEnum):
    """Which item comes first: the one of the latest moment, or of the earliest."""

    DESCENDING = "desc"
    ASCENDING = "asc"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a device's timeline.

    Attributes:
        application_id, device_id: The device.
        first, last: Bounds of `<ms, 13 digits>#<rest>`, both included.
        order: In which it is read.
        page: How many items are likely to be wanted: so many are read in the first request.
    """

    application_id: str
    device_id: str
    first: str
    last: str
    order: Order
    page: int

    @classmethod
    def between(
        cls, application_id: str, device_id: str, first_ms: int, last_ms: int, order: Order, page: int
    ) -> "Stretch":
        """Makes the stretch between two moments, epoch ms, both included."""
        last = f"{last_ms:013d}{_AFTER_EVERY_REST}"
        return cls(application_id, device_id, f"{first_ms:013d}", last, order, page)

    def from_place(self, sort: str) -> "Stretch":
        """Gives what is left of it from an item on, that item included."""
        return replace(self, last=sort) if self.order is Order.DESCENDING else replace(self, first=sort)


def read(kind: Kind, stretch: Stretch) -> Iterator[Record]:
    """Yields the items of one kind, eventually consistent, read as they are wanted.

    Each request reads four times as many as the one before: whoever finds what is wanted among the
    first has read no more, and whoever must look far needs few requests.
    """
    read_page = table.in_reverse if stretch.order is Order.DESCENDING else table.in_order
    page = min(stretch.page, _LARGEST_PAGE)
    reached: str | None = None
    while True:
        count = 0
        for record in islice(read_page(_span(kind, stretch), page), page):
            count += 1
            # The bounds are included: a further request begins with the last item of the one before.
            if record["sk"] != reached:
                yield record
        if count < page:
            return
        reached = str(record["sk"])
        stretch = stretch.from_place(reached.removeprefix(kind))
        page = min(page * _GROWTH, _LARGEST_PAGE)


def read_latest(kind: Kind, stretch: Stretch) -> Iterator[Record]:
    """Yields the items of one kind, the newest first, as the last finished write left them."""
    return table.newest_first(_span(kind, stretch), min(stretch.page, _LARGEST_PAGE))


def delete(records: Sequence[Record]) -> None:
    """Deletes items that were read; one that is gone is no fault.

    Raises:
        StoreUnavailable: Some may not be deleted; deleting them again does no harm.
    """
    table.delete_all([_key(record) for record in records])


def change_lists(record: Record, lists: Mapping[str, Sequence[Any]]) -> None:
    """Gives lists of an item that was read new content; an empty one is taken out.

    Args:
        record: The item.
        lists: The new lists by the names of their attributes; the item has each of them.

    Raises:
        ConditionFailed: One of them was changed since it was read, or the item is gone.
    """
    names = list(lists)
    kept = [f"#l{position} = :n{position}" for position, name in enumerate(names) if lists[name]]
    emptied = [f"#l{position}" for position, name in enumerate(names) if not lists[name]]
    parts = [f"{verb} {', '.join(of)}" for verb, of in (("SET", kept), ("REMOVE", emptied)) if of]
    old = {f":o{position}": record[name] for position, name in enumerate(names)}
    new = {f":n{position}": list(lists[name]) for position, name in enumerate(names) if lists[name]}
    table.update(
        Update(
            key=_key(record),
            expression=" ".join(parts),
            condition=" AND ".join(f"#l{position} = :o{position}" for position in range(len(names))),
            names={f"#l{position}": name for position, name in enumerate(names)},
            values=old | new,
        )
    )


def _key(record: Record) -> Key:
    return Key(record["pk"], record["sk"])


def _span(kind: Kind, stretch: Stretch) -> Span:
    partition = f"DEVICE#{stretch.application_id}#{stretch.device_id}"
    return Span(partition, kind + stretch.first, kind + stretch.last)
