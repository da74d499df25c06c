"""What a device's state refuses, in the words of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from sigbridge.devices import UnknownDevice
from sigbridge.errors import SigbridgeError
from sigbridge.settings import settings
from sigbridge.store.device_states import NoSuchDevice, QueueHasNoRoom


class QueueFull(SigbridgeError):
    """The queue can't hold that many; it is as it was.

    Attributes:
        capacity: How many it holds.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__(f"The downlink queue holds {capacity} downlinks")
        self.capacity = capacity


@contextmanager
def refusals_told(application_id: str, device_id: str) -> Iterator[None]:
    """Tells what the state of this device refuses.

    Raises:
        UnknownDevice: The device is not listed.
        QueueFull: The queue has no room.
    """
    try:
        yield
    except NoSuchDevice as missing:
        raise UnknownDevice(application_id, device_id) from missing
    except QueueHasNoRoom as full:
        raise QueueFull(settings().queue_capacity) from full
