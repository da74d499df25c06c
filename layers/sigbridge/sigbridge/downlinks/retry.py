"""How an attempt ends, and whether another one follows."""

from contextlib import suppress
from dataclasses import replace

from sigbridge.devices import UnknownDevice
from sigbridge.downlinks.history import owner_of_history, record_transition, step_write
from sigbridge.downlinks.queue import take_out
from sigbridge.downlinks.transitions import Transition
from sigbridge.model.device_state import Removal
from sigbridge.model.downlink_history import Step, StoredAttempt
from sigbridge.store import attempts
from sigbridge.store.attempts import QueueWasReplaced, StepRecorded
from sigbridge.store.device_states import QueueHasNoRoom

NO_ACKNOWLEDGEMENT = "no_acknowledgement"
QUEUE_FULL = "queue_full"

_CONCLUSIONS = frozenset({Step.SENT, Step.FAILED, Step.UNACKNOWLEDGED})


def has_ended(attempt: StoredAttempt) -> bool:
    """Return whether it is known, or was given up to know, what became of an answer."""
    return not _CONCLUSIONS.isdisjoint(attempt.steps)


def end_attempt(attempt: StoredAttempt, ending: Transition) -> None:
    """End an attempt that did not bring its downlink to the device, as far as is known.

    A confirmed downlink with attempts left goes back to the head of the queue (I3), unless it was
    sent by now, has expired, or its queue was replaced or cleared since it was handed out: nothing
    comes back then. Where the queue holds all that it can, the downlink has failed. What was sent is
    sent, whatever is said of it later.
    """
    downlink = ending.downlink
    if Step.SENT in attempt.steps:
        return
    if has_ended(attempt) or not downlink.may_be_retried or _was_sent(attempt):
        _record(attempt, ending)
    elif downlink.is_expired(ending.at):
        _record(attempt, Transition(downlink, Step.EXPIRED, ending.at))
        _record(attempt, ending)
    else:
        _try_again(attempt, ending)


def _was_sent(attempt: StoredAttempt) -> bool:
    """Return whether an earlier attempt, whose acknowledgement came late, was sent after all."""
    key = attempt.key
    if key.number == 1:
        return False
    others = attempts.attempts_of(key.application_id, key.device_id, key.downlink_id)
    return any(Step.SENT in other.steps for other in others)


def _try_again(attempt: StoredAttempt, ending: Transition) -> None:
    following = replace(ending.downlink, attempt=ending.downlink.attempt + 1)
    queued = Transition(following, Step.QUEUED, ending.at)
    application = owner_of_history(attempt.key.application_id)
    generation = int(attempt.steps[Step.ANSWERED]["generation"])
    try:
        attempts.try_again(
            attempt.key, step_write(application, ending), step_write(application, queued), generation
        )
        if _was_sent(attempt):
            # It was told so in between, and looked for the downlink before it was put back.
            _withdraw(attempt)
    except StepRecorded:
        _record(attempt, ending)
    except QueueWasReplaced:
        _record(attempt, Transition(ending.downlink, Step.SUPERSEDED, ending.at))
        _record(attempt, ending)
    except QueueHasNoRoom:
        details = {**ending.details, "reason": QUEUE_FULL}
        _record(attempt, Transition(ending.downlink, Step.FAILED, ending.at, details))
        _record(attempt, ending)


def end_unacknowledged(attempt: StoredAttempt, at: int) -> None:
    """End an attempt for which no acknowledgement came.

    A confirmed downlink that was tried often enough has failed; of any other one it stays unknown
    whether it was sent.
    """
    downlink = attempt.downlink
    if downlink.confirmed and not downlink.may_be_retried:
        ending = Transition(downlink, Step.FAILED, at, {"reason": NO_ACKNOWLEDGEMENT})
    else:
        ending = Transition(downlink, Step.UNACKNOWLEDGED, at)
    end_attempt(attempt, ending)


def end_as_sent(attempt: StoredAttempt, sent: Transition) -> None:
    """End an attempt whose downlink was sent; if it waits for another attempt already, it waits no more."""
    _record(attempt, sent)
    if sent.downlink.confirmed:
        _withdraw(attempt)


def _withdraw(attempt: StoredAttempt) -> None:
    key = attempt.key
    with suppress(UnknownDevice):
        take_out(
            key.application_id,
            key.device_id,
            lambda downlink: downlink.id == key.downlink_id,
            Removal.ACKNOWLEDGED,
        )


def _record(attempt: StoredAttempt, transition: Transition) -> None:
    record_transition(attempt.key.application_id, attempt.key.device_id, transition)
