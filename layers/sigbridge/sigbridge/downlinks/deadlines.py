"""What time ends: downlinks that expire in the queue, and waiting for acknowledgements."""

from contextlib import suppress
from itertools import takewhile

from sigbridge import clock
from sigbridge.devices import UnknownDevice
from sigbridge.downlinks.acknowledge import apply_to_attempt, find_acknowledgement
from sigbridge.downlinks.queue import take_out
from sigbridge.downlinks.retry import end_unacknowledged, has_ended
from sigbridge.model.device_state import Removal
from sigbridge.model.downlink import Downlink
from sigbridge.model.downlink_history import AttemptKey, Step, StoredAttempt
from sigbridge.model.due import Backlogs
from sigbridge.settings import settings
from sigbridge.store import attempts
from sigbridge.store.due import DueItem
from sigbridge.store.parallel import RunResult, run_each

_ENDS_IN_QUEUE = frozenset({Step.EXPIRED, Step.REMOVED})


def due_downlinks(now_ms: int) -> Backlogs:
    """Ask all shards how much is to be ended by now.

    Args:
        now_ms: The present moment.
    """
    return attempts.backlogs(now_ms)


def end_what_is_due(shard: int, now_ms: int, until_ms: int) -> RunResult[DueItem]:
    """End what was to end by now, as far as time allows; what fails holds nothing else up.

    It may run twice at once, and again for what it has ended already.

    Args:
        shard: Of whose devices.
        now_ms: The present moment.
        until_ms: When to stop, epoch ms.
    """
    due = takewhile(lambda _item: clock.now_ms() < until_ms, attempts.due_until(shard, now_ms))
    return run_each(lambda item: _look_at(attempts.due_attempt(item), now_ms), due)


def _look_at(key: AttemptKey, now_ms: int) -> None:
    attempt = attempts.find(key)
    if attempt is not None:
        _end(attempt, now_ms)


def _end(attempt: StoredAttempt, now_ms: int) -> None:
    if has_ended(attempt) or not _ENDS_IN_QUEUE.isdisjoint(attempt.steps):
        attempts.wait_no_more(attempt.key)
    elif Step.ANSWERED not in attempt.steps:
        _expire(attempt.key, now_ms)
    elif int(attempt.steps[Step.ANSWERED]["at"]) + settings().acknowledge_wait_ms <= now_ms:
        acknowledgement = find_acknowledgement(attempt)
        if acknowledgement is None:
            end_unacknowledged(attempt, now_ms)
        else:
            apply_to_attempt(attempt, acknowledgement)


def _expire(key: AttemptKey, now_ms: int) -> None:
    """Take an expired downlink out of the queue; the change stream then record that."""

    def is_expired(downlink: Downlink) -> bool:
        return downlink.id == key.downlink_id and downlink.is_expired(now_ms)

    with suppress(UnknownDevice):
        take_out(key.application_id, key.device_id, is_expired, Removal.EXPIRED)
