"""Following the changes that the stream brings together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigbridge.changes.announcements import announcements
from sigbridge.changes.change import Change, read_change
from sigbridge.changes.following import follow
from sigbridge.errors import StoreUnavailable
from sigbridge.settings import settings
from sigbridge.store import event_bus
from sigbridge.store.event_bus import BusRefused, BusUnavailable
from sigbridge.store.table import StoreRefused

type StreamRecord = Mapping[str, Any]


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

    Histories don't wait for the event bus. What can never be followed is left out: the changes behind
    it must not wait.
    """
    outcomes, stop = _follow_until_failure(records)
    bus = settings().event_bus_name
    if bus is not None:
        stop = _announce_until_failure(bus, outcomes) or stop
    done = outcomes if stop is None else outcomes[: stop.position]
    occurrences = Counter[str]()
    for outcome in done:
        occurrences += outcome.occurrences
    left_out = tuple(left_out for outcome in done for left_out in outcome.left_out)
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
        except (LookupError, TypeError, ValueError, AttributeError, StoreRefused) as reason:
            outcome.change = None
            outcome.leave_out(reason, "UnreadableChanges")
        outcomes.append(outcome)
    return outcomes, None


def _announce_until_failure(bus: str, outcomes: Sequence[_Outcome]) -> Stop | None:
    """Announces changes up to the first one that the bus does not take for a while."""
    announced = [
        (position, event)
        for position, outcome in enumerate(outcomes)
        if outcome.change is not None
        for event in announcements(outcome.change)
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
