"""An application and its settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sigbridge.model.device_type import DeviceType
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices

# The Things Stack's rule for its identifiers (the-things-stack reference, 1.1).
_IDENTIFIER = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,}", re.ASCII)
IDENTIFIER_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Application:
    """An owner of devices and keys.

    Attributes:
        id: Lower-case identifier, 3 to 36 characters.
        name: Display name.
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


def is_identifier(text: str) -> bool:
    """Tell whether an identifier obeys The Things Stack's rule."""
    return len(text) <= IDENTIFIER_LENGTH and _IDENTIFIER.fullmatch(text) is not None
