"""Following the changes that the stream brings together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigbridge.aws import dead_letters, event_bus
from sigbridge.aws.dead_letters import LettersNotSent
from sigbridge.aws.event_bus import BusRefused, BusUnavailable, Event
from sigbridge.errors import StoreUnavailable
from sigbridge.integrations.announcements import announcements
from sigbridge.settings import settings
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.stream import Change, read_change
from sigbridge.stream.following import follow

type StreamRecord = Mapping[str, Any]

_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was left out, since it can't be done, now or later.

    Attributes:
        record: The record of the stream.
        reason: Why.
    """

    record: StreamRecord
    reason: Exception


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a batch stopped: at the first record that is to be followed again, with all behind it.

    Attributes:
        record: The record of the stream.
        position: Its place in the batch.
        reason: What failed, for a while.
    """

    record: StreamRecord
    position: int
    reason: Exception


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of the records of a batch.

    Attributes:
        stop: Where it stopped; None where all of it is done.
        occurrences: What is to be counted of the records before that.
        left_out: What of those records was left out.
    """

    stop: Stop | None
    occurrences: Counter[str]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class _Outcome:
    """What came of one record."""

    record: StreamRecord
    change: Change | None = None
    occurrences: Counter[str] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave_out(self, reason: Exception, metric: str) -> None:
        self.left_out.append(LeftOut(self.record, reason))
        self.occurrences[metric] += 1


def follow_batch(records: Sequence[StreamRecord]) -> Followed:
    """Follows changes in their order up to the first one that fails for a while, then announces them.

    Histories don't wait for the event bus. What can never be followed is left out, and a dead letter says
    so: the changes behind it must not wait.
    """
    outcomes, stop = _follow_until_failure(records)
    bus = settings().event_bus_name
    if bus is not None:
        stop = _announce_until_failure(bus, outcomes) or stop
    done = outcomes if stop is None else outcomes[: stop.position]
    left_out = tuple(left_out for outcome in done for left_out in outcome.left_out)
    occurrences = _tell_of_unreadable(left_out)
    for outcome in done:
        occurrences += outcome.occurrences
    return Followed(stop, occurrences, left_out)


def _follow_until_failure(records: Sequence[StreamRecord]) -> tuple[list[_Outcome], Stop | None]:
    outcomes: list[_Outcome] = []
    for position, record in enumerate(records):
        outcome = _Outcome(record)
        try:
            outcome.change = read_change(record)
            if outcome.change is not None:
                outcome.occurrences += follow(outcome.change)
        except StoreUnavailable as reason:
            return outcomes, Stop(record, position, reason)
        except LASTING_FAILURES as reason:
            outcome.change = None
            outcome.leave_out(reason, "UnreadableChanges")
        outcomes.append(outcome)
    return outcomes, None


def _announce_until_failure(bus: str, outcomes: Sequence[_Outcome]) -> Stop | None:
    """Announces changes up to the first one that the bus does not take for a while."""
    announced = [
        (position, event) for position, outcome in enumerate(outcomes) for event in _composed(outcome)
    ]
    for some in event_bus.requests([event for _, event in announced]):
        try:
            event_bus.publish(bus, [event for _, event in announced[some.start : some.stop]])
        except BusUnavailable as reason:
            position = announced[some.start][0]
            return Stop(outcomes[position].record, position, reason)
        except BusRefused as refused:
            for position, _ in announced[some.start : some.stop]:
                outcomes[position].leave_out(refused, "AnnouncementFailures")
    return None


def _composed(outcome: _Outcome) -> list[Event]:
    if outcome.change is None:
        return []
    try:
        return list(announcements(outcome.change))
    except LASTING_FAILURES as reason:
        outcome.leave_out(reason, "UnreadableChanges")
        return []


def _tell_of_unreadable(left_out: Sequence[LeftOut]) -> Counter[str]:
    """Sends dead letters about changes that can't be followed; what is lost of them is in the log too."""
    queue_url = settings().dead_letters_url
    letters = [_letter(one) for one in left_out if not isinstance(one.reason, BusRefused)]
    if queue_url is None or not letters:
        return Counter()
    try:
        dead_letters.send(queue_url, letters)
    except LettersNotSent:
        return Counter(DeadLettersLost=len(letters))
    return Counter()


def _letter(left_out: LeftOut) -> Mapping[str, object]:
    content = left_out.record["dynamodb"]
    return {
        "event_id": left_out.record["eventID"],
        "stream": left_out.record.get("eventSourceARN"),
        "sequence_number": content["SequenceNumber"],
        "keys": content.get("Keys"),
        "reason": repr(left_out.reason)[:_REASON_LENGTH],
    }
