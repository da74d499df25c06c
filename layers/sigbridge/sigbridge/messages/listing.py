"""Listing a device's messages, page by page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sigbridge.errors import InvalidInput
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import timeline
from sigbridge.store.timeline import Order, Stretch

LARGEST_PAGE_BYTES = 2_500_000
MOST_OF_OTHER_PORTS = 5_000
# A Sigfox device sends 140 messages a day.
MOST_COUNTED = 5_000


class TooManyOfOtherPorts(InvalidInput):
    """Messages of one port are wanted, and too many of others are among them."""

    def __init__(self) -> None:
        super().__init__(
            f"More than {MOST_OF_OTHER_PORTS} messages of other ports are among those: ask for a shorter time"
        )


@dataclass(frozen=True, slots=True)
class MessagesWanted:
    """Which messages are wanted.

    Attributes:
        first_ms, last_ms: Bounds of their times, epoch ms, both included.
        order: In which they come.
        limit: How many at most.
        after: Id of the message that they come after, itself not included; None for the first page.
        port: Only those of this port; None for all.
    """

    first_ms: int
    last_ms: int
    order: Order
    limit: int
    after: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some messages of a device.

    Attributes:
        messages: In the order that was wanted. There may be fewer than wanted where they are large.
        is_last: Whether there are no more.
    """

    messages: tuple[StoredMessage, ...]
    is_last: bool


def list_messages(application_id: str, device_id: str, wanted: MessagesWanted) -> MessagePage:
    """Read messages of a device, eventually consistent: no more of them than are wanted, and two.

    Raises:
        TooManyOfOtherPorts: Too many must be passed over.
        StoreUnavailable: They can't be read.
    """
    stretch = Stretch.between(
        application_id, device_id, wanted.first_ms, wanted.last_ms, wanted.order, wanted.limit + 2
    )
    if wanted.after is not None:
        stretch = stretch.from_place(wanted.after)
    messages: list[StoredMessage] = []
    size = 0
    for message in of_port(timeline.read_messages(stretch), wanted.port):
        if message.id == wanted.after:
            continue
        if len(messages) == wanted.limit or size >= LARGEST_PAGE_BYTES:
            return MessagePage(tuple(messages), is_last=False)
        messages.append(message)
        size += message.told_size
    return MessagePage(tuple(messages), is_last=True)


def count_messages(application_id: str, device_id: str, first_ms: int, last_ms: int) -> int | None:
    """Count the messages of a device between two moments, both included; return None for more than 5,000.

    Raises:
        StoreUnavailable: They can't be read.
    """
    stretch = Stretch.between(application_id, device_id, first_ms, last_ms, Order.ASCENDING, MOST_COUNTED + 1)
    count = sum(1 for _ in islice(timeline.read_messages(stretch), MOST_COUNTED + 1))
    return count if count <= MOST_COUNTED else None


def of_port(messages: Iterable[StoredMessage], port: int | None) -> Iterator[StoredMessage]:
    """Yield the messages of a port; all of them where it is None.

    Raises:
        TooManyOfOtherPorts: Too many must be passed over.
    """
    passed_over = 0
    for message in messages:
        if port in {None, message.port}:
            yield message
        elif passed_over == MOST_OF_OTHER_PORTS:
            raise TooManyOfOtherPorts
        else:
            passed_over += 1
