"""Delivering again what a webhook missed, or is to be told once more, as a job: no faster than it is taken.

What the feed has comes from there, the oldest first. What is older is made anew of what is stored of the
devices, in no order, with the same ids as when it happened.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from time import sleep
from typing import Self

from sigbridge.aws import queue
from sigbridge.aws.queue import QueueUnavailable
from sigbridge.errors import Unavailable
from sigbridge.feed.replaying import read_from, replay_cursor
from sigbridge.jobs import Job, StepDone
from sigbridge.model.event import Event
from sigbridge.model.webhook import Webhook
from sigbridge.settings import settings
from sigbridge.store import webhook_health, webhooks
from sigbridge.webhooks.circuit import MOST_WAITING
from sigbridge.webhooks.delivery import WebhookDelivery
from sigbridge.webhooks.enqueueing import deliveries_of, enqueue
from sigbridge.webhooks.replay_orders import Replay
from sigbridge.webhooks.stored_events import StoredPlace, read_stored

_EVENTS_A_STEP = 200
_LOOKED_EACH_S = 2
_LOOKS_A_STEP = 15

_GONE = "The webhook was deleted"
_FAILED = "The webhook is not called any more: the rest follows when it is"
_NO_ORDER = "What is older than the feed comes in no order"


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a job is.

    Attributes:
        stored: The last of what is older than the feed; None before the first, and where all of it is done.
        feed: Where to go on in the feed; None before that.
        reached: When the feed had what was delivered last, epoch ms.
    """

    stored: StoredPlace | None = None
    feed: str | None = None
    reached: int | None = None

    @classmethod
    def read(cls, cursor: str) -> Self:
        known = json.loads(cursor)
        stored = known["stored"]
        return cls(None if stored is None else StoredPlace(**stored), known["feed"], known["reached"])

    def as_cursor(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class _Page:
    """What is to be delivered next.

    Attributes:
        looked_at: Of how many events that is.
        deliveries: That.
        place: Where it goes on; None where nothing follows.
    """

    looked_at: int
    deliveries: list[WebhookDelivery]
    place: _Place | None


def replay(job: Job) -> StepDone:
    """Do a step of a job that delivers again what happened.

    Raises:
        Unavailable: Store or queue fail for a while.
    """
    wanted = Replay.of(job)
    place = _begin(wanted) if job.cursor is None else _Place.read(job.cursor)
    webhook = webhooks.find(job.application_id, wanted.webhook_id)
    if webhook is None:
        return StepDone(None, problems=(_GONE,))
    if not _is_called(job, wanted, place):
        return StepDone(None, problems=(_FAILED,))
    room = _room()
    if room <= 0:
        return StepDone(place.as_cursor())
    page = _next_page(job.application_id, webhook, wanted, place, min(room, _EVENTS_A_STEP))
    _send(page.deliveries)
    cursor = None if page.place is None else page.place.as_cursor()
    notes = (_NO_ORDER,) if place.feed is None else ()
    return StepDone(cursor, page.looked_at, len(page.deliveries), notes=notes)


def _begin(wanted: Replay) -> _Place:
    return _Place(feed=_feed_cursor(wanted)) if wanted.since >= wanted.fed_since else _Place()


def _feed_cursor(wanted: Replay) -> str:
    return replay_cursor(max(wanted.since, wanted.fed_since), wanted.until)


def _is_called(job: Job, wanted: Replay, place: _Place) -> bool:
    """Tell whether the webhook is called; what is left to do is missed if it is not."""
    seen = webhook_health.find(job.application_id, wanted.webhook_id)
    if seen.health.is_called:
        return True
    missed_from = wanted.since if place.reached is None else place.reached
    health = webhook_health.change(
        job.application_id, wanted.webhook_id, lambda known: known.missing(missed_from)
    )
    return health.is_called


def _room() -> int:
    """Wait until the queue has room, and return for how much; nothing where it has none for long."""
    for _ in range(_LOOKS_A_STEP):
        try:
            room = MOST_WAITING - queue.depth(settings().webhook_queue_url)
        except QueueUnavailable as failure:
            raise Unavailable(failure.message) from failure
        if room > 0:
            return room
        sleep(_LOOKED_EACH_S)
    return 0


def _send(deliveries: list[WebhookDelivery]) -> None:
    try:
        enqueue(deliveries)
    except QueueUnavailable as failure:
        raise Unavailable(failure.message) from failure


def _next_page(application_id: str, webhook: Webhook, wanted: Replay, place: _Place, limit: int) -> _Page:
    if place.feed is None:
        return _stored_page(application_id, webhook, wanted, place, limit)
    page = read_from(application_id, place.feed, limit)
    if not page.events and page.cursor is not None:
        # What was written just now may not be all of it.
        sleep(_LOOKED_EACH_S)
    told = [found for event in page.events if (found := deliveries_of(event, [webhook]))]
    reached = [event.fed_at for event in page.events if event.fed_at is not None]
    after = None
    if page.cursor is not None:
        after = _Place(feed=page.cursor, reached=max(reached, default=place.reached))
    return _Page(len(told), [*chain.from_iterable(told)], after)


def _stored_page(application_id: str, webhook: Webhook, wanted: Replay, place: _Place, limit: int) -> _Page:
    last = min(wanted.until, wanted.fed_since - 1)
    found: Iterator[tuple[StoredPlace, list[Event]]] = read_stored(
        application_id, wanted.since, last, place.stored
    )
    looked_at = 0
    deliveries: list[WebhookDelivery] = []
    for reached, some in found:
        looked_at += len(some)
        deliveries += [delivery for event in some for delivery in deliveries_of(event, [webhook])]
        if looked_at >= limit:
            return _Page(looked_at, deliveries, _Place(stored=reached))
    is_all = wanted.until < wanted.fed_since
    after = None if is_all else _Place(feed=_feed_cursor(wanted), reached=wanted.fed_since)
    return _Page(looked_at, deliveries, after)
