"""What is stored of a device by moments: items whose sort key is `<kind>#<ms, 13 digits>#<rest>`."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from sigbridge.model.data_entry import DataEntry
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import entry_codec, message_codec, table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.message_codec import DECODED
from sigbridge.store.rewriting import rewrite
from sigbridge.store.rows import Key, Record, Span

_GROWTH = 4
_LARGEST_PAGE = 1_000
# "$" follows "#", so this sorts after every rest.
_AFTER_EVERY_REST = "$"


type TimelineItem = StoredMessage | DataEntry


class TimelineKind(StrEnum):
    """What such an item is."""

    ENTRY = "entry"
    MESSAGE = "message"

    @classmethod
    def of(cls, item: TimelineItem) -> "TimelineKind":
        """Return that of an item."""
        return cls.MESSAGE if isinstance(item, StoredMessage) else cls.ENTRY


@dataclass(frozen=True, slots=True)
class _Codec:
    """How items of a kind are stored.

    Attributes:
        sort_prefix: How their sort keys begin.
        read, write: To and from their attributes.
    """

    sort_prefix: str
    read: Callable[[Record], Any]
    write: Callable[[Any], Record]


_CODECS = {
    TimelineKind.ENTRY: _Codec(entry_codec.SORT_PREFIX, entry_codec.read_entry, entry_codec.entry_record),
    TimelineKind.MESSAGE: _Codec(
        message_codec.SORT_PREFIX, message_codec.read_message, message_codec.message_record
    ),
}


class ItemChanged(Exception):
    """An item is not as it was read any more; nothing was changed.

    Attributes:
        existing: The item as it is; None where it is gone.
    """

    def __init__(self, existing: TimelineItem | None) -> None:
        super().__init__("item changed")
        self.existing = existing


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
        """Make the stretch between two moments, epoch ms, both included."""
        last = f"{last_ms:013d}{_AFTER_EVERY_REST}"
        return cls(application_id, device_id, f"{first_ms:013d}", last, order, page)

    def from_place(self, sort: str) -> "Stretch":
        """Give what is left of it from an item on, that item included."""
        return replace(self, last=sort) if self.order is Order.DESCENDING else replace(self, first=sort)


def read_messages(stretch: Stretch) -> Iterator[StoredMessage]:
    """Yield the messages of a stretch in its order, eventually consistent, read as they are wanted.

    Each request reads four times as many as the one before: whoever finds what is wanted among the
    first has read no more, and whoever must look far needs few requests.
    """
    return map(message_codec.read_message, _read(TimelineKind.MESSAGE, stretch))


def read(stretch: Stretch) -> Iterator[TimelineItem]:
    """Like `read_messages`, with what was set by hand among the messages."""
    return _merged(_read, stretch)


def read_latest(stretch: Stretch) -> Iterator[TimelineItem]:
    """Yield the items of a stretch, the newest first, as the last finished write left them."""
    return _merged(_read_latest, stretch)


def _merged(
    read: Callable[[TimelineKind, Stretch], Iterator[Record]], stretch: Stretch
) -> Iterator[TimelineItem]:
    items = [map(_CODECS[kind].read, read(kind, stretch)) for kind in TimelineKind]
    is_descending = stretch.order is Order.DESCENDING
    return heapq.merge(*items, key=lambda item: (item.id, TimelineKind.of(item)), reverse=is_descending)


def _read(kind: TimelineKind, stretch: Stretch) -> Iterator[Record]:
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
        stretch = stretch.from_place(reached.removeprefix(_CODECS[kind].sort_prefix))
        page = min(page * _GROWTH, _LARGEST_PAGE)


def _read_latest(kind: TimelineKind, stretch: Stretch) -> Iterator[Record]:
    return table.newest_first(_span(kind, stretch), min(stretch.page, _LARGEST_PAGE))


def delete(application_id: str, items: Sequence[TimelineItem]) -> None:
    """Delete items that were read; one that is gone is no fault.

    Raises:
        StoreUnavailable: Some may not be deleted; deleting them again does no harm.
    """
    table.delete_all([_key(application_id, item) for item in items])


def change[Item: TimelineItem](application_id: str, seen: Item, wanted: Item) -> None:
    """Make an item another one, if what is to be changed of it is as it was read.

    What a script made of a message goes if the wanted one has nothing decoded, even if it came meanwhile.

    Raises:
        ItemChanged: It is not.
    """
    codec = _CODECS[TimelineKind.of(seen)]
    outdated = [DECODED] if isinstance(wanted, StoredMessage) and wanted.decoded is None else []
    try:
        rewrite(_key(application_id, seen), codec.write(seen), codec.write(wanted), outdated)
    except ConditionFailed as failed:
        raise ItemChanged(None if failed.existing is None else codec.read(failed.existing)) from failed


def _key(application_id: str, item: TimelineItem) -> Key:
    return Key(
        _partition(application_id, item.device_id), _CODECS[TimelineKind.of(item)].sort_prefix + item.id
    )


def _span(kind: TimelineKind, stretch: Stretch) -> Span:
    prefix = _CODECS[kind].sort_prefix
    partition = _partition(stretch.application_id, stretch.device_id)
    return Span(partition, prefix + stretch.first, prefix + stretch.last)


def _partition(application_id: str, device_id: str) -> str:
    return f"DEVICE#{application_id}#{device_id}"
