"""Whose callback it is and what it is about, recognized by its fields: many use one URL for all of Sigfox's.

Only a message that can be UPLINK or BIDIR may claim a downlink (docs/decisions/0023).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sigbridge.api.ingest.documents import Document
from sigbridge.api.ingest.essentials import Essentials
from sigbridge.messages import MessagePart, Network
from sigbridge.model.device_id import SEPARATORS, is_sigfox_id
from sigbridge.model.field_mapping import Field, plain
from sigbridge.reports import Service
from sigbridge.sigfox.callbacks import (
    ADVANCED_NAMES,
    DEVICE_NAMES,
    ERROR_NAMES,
    MARKS,
    PAYLOAD_DIGITS,
    PAYLOAD_NAMES,
    SIGFOX_NAMES,
    STATUS_NAMES,
)
from sigbridge.sigfox.values import is_absent, read_text

type Subject = Service | MessagePart


@dataclass(frozen=True, slots=True)
class Nature:
    """What a document is.

    Attributes:
        network: Whose device it is from.
        subject: What it is about.
    """

    network: Network
    subject: Subject


def recognize_nature(
    document: Document, essentials: Essentials, device_header: str | None, addressed: Subject
) -> Nature:
    """Recognize what a document is.

    Args:
        document: The document.
        essentials: What was found in it.
        device_header: The device that the request's header names, or None.
        addressed: What its route is for.
    """
    if essentials.sender is not None and essentials.sender.network is not Network.SIGFOX:
        return Nature(essentials.sender.network, MessagePart.UPLINK)
    device = essentials.values.get(Field.SERIAL) or read_text(device_header) or ""
    if addressed is MessagePart.UPLINK and not is_sigfox_id(device.translate(SEPARATORS).upper()):
        return Nature(Network.GENERIC, MessagePart.UPLINK)
    subject = subject_of(document.content, essentials, addressed)
    is_sigfox = (
        essentials.sender is not None
        or addressed is not MessagePart.UPLINK
        or isinstance(subject, Service)
        or _is_written_as_by_sigfox(document, essentials)
    )
    return Nature(Network.SIGFOX if is_sigfox else Network.GENERIC, subject)


def _is_written_as_by_sigfox(document: Document, essentials: Essentials) -> bool:
    """Return whether a field is one that only Sigfox has or names so; its messages have no port."""
    names = {plain(name) for place in document.places for name in place}
    if not names.isdisjoint(SIGFOX_NAMES) or {"station", "rssi"} <= names:
        return True
    if Field.PORT in essentials.found:
        return False
    payload = essentials.found.get(Field.PAYLOAD)
    named_as_sigfox_does = payload is not None and plain(payload.path[-1]) in PAYLOAD_NAMES
    is_short = len(str(essentials.values.get(Field.PAYLOAD, ""))) <= PAYLOAD_DIGITS
    return Field.SEQ_NUMBER in essentials.found or (named_as_sigfox_does and is_short)


def subject_of(content: Mapping[str, object], essentials: Essentials, addressed: Subject) -> Subject:
    """Return what a callback of a Sigfox device is about.

    Args:
        content: Its fields.
        essentials: Those with a meaning of their own.
        addressed: What its route is for.
    """
    # A template tells what it is for by its names, even where Sigfox has no value for one of them.
    names = {plain(name) for name in content}
    if isinstance(addressed, Service) and _is_marked(addressed, names):
        return addressed
    polls = any(plain(name) == "longpolling" and not is_absent(content[name]) for name in content)
    says_whether_it_asks = Field.ACK in essentials.found or polls
    if says_whether_it_asks and (isinstance(addressed, MessagePart) or Field.PAYLOAD in essentials.found):
        return MessagePart.UPLINK
    used = {plain(found.path[0]) for found in essentials.found.values()}
    for service in MARKS:
        if _is_marked(service, names) and _can_be(service, names - used, essentials):
            return service
    return (
        MessagePart.ADVANCED
        if addressed is MessagePart.UPLINK and not names.isdisjoint(ADVANCED_NAMES)
        else addressed
    )


def _is_marked(service: Service, names: Collection[str]) -> bool:
    return any(marks.issubset(names) for marks in MARKS[service])


def _can_be(service: Service, others: Collection[str], essentials: Essentials) -> bool:
    """Return whether what else a callback says lets it be a report of a service."""
    if service is Service.ACKNOWLEDGE or service is Service.EVENT:
        return True
    if Field.PAYLOAD in essentials.found:
        return False
    if service is Service.GEOLOC:
        return "geolocsource" in others or Field.SEQ_NUMBER in essentials.found
    if service is Service.STATUS:
        return _is_told_of_device(essentials) and STATUS_NAMES.issuperset(others)
    if service is Service.ERROR:
        return _is_told_of_device(essentials) and ERROR_NAMES.issuperset(others)
    return True


def _is_told_of_device(essentials: Essentials) -> bool:
    serial = essentials.found.get(Field.SERIAL)
    named_as_sigfox_does = serial is None or plain(serial.path[-1]) in DEVICE_NAMES
    return named_as_sigfox_does and Field.TIME in essentials.found
