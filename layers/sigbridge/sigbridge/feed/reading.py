"""Reading the feed: the newest first, or everything after a moment, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge import clock
from sigbridge.errors import Fault, InvalidInput
from sigbridge.feed.retention import LATEST_WRITE_MS, NoFeed, kept_since
from sigbridge.feed.runs import EventFilter, Run, read_page
from sigbridge.model.event import Event
from sigbridge.settings import settings
from sigbridge.store.timeline import Order


@dataclass(frozen=True, slots=True)
class Follow:
    """What is read is everything that was written since a moment.

    Attributes:
        since_ms: The moment, epoch ms.
    """

    since_ms: int


type FeedPlace = Run | Follow


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of the feed.

    Attributes:
        events: With the moments of writing.
        rest: What is left of the same; None where this was the last page.
        follow: Where to go on with what comes later; None where something is to be read before.
    """

    events: Sequence[Event]
    rest: Run | None
    follow: Follow | None


def read_feed(application_id: str, place: FeedPlace | None, limit: int, wanted: EventFilter) -> FeedPage:
    """Read a page of the feed, which may be short where few of many events are wanted.

    Args:
        application_id: Whose feed it is.
        place: Where to go on; None for the newest first.
        limit: How many events to return at most.
        wanted: Which ones.

    Raises:
        NoFeed: The stack has none.
        InvalidInput: The feed does not have all any more of what comes after the place.
    """
    if not settings().feed_days:
        raise NoFeed
    now = clock.now_ms()
    run = _run(place, now)
    page = read_page(application_id, run, limit, wanted)
    is_first_of_newest = place is None
    is_caught_up = page.rest is None and run.order is Order.ASCENDING
    follow = Follow(run.last_ms - LATEST_WRITE_MS) if is_first_of_newest or is_caught_up else None
    return FeedPage(page.events, page.rest, follow)


def _run(place: FeedPlace | None, now: int) -> Run:
    if place is None:
        return Run(Order.DESCENDING, kept_since(now), now)
    run = (
        Run(Order.ASCENDING, place.since_ms, max(now, place.since_ms)) if isinstance(place, Follow) else place
    )
    reached = run.first_ms if run.after is None else run.after.written_at
    if run.order is Order.ASCENDING and reached < kept_since(now):
        message = f"is older than the feed, which has {settings().feed_days} days; begin without a cursor"
        raise InvalidInput.of([Fault("cursor", message)])
    return run
