"""The events of what is stored of devices, as they were when it happened: for what the feed has forgotten."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sigbridge.clock import DAY_MS, iso_ms
from sigbridge.devices import devices_after, devices_named
from sigbridge.events.details import events_of
from sigbridge.formatters.reading import list_decoded_messages
from sigbridge.messages import MessagesWanted
from sigbridge.model.device import Device
from sigbridge.model.event import Event
from sigbridge.reports import reports_between
from sigbridge.store import attempts
from sigbridge.store.stream import AttemptChanged, MessageStored, ReportStored
from sigbridge.store.timeline import Order

_MESSAGES_AT_ONCE = 100
_DEVICES_AT_ONCE = 100
# Messages are found by when they were sent, and count by when they came.
_LATEST_ARRIVAL_MS = 3 * DAY_MS


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """A place in what is stored of an application's devices.

    Attributes:
        device_id: The device that is reached, in the order of their ids.
        message_id: The last message of it that is read; None where the device is done.
    """

    device_id: str
    message_id: str | None


def read_stored(
    application_id: str, first_ms: int, last_ms: int, after: StoredPlace | None
) -> Iterator[tuple[StoredPlace, list[Event]]]:
    """Yield what happened to devices between two moments, device by device, with the place it reaches.

    Messages that came over three days late are left out.

    Args:
        application_id: Whose devices.
        first_ms, last_ms: Epoch ms, both included.
        after: The last place that is read; None for the beginning.
    """
    for device in _devices(application_id, after):
        begun = after if after is not None and after.device_id == device.id else None
        for place, events in _of_device(application_id, device.id, first_ms, last_ms, begun):
            yield place, [event for event in events if first_ms <= _at(event) <= last_ms]


def _devices(application_id: str, after: StoredPlace | None) -> Iterator[Device]:
    if after is None:
        return devices_after(application_id, "", None, _DEVICES_AT_ONCE)
    begun = [] if after.message_id is None else devices_named(application_id, [after.device_id])
    return chain(begun, devices_after(application_id, "", after.device_id, _DEVICES_AT_ONCE))


def _of_device(
    application_id: str, device_id: str, first_ms: int, last_ms: int, begun: StoredPlace | None
) -> Iterator[tuple[StoredPlace, list[Event]]]:
    message_id = None if begun is None else begun.message_id
    earliest = max(0, first_ms - _LATEST_ARRIVAL_MS)
    while True:
        wanted = MessagesWanted(earliest, last_ms, Order.ASCENDING, _MESSAGES_AT_ONCE, message_id)
        page = list_decoded_messages(application_id, device_id, wanted)
        events = [
            event
            for message in page.messages
            for event in events_of(MessageStored("", application_id, device_id, None, message, message.time))
        ]
        if page.is_last:
            break
        message_id = page.messages[-1].id
        yield StoredPlace(device_id, message_id), events
    events += _other_events(application_id, device_id, earliest, last_ms)
    yield StoredPlace(device_id, None), events


def _other_events(application_id: str, device_id: str, first_ms: int, last_ms: int) -> Iterator[Event]:
    for report in reports_between(application_id, device_id, first_ms, last_ms):
        yield from events_of(ReportStored("", application_id, device_id, None, report, report.received_at))
    for attempt in attempts.newest_first(application_id, device_id, None):
        yield from events_of(AttemptChanged("", application_id, device_id, None, attempt, last_ms))


def _at(event: Event) -> int:
    at = iso_ms(json.loads(event.detail)["at"])
    return 0 if at is None else at
