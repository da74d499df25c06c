"""Handling the changes that the stream brings together."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sigbridge.aws import queue
from sigbridge.aws.queue import QueuedMessage, QueueUnavailable
from sigbridge.errors import SigbridgeError, StoreThrottled, StoreUnavailable
from sigbridge.integrations.retries import Undelivered
from sigbridge.settings import settings
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.stream import Change, read_change
from sigbridge.stream.decoding import UnreadPayloads
from sigbridge.stream.handlers import handle
from sigbridge.stream.skipped import Skipped, StreamRecord, report_skipped
from sigbridge.stream.throttled import ThrottledChanges, from_message


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
        throttled: Changes that the store refuses for throughput; they are in the retry queue.
        waiting: Ids of the messages of the retry queue that are to be tried again.
        stop: Where it stopped; None where all of it is done.
        unread: Payloads that formatters could not read; their messages were told without values.
        undecoded: Why no payload of the batch was read; None where that was tried.
    """

    counts: Counter[str]
    skipped: tuple[Skipped, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    throttled: tuple[Change[Any], ...] = ()
    waiting: tuple[str, ...] = ()
    stop: Stop | None = None
    unread: tuple[UnreadPayloads, ...] = ()
    undecoded: Exception | None = None


def handle_batch(records: Sequence[StreamRecord]) -> Handled:
    """Handle changes in their order, up to the first one that fails for a while.

    A change that the store refuses for throughput waits in the retry queue, and those behind it go on.
    """
    counts = Counter[str]()
    skipped: list[Skipped] = []
    throttled = ThrottledChanges()
    stop = None
    for record in records:
        try:
            counts += _handle(record, throttled)
        except StoreUnavailable as reason:
            stop = Stop(record, reason)
            break
        except LASTING_FAILURES as reason:
            skipped.append(Skipped(record, reason))
    counts += report_skipped(skipped)
    try:
        throttled.send()
    except QueueUnavailable as reason:
        return Handled(counts, tuple(skipped), stop=Stop(throttled.records[0], reason))
    return Handled(counts, tuple(skipped), throttled=tuple(throttled.changes), stop=stop)


def _handle(record: StreamRecord, throttled: ThrottledChanges) -> Counter[str]:
    change = read_change(record)
    if change is None:
        return Counter()
    try:
        throttled.refuse_followers(change)
        return handle(change)
    except StoreThrottled:
        throttled.add(record, change)
        return Counter()


def retry_changes(messages: Sequence[QueuedMessage]) -> Handled:
    """Handle the changes that the retry queue holds; what fails again waits longer.

    What nothing can be read of waits too, and so comes to the dead letters.
    """
    counts = Counter[str]()
    skipped: list[Skipped] = []
    waiting: list[QueuedMessage] = []
    for message in messages:
        record = _read(message)
        if record is None:
            waiting.append(message)
            continue
        try:
            change = read_change(record)
            if change is not None:
                counts += handle(change)
        except StoreUnavailable:
            waiting.append(message)
        except LASTING_FAILURES as reason:
            skipped.append(Skipped(record, reason))
    queue.postpone(settings().retry_queue_url, waiting)
    counts += report_skipped(skipped)
    return Handled(counts, tuple(skipped), waiting=tuple(message.id for message in waiting))


def _read(message: QueuedMessage) -> StreamRecord | None:
    with suppress(KeyError, TypeError, ValueError):
        return from_message(message.body)
    return None
