"""What became of each downlink in truth, and what the bundle may say of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sigfox_simulator.answers import HandOut, hand_outs_by_payload
from sigfox_simulator.radio import NOT_SENT, InfoCode
from sigfox_simulator.readback import State
from sigfox_simulator.services import Service
from sigfox_simulator.truth import Delivery, DeviceTruth, Downlink, Ending, Removal

# The Things Stack's, for a confirmed downlink that does not say (the-things-stack reference, 2.2).
_DEFAULT_MAX_ATTEMPTS = 8
# The clocks of two machines.
CLOCKS_DIFFER_S = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the bundle takes to end what time ends.

    Attributes:
        acknowledge_wait_s: Real seconds that it waits for an acknowledgement.
        lag_s: By how much it may be late.
    """

    acknowledge_wait_s: float
    lag_s: float


class Outcome(StrEnum):
    """What the bundle was told of an answer of its own."""

    SENT = "sent"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A hand-out and the acknowledgements of its message.

    Attributes:
        hand_out: The hand-out.
        acknowledgements: Their deliveries.
    """

    hand_out: HandOut
    acknowledgements: tuple[Delivery, ...]

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """What the bundle can know by the acknowledgements; several where that is not sure."""
        decisive = [a for a in self.acknowledgements if a.info_code in {InfoCode.ACKED, *NOT_SENT}]
        told = {
            Outcome.SENT if acknowledgement.info_code == InfoCode.ACKED else Outcome.NOT_SENT
            for acknowledgement in decisive
        }
        if not any(a.accepted and self.hand_out.span.is_before(a.span) for a in decisive):
            told.add(Outcome.UNKNOWN)
        return frozenset(told)

    @property
    def last_heard_of(self) -> float:
        """Until when something happened to it, epoch seconds."""
        return max([self.hand_out.span.received, *(a.span.received for a in self.acknowledgements)])

    def was_over_before(self, other: HandOut, acknowledge_wait_s: float) -> bool:
        """Whether the bundle could give it up before it handed the downlink out again."""
        refused = any(
            a.info_code in NOT_SENT and a.span.sent <= other.span.received for a in self.acknowledgements
        )
        waited_s = other.span.received - self.hand_out.span.sent + CLOCKS_DIFFER_S
        return refused or waited_s >= acknowledge_wait_s

    def was_sent_before(self, other: HandOut, acknowledge_wait_s: float) -> bool:
        """Whether the bundle had to know that it was sent when it handed the downlink out again.

        It may be told too late: an acknowledgement after the wait can cross the next attempt.
        """
        in_time = self.hand_out.span.sent + acknowledge_wait_s - CLOCKS_DIFFER_S
        return any(
            a.accepted
            and a.info_code == InfoCode.ACKED
            and a.span.received < in_time
            and a.span.is_before(other.span)
            for a in self.acknowledgements
        )


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a downlink.

    Attributes:
        downlink: The downlink.
        attempts: Where it was handed to, in order.
        removals: What took it out of the queue, where it still was in there.
    """

    downlink: Downlink
    attempts: tuple[Attempt, ...]
    removals: tuple[Removal, ...]

    @property
    def max_attempts(self) -> int:
        """How many messages it may be handed to."""
        if not self.downlink.confirmed:
            return 1
        return self.downlink.max_attempts or _DEFAULT_MAX_ATTEMPTS

    def is_expired(self, moment: float) -> bool:
        """Whether it was expired at a moment, by a clock that may go a little fast."""
        expires_at = self.downlink.expires_at
        return expires_at is not None and expires_at <= moment + CLOCKS_DIFFER_S


def fates_of(truth: DeviceTruth) -> list[Fate]:
    """What became of the downlinks of a device, in the order of its queue."""
    hand_outs = hand_outs_by_payload(truth)
    acknowledgements: dict[object, list[Delivery]] = {}
    for delivery in truth.deliveries_of(Service.ACKNOWLEDGE):
        acknowledgements.setdefault(delivery.transmissions[0].key, []).append(delivery)
    return [
        Fate(
            downlink,
            tuple(
                Attempt(hand_out, tuple(acknowledgements.get(hand_out.transmission.key, ())))
                for hand_out in hand_outs.get(downlink.payload, ())
            ),
            tuple(removal for removal in truth.removals if removal.concerns(downlink)),
        )
        for downlink in truth.downlinks
    ]


def expected_states(fate: Fate, patience: Patience, read_at: float) -> frozenset[State]:
    """The states of which the bundle must say one.

    Several are right where it can't be known what the bundle handled first, or while it still waits.

    Args:
        fate: What became of the downlink in truth.
        patience: How long the bundle takes.
        read_at: When it said so, epoch seconds.
    """
    if not fate.attempts:
        return frozenset(_of_queued(fate, patience, read_at, fate.removals))
    if any(attempt.outcomes == {Outcome.SENT} for attempt in fate.attempts):
        return frozenset({State.SENT})
    states = {State.SENT for attempt in fate.attempts if Outcome.SENT in attempt.outcomes}
    last = fate.attempts[-1]
    for outcome in last.outcomes - {Outcome.SENT}:
        if not fate.downlink.confirmed:
            states.add(State.FAILED if outcome is Outcome.NOT_SENT else State.ANSWERED)
        else:
            states |= _of_confirmed(fate, last, outcome, patience, read_at)
    return frozenset(states)


def _of_confirmed(
    fate: Fate, last: Attempt, outcome: Outcome, patience: Patience, read_at: float
) -> set[State]:
    states: set[State] = set()
    if read_at <= last.last_heard_of + patience.acknowledge_wait_s + patience.lag_s:
        states.add(State.ANSWERED)
    waited_s = read_at - last.hand_out.span.sent + CLOCKS_DIFFER_S
    if outcome is Outcome.UNKNOWN and waited_s < patience.acknowledge_wait_s:
        return states
    if len(fate.attempts) >= fate.max_attempts:
        return states | {State.FAILED}
    since = [removal for removal in fate.removals if not removal.span.is_before(last.hand_out.span)]
    return states | _of_queued(fate, patience, read_at, since)


def _of_queued(fate: Fate, patience: Patience, read_at: float, removals: Sequence[Removal]) -> set[State]:
    """States of a downlink that was put into the queue, or was to be put back there."""
    states = set(_removed(fate, removals))
    if not states and (
        fate.downlink.expires_at is None or read_at <= fate.downlink.expires_at + patience.lag_s
    ):
        states.add(State.QUEUED)
    ended = max((removal.span.received for removal in removals), default=read_at)
    if fate.is_expired(ended):
        states.add(State.EXPIRED)
    return states


def _removed(fate: Fate, removals: Iterable[Removal]) -> Iterable[State]:
    for removal in removals:
        yield State.REMOVED
        if fate.attempts and removal.ending is not Ending.DELETED:
            yield State.SUPERSEDED
