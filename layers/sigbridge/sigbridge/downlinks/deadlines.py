"""What time ends: downlinks that expire in the queue, and waiting for acknowledgements."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from sigbridge.devices import UnknownDevice
from sigbridge.downlinks.acknowledging import find_acknowledgement, settle_attempt
from sigbridge.downlinks.concluding import conclude_unacknowledged, is_concluded
from sigbridge.downlinks.queue import take_out
from sigbridge.errors import StoreUnavailable
from sigbridge.model.device_state import Removal
from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import AttemptKey, Step, StoredAttempt
from sigbridge.settings import settings
from sigbridge.store import attempts
from sigbridge.store.parallel import work_off

_ENDS_IN_QUEUE = frozenset({Step.EXPIRED, Step.REMOVED})


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What was due.

    Attributes:
        looked_at: How many attempts were looked at.
        left_out: Those among them that nothing can end, now or later, and why.
    """

    looked_at: int
    left_out: Mapping[AttemptKey, Exception]


def end_what_is_due(now_ms: int) -> Deadlines:
    """Ends what was to end by now; what fails holds nothing else up.

    It may run twice at once, and again for what it has ended already.

    Raises:
        StoreUnavailable: Some of it was not ended; the next run does.
    """
    done = work_off(lambda key: _look_at(key, now_ms), attempts.due_until(now_ms))
    if done.failed:
        raise StoreUnavailable
    return Deadlines(done.looked_at, done.left_out)


def _look_at(key: AttemptKey, now_ms: int) -> None:
    attempt = attempts.find(key)
    if attempt is not None:
        _end(attempt, now_ms)


def _end(attempt: StoredAttempt, now_ms: int) -> None:
    if is_concluded(attempt) or not _ENDS_IN_QUEUE.isdisjoint(attempt.steps):
        attempts.wait_no_more(attempt.key)
    elif Step.ANSWERED not in attempt.steps:
        _expire(attempt.key, now_ms)
    elif int(attempt.steps[Step.ANSWERED]["at"]) + settings().acknowledge_wait_ms <= now_ms:
        acknowledgement = find_acknowledgement(attempt)
        if acknowledgement is None:
            conclude_unacknowledged(attempt, now_ms)
        else:
            settle_attempt(attempt, acknowledgement)


def _expire(key: AttemptKey, now_ms: int) -> None:
    """Takes an expired downlink out of the queue; the change stream then records that."""

    def is_expired(downlink: Downlink) -> bool:
        return downlink.id == key.downlink_id and downlink.is_expired(now_ms)

    with suppress(UnknownDevice):
        take_out(key.application_id, key.device_id, is_expired, Removal.EXPIRED)
