"""Telling destinations what changes tell of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sigbridge import clock
from sigbridge.aws.queue import QueuedMessage, QueueUnavailable
from sigbridge.events.details import events_of
from sigbridge.integrations.delivery import FEED, Delivery, stages
from sigbridge.integrations.retries import Undelivered, make_deliveries, retry
from sigbridge.model.event import Event
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.stream import Change, read_change
from sigbridge.stream.batch import Handled, Stop
from sigbridge.stream.decoding import decode_changes
from sigbridge.stream.skipped import Skipped, StreamRecord, report_skipped


def publish_batch(records: Sequence[StreamRecord]) -> Handled:
    """Deliver the events of changes to every destination, those of messages with what formatters read.

    No change waits for a formatter or a destination: what one does not take for a while is tried again from
    a queue.
    """
    read: list[tuple[StreamRecord, Change[Any]]] = []
    events: list[Event] = []
    skipped: list[Skipped] = []
    for record in records:
        try:
            change = read_change(record)
        except LASTING_FAILURES as reason:
            skipped.append(Skipped(record, reason))
        else:
            read += [] if change is None else [(record, change)]
    decoded = decode_changes([change for _, change in read])
    for (record, _), change in zip(read, decoded.changes, strict=True):
        try:
            events += events_of(change)
        except LASTING_FAILURES as reason:
            skipped.append(Skipped(record, reason))
    try:
        undelivered = _deliver(events)
    except QueueUnavailable as reason:
        return Handled(Counter(), stop=Stop(records[0], reason))
    return Handled(
        report_skipped(skipped) + decoded.counts,
        tuple(skipped),
        undelivered,
        unread=decoded.unread,
        undecoded=decoded.undecoded,
    )


def _deliver(events: Sequence[Event]) -> tuple[Undelivered, ...]:
    """Deliver events to the destinations of one stage after the other.

    Raises:
        QueueUnavailable: Not all of what failed is in a queue.
    """
    undelivered: list[Undelivered] = []
    for names in stages():
        begun_at = clock.now_ms()
        failed = make_deliveries([Delivery(name, event) for event in events for name in names])
        undelivered += failed
        if FEED in names:
            unfed = {one.delivery.event.id for one in failed if one.delivery.destination == FEED}
            events = [event if event.id in unfed else replace(event, fed_at=begun_at) for event in events]
    return tuple(undelivered)


def publish_again(messages: Sequence[QueuedMessage]) -> Handled:
    """Make the deliveries that the retry queue holds."""
    retried = retry(messages)
    return Handled(Counter(), undelivered=retried.given_up, waiting=retried.waiting)
