"""Whom a document is from, and of when."""

from collections.abc import Callable
from dataclasses import dataclass

from sigbridge.api.ingest.documents import Document
from sigbridge.api.ingest.essentials import Essentials, Unreadable
from sigbridge.clock import epoch_ms
from sigbridge.devices import InvalidDeviceId, normalize_device_id, sigfox_device_id
from sigbridge.errors import Fault
from sigbridge.messages import Network
from sigbridge.model.field_mapping import Field
from sigbridge.sigfox.values import is_absent, read_text, read_time
from sigbridge.tagoio.items import group_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a document is from, and of when.

    Attributes:
        device_id: Normalised device id.
        device_as_received: The id as the sender wrote it.
        time: Epoch ms, or None where the sender gave none that can be read.
        unread_time: What the sender gave as time, where it can't be read.
        group: TagoIO's group (or serie), where given.
        warnings: What was not understood.
    """

    device_id: str
    device_as_received: str
    time: int | None
    unread_time: str | None
    group: str | None
    warnings: tuple[Fault, ...] = ()


def read_origin(
    document: Document, essentials: Essentials, device_header: str | None, network: Network
) -> Origin:
    """Read whom a document is from: the device that it names, else the one that the header names.

    Args:
        document: The document.
        essentials: What was found in it.
        device_header: The header `device`, or None.
        network: Whose device it is from.

    Raises:
        Unreadable: No device is named, it can't be one, or document and header name different ones.
    """
    device_as_received = essentials.values.get(Field.SERIAL) or read_text(device_header)
    if device_as_received is None:
        raise Unreadable(Fault("serial", "is missing"))
    read_id = sigfox_device_id if network is Network.SIGFOX else normalize_device_id
    device_id = _read_device_id(device_as_received, device_header, read_id)
    group = next(filter(None, map(group_of, document.items)), None)
    time, unread_time, warnings = _time_of_items(document)
    if time is None and unread_time is None:
        time, unread_time = essentials.values.get(Field.TIME), essentials.unread_time
    if time is None and unread_time is None:
        # TagoIO's Sigfox template puts Sigfox's `{time}` in `serie`.
        time = epoch_ms(group or "")
    return Origin(device_id, device_as_received, time, unread_time, group, warnings)


def _time_of_items(document: Document) -> tuple[int | None, str | None, tuple[Fault, ...]]:
    """Read the time that TagoIO's items have of their own; what can't be read is given with a warning."""
    written = next((item["time"] for item in document.items if not is_absent(item.get("time"))), None)
    try:
        return read_time(written), None, ()
    except ValueError as invalid:
        return None, str(written), (Fault("time", str(invalid)),)


def _read_device_id(device_as_received: str, device_header: str | None, read_id: Callable[[str], str]) -> str:
    try:
        device_id = read_id(device_as_received)
        header = read_text(device_header)
        if header is not None and read_id(header) != device_id:
            raise Unreadable(
                Fault("device", f"header names device {header}, the message {device_as_received}")
            )
    except InvalidDeviceId as invalid:
        raise Unreadable(Fault("serial", str(invalid))) from invalid
    return device_id
