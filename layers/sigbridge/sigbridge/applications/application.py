"""An application and its settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from sigbridge.clock import now_ms
from sigbridge.errors import SigbridgeError
from sigbridge.model.device_type import DeviceType
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices
from sigbridge.settings import settings
from sigbridge.store import applications as stored_applications
from sigbridge.store.applications import ApplicationRecord
from sigbridge.store.table import ConditionFailed

# The Things Stack's rule for its identifiers (the-things-stack reference, 1.1).
_IDENTIFIER = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,}", re.ASCII)
_IDENTIFIER_LENGTH = 36
_DAY_SECONDS = 86_400


class InvalidApplicationId(SigbridgeError):
    """The identifier breaks The Things Stack's rule."""


class ApplicationExists(SigbridgeError):
    """There is an application of that identifier already."""


class UnknownApplication(SigbridgeError):
    """There is no application of that identifier."""


@dataclass(frozen=True, slots=True)
class Application:
    """An owner of devices and keys.

    Attributes:
        id: Lower-case identifier, 3 to 36 characters.
        name: What people call it.
        created_at: Epoch ms.
        unknown_devices: Whether messages of unlisted devices register them or are refused.
        payload_encoding: How generic payloads are written, unless a device says otherwise.
        daily_downlinks: How many downlinks Sigfox's contract allows each device in a day.
        downlink_quota: Whether more are handed out and reported, or stay queued until the next day.
        retention_days: How long what is received from now on is kept; None as the stack says.
        device_types: Its device types, by their ids.
    """

    id: str
    name: str
    created_at: int
    unknown_devices: UnknownDevices = UnknownDevices.REGISTER
    payload_encoding: PayloadEncoding = PayloadEncoding.HEX
    daily_downlinks: int = 4
    downlink_quota: DownlinkQuota = DownlinkQuota.REPORT
    retention_days: int | None = None
    device_types: Mapping[str, DeviceType] = field(default_factory=dict)

    @classmethod
    def from_record(cls, record: ApplicationRecord) -> "Application":
        """Makes the application of a stored record."""
        return cls(
            id=record["id"],
            name=record["name"],
            created_at=record["created_at"],
            unknown_devices=UnknownDevices(record["unknown_devices"]),
            payload_encoding=PayloadEncoding(record["payload_encoding"]),
            daily_downlinks=record["daily_downlinks"],
            downlink_quota=DownlinkQuota(record["downlink_quota"]),
            retention_days=record["retention_days"],
            device_types={
                type_id: DeviceType.from_record(type_id, device_type)
                for type_id, device_type in record["device_types"].items()
            },
        )

    def kept_until(self, moment_ms: int) -> int:
        """When what came at a moment (epoch ms) is forgotten, in epoch seconds as DynamoDB wants it."""
        days = settings().retention_days if self.retention_days is None else self.retention_days
        return moment_ms // 1000 + days * _DAY_SECONDS


def is_identifier(text: str) -> bool:
    """Tells whether an identifier obeys The Things Stack's rule."""
    return len(text) <= _IDENTIFIER_LENGTH and _IDENTIFIER.fullmatch(text) is not None


def create_application(application_id: str, name: str = "") -> Application:
    """Creates an application with default settings.

    Raises:
        InvalidApplicationId: The identifier breaks the rule.
        ApplicationExists: It is taken.
    """
    if not is_identifier(application_id):
        message = (
            f"'{application_id}' is no application id: 3 to {_IDENTIFIER_LENGTH} lower-case letters"
            " and digits, with single hyphens between them"
        )
        raise InvalidApplicationId(message)
    application = Application(id=application_id, name=name or application_id, created_at=now_ms())
    try:
        stored_applications.add(
            ApplicationRecord(
                id=application.id,
                name=application.name,
                created_at=application.created_at,
                unknown_devices=application.unknown_devices,
                payload_encoding=application.payload_encoding,
                daily_downlinks=application.daily_downlinks,
                downlink_quota=application.downlink_quota,
                retention_days=application.retention_days,
                device_types={},
            )
        )
    except ConditionFailed as failed:
        message = f"Application '{application_id}' exists already"
        raise ApplicationExists(message) from failed
    return application


def find_application(application_id: str) -> Application:
    """Reads an application.

    Raises:
        UnknownApplication: There is none of that identifier.
    """
    record = stored_applications.find(application_id)
    if record is None:
        raise unknown_application(application_id)
    return Application.from_record(record)


class SettingsChange(TypedDict, total=False):
    """Settings of an application to change, as in `Application`; one that is left out stays as it is."""

    name: str
    unknown_devices: UnknownDevices
    payload_encoding: PayloadEncoding
    daily_downlinks: int
    downlink_quota: DownlinkQuota
    retention_days: int | None


def change_application(application_id: str, change: SettingsChange) -> Application:
    """Changes those settings that are given; running functions follow within a minute.

    Raises:
        UnknownApplication: There is none of that identifier.
    """
    if change:
        try:
            stored_applications.change(application_id, change)
        except ConditionFailed as failed:
            raise unknown_application(application_id) from failed
    return find_application(application_id)


def unknown_application(application_id: str) -> UnknownApplication:
    """Makes the error that tells of an application that does not exist."""
    return UnknownApplication(f"There is no application '{application_id}'")
