"""Handling the changes that the stream brings together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge.errors import SigbridgeError, StoreUnavailable
from sigbridge.integrations.retries import Undelivered
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.stream import read_change
from sigbridge.stream.handlers import handle
from sigbridge.stream.skipped import Skipped, StreamRecord, report_skipped


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a batch stopped: at the first record that is to be handled again, with all behind it.

    Attributes:
        record: The record of the stream.
        reason: What failed, for a while.
    """

    record: StreamRecord
    reason: SigbridgeError


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of the records of a batch.

    Attributes:
        counts: What is to be counted of the records that were handled.
        skipped: Those that can't be handled.
        undelivered: What a destination did not take: some is in the retry queue, some in the dead letters.
        stop: Where it stopped; None where all of it is done.
    """

    counts: Counter[str]
    skipped: tuple[Skipped, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    stop: Stop | None = None


def handle_batch(records: Sequence[StreamRecord]) -> Handled:
    """Handle changes in their order, up to the first one that fails for a while."""
    counts = Counter[str]()
    skipped: list[Skipped] = []
    stop = None
    for record in records:
        try:
            change = read_change(record)
            if change is not None:
                counts += handle(change)
        except StoreUnavailable as reason:
            stop = Stop(record, reason)
            break
        except LASTING_FAILURES as reason:
            skipped.append(Skipped(record, reason))
    return Handled(counts + report_skipped(skipped), tuple(skipped), stop=stop)
