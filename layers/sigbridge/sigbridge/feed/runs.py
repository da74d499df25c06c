"""Runs through the feed: from one moment of writing to another, page by page, nothing skipped.

A run ends at the moment at which it began. What was written until then and comes into the feed later bears a
moment of the 10 s before: a run that goes on from 10 s before the end of another one finds it. So rows are
read repeatedly, and who reads tells events apart by their ids.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.model.due import SHARDS
from sigbridge.model.event import Event
from sigbridge.store import feed
from sigbridge.store.due import shard_of
from sigbridge.store.feed import FeedRow, FeedStretch
from sigbridge.store.timeline import Order

# What one page looks through, of which the answer is a part: Lambda answers with 6 MB at most.
_MOST_BYTES = 3_000_000
# Rows of a shard in a request where only some events are wanted.
_LARGE_PAGE = 100


@dataclass(frozen=True, slots=True, order=True)
class FeedPosition:
    """Where an event is.

    Attributes:
        row_id: Its row.
        shard: The row's shard.
        index: Its position in the row.
    """

    row_id: str
    shard: int
    index: int

    @property
    def written_at(self) -> int:
        """When the event was written, epoch ms."""
        return int(self.row_id[:13])


@dataclass(frozen=True, slots=True)
class Run:
    """What is still to be read of a run.

    Attributes:
        order: In which it is read.
        first_ms, last_ms: Moments of writing, both included.
        after: The last event that was looked at; None at the beginning.
    """

    order: Order
    first_ms: int
    last_ms: int
    after: FeedPosition | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted.

    Attributes:
        kinds: Of which kinds; none for all.
        device_id: Of which device; None for all.
        type_id: Of devices of which type, as they are now; None for all.
    """

    kinds: frozenset[str] = frozenset()
    device_id: str | None = None
    type_id: str | None = None


EVERY_EVENT = EventFilter()


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of a run.

    Attributes:
        events: In the run's order, each once, with the moments of writing.
        rest: What is to be read next; None at the end of the run.
    """

    events: Sequence[Event]
    rest: Run | None


def read_page(application_id: str, run: Run, limit: int, wanted: EventFilter = EVERY_EVENT) -> RunPage:
    """Read a page: it may be short, even empty, where few of many events are wanted or they are large.

    Args:
        application_id: Whose feed it is.
        run: Where to go on.
        limit: How many events to return at most.
        wanted: Which ones.
    """
    found: dict[str, Event] = {}
    looked_at, looked_at_bytes = run.after, 0
    for position, event in _chosen(application_id, run, limit, wanted):
        if len(found) == limit or looked_at_bytes >= _MOST_BYTES:
            return RunPage([*found.values()], replace(run, after=looked_at))
        looked_at = position
        looked_at_bytes += len(event.event.detail.encode())
        if event.is_wanted:
            found.setdefault(event.event.id, event.event)
    return RunPage([*found.values()], None)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An event, and whether it is wanted."""

    event: Event
    is_wanted: bool


def _chosen(
    application_id: str, run: Run, limit: int, wanted: EventFilter
) -> Iterator[tuple[FeedPosition, _Chosen]]:
    page = limit // 4 + 4 if wanted == EVERY_EVENT else _LARGE_PAGE
    for rows in batched(_rows(application_id, run, page, wanted.device_id), page, strict=False):
        events = [
            (FeedPosition(row.id, row.shard, index), event)
            for row in rows
            for index, event in _in_order(row, run.order)
        ]
        types = _types_of(application_id, (event for _, event in events)) if wanted.type_id else {}
        for position, event in events:
            if run.after is None or _is_beyond(position, run.after, run.order):
                yield position, _Chosen(event, _matches(event, wanted, types))


def _rows(application_id: str, run: Run, page: int, device_id: str | None) -> Iterator[FeedRow]:
    shards = range(SHARDS) if device_id is None else [shard_of(application_id, device_id)]
    first, last = feed.bounds(run.first_ms, run.last_ms)
    if run.after is not None and run.order is Order.ASCENDING:
        first = run.after.row_id
    elif run.after is not None:
        last = run.after.row_id
    return feed.read(FeedStretch(application_id, shards, first, last, run.order, page))


def _in_order(row: FeedRow, order: Order) -> Iterable[tuple[int, Event]]:
    numbered = [*enumerate(row.events())]
    return reversed(numbered) if order is Order.DESCENDING else numbered


def _is_beyond(position: FeedPosition, reached: FeedPosition, order: Order) -> bool:
    return position < reached if order is Order.DESCENDING else position > reached


def _types_of(application_id: str, events: Iterable[Event]) -> Mapping[str, str | None]:
    """Return the present types of the devices of events, but for those that were deleted."""
    device_ids = {event.device_id for event in events if event.device_id}
    cache = DeviceCache.open(application_id, device_ids)
    types: dict[str, str | None] = {}
    for device_id in device_ids:
        try:
            types[device_id] = cache.device(device_id).type
        except UnknownDevice:
            continue
    return types


def _matches(event: Event, wanted: EventFilter, types: Mapping[str, str | None]) -> bool:
    return (
        (not wanted.kinds or event.kind in wanted.kinds)
        and (wanted.device_id is None or event.device_id == wanted.device_id)
        and (wanted.type_id is None or types.get(event.device_id) == wanted.type_id)
    )
