"""What a device's state refuses, in the words of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from sigbridge.devices import UnknownDevice, forget_device
from sigbridge.errors import InvalidInput, SigbridgeError
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


class DownlinkTooLarge(InvalidInput):
    """A downlink takes more bytes with all its fields than the queue gives to one."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"downlink must not exceed {most_bytes} bytes with all its fields")


class UnknownDownlink(SigbridgeError):
    """The device has no downlink of that id, or it was forgotten.

    Attributes:
        application_id, device_id: The device.
        downlink_id: The id.
    """

    def __init__(self, application_id: str, device_id: str, downlink_id: str) -> None:
        super().__init__(f"Device {device_id} has no downlink {downlink_id}")
        self.application_id = application_id
        self.device_id = device_id
        self.downlink_id = downlink_id


class DownlinkNotQueued(SigbridgeError):
    """The downlink waits in the queue no more, so it can't be deleted.

    Attributes:
        downlink_id: The downlink.
        state: What it is now.
    """

    def __init__(self, downlink_id: str, state: str) -> None:
        super().__init__(f"Downlink {downlink_id} is not queued, but {state}")
        self.downlink_id = downlink_id
        self.state = state


@contextmanager
def store_refusals_translated(application_id: str, device_id: str) -> Iterator[None]:
    """Return what the state of this device refuses, and forget a device that has none: it was deleted.

    Raises:
        UnknownDevice: The device is not listed.
        QueueFull: The queue has no room.
    """
    try:
        yield
    except NoSuchDevice as missing:
        forget_device(application_id, device_id)
        raise UnknownDevice(application_id, device_id) from missing
    except QueueHasNoRoom as full:
        raise QueueFull(settings().queue_capacity) from full
