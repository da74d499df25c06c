"""Whom a document is from, and of when."""

from dataclasses import dataclass

from sigbridge.callbacks.documents import Document
from sigbridge.callbacks.essentials import Essentials, Unreadable
from sigbridge.callbacks.values import is_absent, read_text, read_time
from sigbridge.clock import epoch_ms
from sigbridge.devices import InvalidDeviceId, normalize_device_id
from sigbridge.errors import Fault

_GROUP_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a document is from, and of when.

    Attributes:
        device_id: Normalised device id.
        device_as_received: The id as the sender spelt it.
        time: Epoch ms, or None where the sender gave none.
        group: TagoIO's group (or serie), where given.
    """

    device_id: str
    device_as_received: str
    time: int | None
    group: str | None


def read_origin(document: Document, essentials: Essentials, device_header: str | None) -> Origin:
    """Reads whom a document is from: the device that it names, else the one that the header names.

    Raises:
        Unreadable: No device is named, it can't be one, or document and header name different ones;
            or the time of TagoIO's items is none.
    """
    device_as_received = essentials.serial or read_text(device_header)
    if device_as_received is None:
        raise Unreadable(Fault("serial", "is missing"))
    device_id = _read_device_id(device_as_received, device_header)
    group = _group(document)
    time = essentials.time if essentials.time is not None else _time_of_items(document, group)
    return Origin(device_id, device_as_received, time, group)


def _read_device_id(device_as_received: str, device_header: str | None) -> str:
    try:
        device_id = normalize_device_id(device_as_received)
        header = read_text(device_header)
        if header is not None and normalize_device_id(header) != device_id:
            raise Unreadable(
                Fault("device", f"header names device {header}, the message {device_as_received}")
            )
    except InvalidDeviceId as invalid:
        raise Unreadable(Fault("serial", str(invalid))) from invalid
    return device_id


def _group(document: Document) -> str | None:
    for item in document.items:
        for name in ("group", "serie"):
            value = item.get(name)
            if isinstance(value, str | int) and not is_absent(value):
                return str(value)[:_GROUP_LENGTH]
    return None


def _time_of_items(document: Document, group: str | None) -> int | None:
    """TagoIO's items carry a `time` of their own; its Sigfox template puts Sigfox's `{time}` in `serie`."""
    for item in document.items:
        if not is_absent(item.get("time")):
            try:
                return read_time(item["time"])
            except ValueError as invalid:
                raise Unreadable(Fault("time", str(invalid))) from invalid
    return None if group is None else epoch_ms(group)
