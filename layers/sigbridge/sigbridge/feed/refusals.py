"""Callbacks that were refused, written into the feed by the function that refuses them."""

from contextlib import suppress
from dataclasses import dataclass

from cachetools import LRUCache

from sigbridge import clock
from sigbridge.errors import StoreUnavailable
from sigbridge.feed.retention import kept_until
from sigbridge.model.event import CALLBACK_REFUSED, Event
from sigbridge.settings import settings
from sigbridge.store import feed
from sigbridge.store.failures import StoreRefused

_VERSION = 1
_SECOND_MS = 1_000
_REMEMBERED_APPLICATIONS = 1_000

# The last second in which this process wrote, by application.
_last_seconds: LRUCache[str, int] = LRUCache(_REMEMBERED_APPLICATIONS)


@dataclass(frozen=True, slots=True)
class RefusedCallback:
    """A callback that was refused, without keys.

    Attributes:
        route: Its method and path.
        status: What it was answered with.
        reason: Why.
        error_id: Under which the answer and the log name it.
        query, body: What it said, shortened; "" for nothing.
    """

    route: str
    status: int
    reason: str
    error_id: str
    query: str = ""
    body: str = ""


def record_refusal(application_id: str, refused: RefusedCallback) -> None:
    """Write that a callback was refused; of those of an application in one second one is written.

    Where it can't be written nothing else happens.
    """
    now = clock.now_ms()
    second = now // _SECOND_MS
    if not settings().feed_days or _last_seconds.get(application_id) == second:
        return
    # Before the attempt: whatever comes of it, it is made once.
    _last_seconds[application_id] = second
    event = Event.of_detail(
        CALLBACK_REFUSED,
        {
            "version": _VERSION,
            "id": f"{application_id}/callback-refused-{second}",
            "at": clock.rfc3339(now),
            "application_id": application_id,
            "callback": {name: value for name, value in _fields(refused).items() if value != ""},
        },
    )
    with suppress(StoreUnavailable, StoreRefused):
        feed.write_refusal(event, second * _SECOND_MS, kept_until(now))


def _fields(refused: RefusedCallback) -> dict[str, object]:
    return {
        "route": refused.route,
        "status": refused.status,
        "reason": refused.reason,
        "error_id": refused.error_id,
        "query": refused.query,
        "body": refused.body,
    }


def forget_refusals() -> None:
    """Make this process write the next refusal, whenever it wrote the last one."""
    _last_seconds.clear()
