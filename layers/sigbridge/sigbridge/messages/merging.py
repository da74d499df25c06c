"""Listing the messages of all devices of an application together."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from sigbridge.devices import devices_after
from sigbridge.errors import InvalidInput
from sigbridge.messages.listing import LARGEST_PAGE_BYTES, MessagePage, MessagesWanted, of_port
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import timeline
from sigbridge.store.parallel import in_parallel
from sigbridge.store.timeline import Order, Stretch

MOST_DEVICES = 1_000
_DEVICES_PAGE = 250
_FEWEST_OF_A_DEVICE = 4
# Ids begin with them, and a device's messages are in the order of their ids.
_MOMENT_DIGITS = 13


class TooManyDevices(InvalidInput):
    """An application has more devices than are read together."""

    def __init__(self) -> None:
        super().__init__(
            f"The application has more than {MOST_DEVICES} devices: ask for each device's messages"
        )


def list_application_messages(application_id: str, wanted: MessagesWanted) -> MessagePage:
    """Read messages of all devices of an application, merged by time, eventually consistent.

    Of each device a share of them is read at once, and further ones as they are wanted.

    Raises:
        TooManyDevices: It has more than are read together.
        TooManyOfOtherPorts: Too many must be passed over.
        StoreUnavailable: They can't be read.
    """
    found = islice(devices_after(application_id, "", None, _DEVICES_PAGE), MOST_DEVICES + 1)
    device_ids = [device.id for device in found]
    if len(device_ids) > MOST_DEVICES:
        raise TooManyDevices
    page = max(_FEWEST_OF_A_DEVICE, 2 * wanted.limit // max(len(device_ids), 1))

    def begun(device_id: str) -> Iterator[StoredMessage]:
        stretch = Stretch.between(
            application_id, device_id, wanted.first_ms, wanted.last_ms, wanted.order, page
        )
        messages = timeline.read_messages(stretch)
        return chain([*islice(messages, 1)], messages)

    return _page(in_parallel(begun, device_ids), wanted)


def _page(timelines: Sequence[Iterator[StoredMessage]], wanted: MessagesWanted) -> MessagePage:
    merged = heapq.merge(
        *timelines,
        key=lambda message: (message.id[:_MOMENT_DIGITS], message.device_id, message.id),
        reverse=wanted.order is Order.DESCENDING,
    )
    messages: list[StoredMessage] = []
    size = 0
    for message in of_port(merged, wanted.port):
        if len(messages) == wanted.limit or size >= LARGEST_PAGE_BYTES:
            return MessagePage(tuple(messages), is_last=False)
        messages.append(message)
        size += message.told_size
    return MessagePage(tuple(messages), is_last=True)
