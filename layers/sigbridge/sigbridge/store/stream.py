"""A change of one item, as the table's stream tells it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.device_state import DeviceState
from sigbridge.model.downlink_history import StoredAttempt
from sigbridge.model.report import StoredReport
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store.applications import read_application
from sigbridge.store.attempts import read_attempt
from sigbridge.store.device_states import read_state
from sigbridge.store.devices import read_device
from sigbridge.store.message_codec import read_message
from sigbridge.store.report_codec import read_stored_report
from sigbridge.store.rows import Record, to_record
from sigbridge.store.webhook_health import SORT_PREFIX as WEBHOOK_HEALTH
from sigbridge.store.webhook_health import StoredHealth, read_stored_health


@dataclass(frozen=True, slots=True)
class Change[Item]:
    """A change of one item of a device, or of an application.

    Attributes:
        id: The same however often the stream tells of it.
        application_id, device_id: The device; "" for none.
        old: The item before; None for a new one.
        new: The item after.
        at: When, epoch ms; DynamoDB tells it to the second.
    """

    id: str
    application_id: str
    device_id: str
    old: Item | None
    new: Item
    at: int


class ApplicationChanged(Change[Application]):
    """An application, its settings or its device types were changed."""


class DeviceChanged(Change[Device]):
    """A device was listed, or its entry in the list changed."""


class StateChanged(Change[DeviceState]):
    """The queue of a device was changed, or what it is answered with."""


class MessageStored(Change[StoredMessage]):
    """A message was stored, or a part of it, or it was changed."""


class ReportStored(Change[StoredReport]):
    """A report was stored."""


class AttemptChanged(Change[StoredAttempt]):
    """Something happened to an attempt of a downlink."""


class WebhookHealthChanged(Change[StoredHealth]):
    """What is known of how a webhook is doing was changed."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of items whose changes have consequences.

    Attributes:
        sort: How their sort keys begin.
        change: The type of their changes.
        read: Reads an image of such an item.
    """

    sort: str
    change: type[Change[Any]]
    read: Callable[[Record], Any]


_KINDS = (
    _Kind("APP", ApplicationChanged, read_application),
    _Kind("DEVICE", DeviceChanged, read_device),
    _Kind("STATE", StateChanged, read_state),
    _Kind("MSG#", MessageStored, read_message),
    _Kind("EVENT#", ReportStored, read_stored_report),
    _Kind("DOWNLINK#", AttemptChanged, read_attempt),
    _Kind(WEBHOOK_HEALTH, WebhookHealthChanged, read_stored_health),
)
# Changes of what is no device's.
_OF_APPLICATIONS = {ApplicationChanged, WebhookHealthChanged}


def read_change(record: Mapping[str, Any]) -> Change[Any] | None:
    """Read a record of the stream; None for a change that has no consequences.

    Args:
        record: As Lambda hands it over: `eventID` and `dynamodb` with its images.
    """
    content = record["dynamodb"]
    if "NewImage" not in content:
        return None
    sort = content["NewImage"]["sk"]["S"]
    kind = next((kind for kind in _KINDS if sort.startswith(kind.sort)), None)
    if kind is None:
        return None
    new = to_record(content["NewImage"])
    _, application_id, *device = new["pk"].split("#")
    change = kind.change(
        id=record["eventID"],
        application_id=application_id,
        device_id="" if kind.change in _OF_APPLICATIONS else device[0],
        old=kind.read(to_record(content["OldImage"])) if "OldImage" in content else None,
        new=kind.read(new),
        at=int(content["ApproximateCreationDateTime"]) * 1000,
    )
    return None if isinstance(change, MessageStored) and _is_decoding(change) else change


def _is_decoding(change: MessageStored) -> bool:
    """Tell whether what a script made of the payload is all that was changed."""
    return change.old is not None and replace(change.old, decoded=change.new.decoded) == change.new
