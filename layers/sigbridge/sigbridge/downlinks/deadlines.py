"""What time ends: downlinks that expire in the queue, and waiting for acknowledgements."""

from contextlib import suppress

from sigbridge.downlinks.acknowledging import find_acknowledgement, settle_attempt
from sigbridge.downlinks.concluding import conclude_unacknowledged, is_concluded
from sigbridge.downlinks.life import Step
from sigbridge.settings import settings
from sigbridge.store import attempts, device_states
from sigbridge.store.attempts import AttemptKey, AttemptRecord
from sigbridge.store.device_states import NoSuchDevice, NotInQueue, Removal

_ENDS_IN_QUEUE = frozenset({Step.EXPIRED, Step.REMOVED})


def end_what_is_due(now_ms: int) -> int:
    """Ends what was to end by now, and tells how many attempts it looked at.

    It may run twice at once, and again for what it has ended already.
    """
    looked_at = 0
    for key in attempts.due_until(now_ms):
        attempt = attempts.find(key)
        if attempt is not None:
            _look_at(attempt, now_ms)
        looked_at += 1
    return looked_at


def _look_at(attempt: AttemptRecord, now_ms: int) -> None:
    if is_concluded(attempt) or not _ENDS_IN_QUEUE.isdisjoint(attempt.steps):
        attempts.wait_no_more(attempt.key)
    elif Step.ANSWERED not in attempt.steps:
        _expire(attempt.key, attempt.downlink)
    elif int(attempt.steps[Step.ANSWERED]["at"]) + settings().acknowledge_wait_ms <= now_ms:
        acknowledgement = find_acknowledgement(attempt)
        if acknowledgement is None:
            conclude_unacknowledged(attempt, now_ms)
        else:
            settle_attempt(attempt, acknowledgement)


def _expire(key: AttemptKey, downlink: str) -> None:
    """Takes an expired downlink out of the queue; the change stream then records that."""
    with suppress(NoSuchDevice, NotInQueue):
        queue = device_states.find(key.application_id, key.device_id).queue
        if downlink in queue:
            device_states.remove(
                key.application_id, key.device_id, queue.index(downlink), downlink, Removal.EXPIRED
            )
