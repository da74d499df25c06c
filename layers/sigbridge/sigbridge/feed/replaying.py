"""Reading the feed again from one moment of writing to another, for who delivers what was missed."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from sigbridge import clock
from sigbridge.feed.retention import LATEST_WRITE_MS
from sigbridge.feed.runs import FeedPosition, Run, read_page
from sigbridge.model.event import Event
from sigbridge.store.timeline import Order


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """A page of what is read again.

    Attributes:
        events: The oldest first, with `fed_at`; one may come again in a later page.
        cursor: From where to go on; None where all is read.
    """

    events: Sequence[Event]
    cursor: str | None


def replay_cursor(since_ms: int, until_ms: int) -> str:
    """Return the cursor that begins with what was written at a moment (epoch ms), and ends at another."""
    return _write(since_ms, until_ms)


def read_from(application_id: str, cursor: str, limit: int) -> ReplayPage:
    """Read the next events, those of all devices, by the time of writing.

    What was written in the last 10 s is not read yet, since more of it may come. Where only that is left the
    page has no events and a cursor that is to be used some seconds later.

    Args:
        application_id: Whose feed it is.
        cursor: That of the page before, or the one to begin with.
        limit: How many events to return at most; they may be fewer where they are large.
    """
    first_ms, until_ms, *after = json.loads(cursor)
    last_ms = min(until_ms, clock.now_ms() - LATEST_WRITE_MS)
    if last_ms < first_ms:
        return ReplayPage((), None if until_ms < first_ms else cursor)
    run = Run(Order.ASCENDING, first_ms, last_ms, FeedPosition(*after) if after else None)
    page = read_page(application_id, run, limit)
    if page.rest is not None and page.rest.after is not None:
        return ReplayPage(page.events, _write(first_ms, until_ms, page.rest.after))
    return ReplayPage(page.events, None if last_ms == until_ms else _write(last_ms + 1, until_ms))


def _write(first_ms: int, until_ms: int, after: FeedPosition | None = None) -> str:
    return json.dumps([first_ms, until_ms, *(astuple(after) if after else ())])
