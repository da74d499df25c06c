"""The feed: rows of events by application, shard and time of writing.

A row has events that were written together: lines of JSON, compressed. Its id is
`<epoch ms of writing, 13 digits>#<rest>`, unique in its shard.
"""

import hashlib
import heapq
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import batched, chain

from sigbridge import clock
from sigbridge.model.event import Event
from sigbridge.store import table
from sigbridge.store.due import shard_of
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.parallel import in_parallel
from sigbridge.store.rows import Key, Record, Span
from sigbridge.store.timeline import Order

ROWS_AT_ONCE = 25

# What is written costs a unit for each kB; what is read is read as a whole. Only an event that is larger by
# itself makes a larger row.
_LARGEST_ROW_BYTES = 100_000
_LARGEST_ROW_TEXT = 500_000
_DIGEST_LENGTH = 12
# "$" follows "#", so this sorts after every rest.
_AFTER_EVERY_REST = "$"
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NewRow:
    """Events of one shard that are written together.

    Attributes:
        application_id: Where they happened.
        shard: That of their devices.
        packed: The events as they are stored.
    """

    application_id: str
    shard: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A row as it is stored.

    Attributes:
        shard: Where it is.
        id: Unique in its shard; the later it was written the greater.
        packed: Its events as they are stored.
    """

    shard: int
    id: str
    packed: bytes

    @property
    def written_at(self) -> int:
        """Epoch ms; the write itself may have come up to 10 s later."""
        return int(self.id[:13])

    def events(self) -> list[Event]:
        """Its events, in the order in which they were given."""
        content = map(json.loads, zlib.decompress(self.packed).decode().splitlines())
        return [Event.of_detail(kind, detail, self.written_at) for kind, detail in content]


@dataclass(frozen=True, slots=True)
class FeedStretch:
    """A stretch of an application's feed.

    Attributes:
        application_id: The application.
        shards: Which of its shards are read.
        first, last: Bounds of ids of rows, both included.
        order: In which it is read.
        page: How many rows of a shard to read in a request.
    """

    application_id: str
    shards: Sequence[int]
    first: str
    last: str
    order: Order
    page: int


def pack(events: Sequence[Event]) -> Iterator[tuple[NewRow, Sequence[Event]]]:
    """Make rows of events of one shard, as few as hold them, each with its events."""
    text = "\n".join(_line(event) for event in events)
    application_id, shard = events[0].application_id, shard_of(events[0].application_id, events[0].device_id)
    if len(events) == 1 or len(text) <= _LARGEST_ROW_TEXT:
        packed = zlib.compress(text.encode())
        if len(events) == 1 or len(packed) <= _LARGEST_ROW_BYTES:
            yield NewRow(application_id, shard, packed), events
            return
    half = len(events) // 2
    yield from chain(pack(events[:half]), pack(events[half:]))


def _line(event: Event) -> str:
    # Events have no line breaks but escaped ones; what else `splitlines` takes for some is escaped here.
    return json.dumps([event.kind, json.loads(event.detail)], separators=(",", ":"))


def write(rows: Sequence[NewRow], written_at: int, kept_until: int) -> None:
    """Write up to 25 rows in one request; a repeat of all of them does no harm.

    Args:
        rows: The rows.
        written_at: The present moment, epoch ms.
        kept_until: When they are forgotten, epoch seconds.

    Raises:
        StoreUnavailable: Some may not be written.
    """
    table.put_all(
        {
            Key(_partition(row.application_id, row.shard), _row_id(written_at, row.packed)): {
                "events": row.packed,
                "expires_at": kept_until,
            }
            for row in rows
        }
    )


def write_refusal(event: Event, second_ms: int, kept_until: int) -> None:
    """Write that a callback was refused, unless another one of the application was in the same second.

    Args:
        event: What is told of it.
        second_ms: The second, epoch ms.
        kept_until: When it is forgotten, epoch seconds.

    Raises:
        StoreUnavailable: It may not be written.
    """
    [(row, _)] = pack([event])
    key = Key(_partition(row.application_id, row.shard), f"{second_ms:013d}#{_REFUSED}")
    with suppress(ConditionFailed):
        table.put_new(key, {"events": row.packed, "expires_at": kept_until})


def bounds(first_ms: int, last_ms: int) -> tuple[str, str]:
    """Return bounds of ids for what was written from one moment to another, both included."""
    return f"{first_ms:013d}", f"{last_ms:013d}{_AFTER_EVERY_REST}"


def read(stretch: FeedStretch) -> Iterator[FeedRow]:
    """Yield the rows of a stretch in its order, those of the same id by their shards.

    All shards are asked at once for a first page, and each for a further one when it is wanted.
    """
    rows = [_read_shard(stretch, shard) for shard in stretch.shards]
    firsts = in_parallel(lambda of_shard: next(of_shard, None), rows)
    begun = [chain([first], rest) for first, rest in zip(firsts, rows, strict=True) if first is not None]
    is_descending = stretch.order is Order.DESCENDING
    return heapq.merge(*begun, key=lambda row: (row.id, row.shard), reverse=is_descending)


def _read_shard(stretch: FeedStretch, shard: int) -> Iterator[FeedRow]:
    span = Span(_partition(stretch.application_id, shard), stretch.first, stretch.last)
    in_its_order = table.in_reverse if stretch.order is Order.DESCENDING else table.in_order
    return (_read_row(shard, record) for record in in_its_order(span, stretch.page))


def _read_row(shard: int, record: Record) -> FeedRow:
    return FeedRow(shard, record["sk"], record["events"].value)


def remove(application_id: str, shard: int, until_ms: int) -> bool:
    """Delete what a shard has of an application that is deleted itself, as far as time allows.

    Args:
        application_id: The application.
        shard: The shard.
        until_ms: When to stop, epoch ms.

    Returns:
        Whether all of it is gone.
    """
    partition = _partition(application_id, shard)
    first, last = bounds(0, 10**13 - 1)
    span = Span(partition, first, last, attributes=("sk",))
    for some in batched(table.in_order(span), ROWS_AT_ONCE, strict=False):
        if clock.now_ms() >= until_ms:
            return False
        table.delete_all([Key(partition, record["sk"]) for record in some])
    return True


def _row_id(written_at: int, packed: bytes) -> str:
    return f"{written_at:013d}#{hashlib.sha256(packed).hexdigest()[:_DIGEST_LENGTH]}"


def _partition(application_id: str, shard: int) -> str:
    return f"FEED#{application_id}#{shard:02d}"
