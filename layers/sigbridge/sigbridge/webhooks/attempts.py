"""Calls that failed: what users look at to learn why their endpoint was not told."""

from itertools import islice

from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.store import webhook_attempts as stored

_KEPT_SECONDS = 14 * 86_400

__all__ = ["FailedAttempt", "list_attempts", "record_attempt"]


def record_attempt(application_id: str, webhook_id: str, attempt: FailedAttempt) -> None:
    """Store a call that failed for 14 days; of those in the same second one is stored."""
    stored.add(application_id, webhook_id, attempt, attempt.at // 1000 + _KEPT_SECONDS)


def list_attempts(application_id: str, webhook_id: str, limit: int) -> list[FailedAttempt]:
    """Read the last calls that failed, the newest one first."""
    return list(islice(stored.newest_first(application_id, webhook_id), limit))
