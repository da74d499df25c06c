"""Orders to deliver again what a webhook was told, or should have been."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sigbridge.applications import find_application, kept_until
from sigbridge.clock import DAY_MS, now_ms
from sigbridge.errors import Fault, InvalidInput
from sigbridge.feed.retention import LATEST_WRITE_MS, kept_since
from sigbridge.jobs import Job, JobKind, order_job
from sigbridge.settings import settings

# What the feed forgets first may be gone before the job comes to it.
_FORGOTTEN_MEANWHILE_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be delivered again.

    Attributes:
        webhook_id: To which webhook.
        since, until: What happened between these moments, epoch ms, both included.
        fed_since: From when on the feed has it; what is older is read from what is stored of the devices.
    """

    webhook_id: str
    since: int
    until: int
    fed_since: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Read the arguments of a job."""
        known = job.arguments
        moments = (int(known[name]) for name in ("since", "until", "fed_since"))
        return cls(known["webhook"], *moments)

    def as_arguments(self) -> Mapping[str, Any]:
        """Return the arguments of a job."""
        return {
            "webhook": self.webhook_id,
            "since": self.since,
            "until": self.until,
            "fed_since": self.fed_since,
        }


def order_replay(application_id: str, webhook_id: str, since_ms: int, until_ms: int) -> Job:
    """Have a webhook told again what happened between two moments (epoch ms); it begins within a minute.

    Raises:
        InvalidInput: It ends before it begins, or begins before the oldest message that is kept.
        TooManyJobs: The application has as many as it may have.
    """
    now = now_ms()
    if since_ms > until_ms:
        raise InvalidInput.of([Fault("until", "must not be before since")])
    if since_ms < now - _kept_ms(application_id):
        days = _kept_ms(application_id) // DAY_MS
        raise InvalidInput.of([Fault("since", f"must be within the last {days} days: no more is kept")])
    return _order(application_id, webhook_id, since_ms, min(until_ms, now + LATEST_WRITE_MS))


def order_missed(application_id: str, webhook_id: str, missed_from: int) -> Job:
    """Have a webhook told what it missed from a moment (epoch ms) until now, as far as it is kept.

    Raises:
        TooManyJobs: The application has as many as it may have.
    """
    now = now_ms()
    oldest = now - _kept_ms(application_id)
    # Other clocks may be ahead: what they have written by now is missed too.
    return _order(application_id, webhook_id, max(missed_from, oldest), now + LATEST_WRITE_MS)


def _order(application_id: str, webhook_id: str, since: int, until: int) -> Job:
    now = now_ms()
    fed_since = kept_since(now) + _FORGOTTEN_MEANWHILE_MS if settings().feed_days else until + 1
    replay = Replay(webhook_id, since, until, fed_since)
    return order_job(application_id, JobKind.REPLAY, replay.as_arguments())


def _kept_ms(application_id: str) -> int:
    """Return how long messages are kept."""
    return kept_until(find_application(application_id), 0) * 1000
