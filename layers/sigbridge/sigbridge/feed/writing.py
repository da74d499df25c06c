"""Writing what happened into the feed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import batched

from sigbridge import clock
from sigbridge.errors import StoreUnavailable
from sigbridge.feed.retention import kept_until
from sigbridge.model.event import Event
from sigbridge.store import feed
from sigbridge.store.due import shard_of
from sigbridge.store.failures import StoreRefused


def write_events(events: Sequence[Event], deadline_ms: int) -> Mapping[int, Exception]:
    """Write events, those of an application and shard together.

    A row names a moment before its request, at most 10 s before it is found.

    Args:
        events: What happened, in any order.
        deadline_ms: The moment, epoch ms, after which nothing more may be begun.

    Returns:
        What the store said of the events that may not be written, by their positions.
    """
    shards: dict[tuple[str, int], list[int]] = defaultdict(list)
    for position, event in enumerate(events):
        shards[event.application_id, shard_of(event.application_id, event.device_id)].append(position)
    rows = []
    for positions in shards.values():
        left = iter(positions)
        for row, packed in feed.pack([events[position] for position in positions]):
            rows.append((row, [next(left) for _ in packed]))
    failures: dict[int, Exception] = {}
    for some in batched(rows, feed.ROWS_AT_ONCE, strict=False):
        try:
            _write([row for row, _ in some], deadline_ms)
        except (StoreUnavailable, StoreRefused) as failure:
            failures |= dict.fromkeys((position for _, own in some for position in own), failure)
    return failures


def _write(rows: Sequence[feed.NewRow], deadline_ms: int) -> None:
    now = clock.now_ms()
    if now >= deadline_ms:
        message = "The feed took too long"
        raise StoreUnavailable(message)
    feed.write(rows, now, kept_until(now))
