"""Device types: how the traffic of several devices is treated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.model.settings import DownlinkQuota, PayloadEncoding

# Sigfox's `deviceTypeId` is 24 hex digits.
DEVICE_TYPE_ID = r"[A-Za-z0-9_-]{1,64}"


@dataclass(frozen=True, slots=True)
class DeviceType:
    """What devices of one type have in common. What is None is as the application says.

    Attributes:
        id: Sigfox's `deviceTypeId`, or the user's own.
        name: What people call it.
        payload_encoding: How generic payloads are written.
        pad_downlinks: Whether a `decoded_payload` of fewer than 8 bytes is filled up with zeros.
        downlink_data: 16 hex digits that a device without a `downlinkData` of its own is answered with,
            when nothing is queued.
        daily_downlinks: How many downlinks Sigfox's contract allows each device in a day.
        downlink_quota: Whether more are handed out and reported, or stay queued.
        keep_alive_seconds: A device from which nothing was heard for longer is silent; None for no such rule.
    """

    id: str
    name: str
    payload_encoding: PayloadEncoding | None = None
    pad_downlinks: bool = False
    downlink_data: str | None = None
    daily_downlinks: int | None = None
    downlink_quota: DownlinkQuota | None = None
    keep_alive_seconds: int | None = None

    @classmethod
    def from_record(cls, type_id: str, record: Mapping[str, Any]) -> "DeviceType":
        """Makes the type of its stored form."""
        encoding, quota = record.get("payload_encoding"), record.get("downlink_quota")
        downlinks, keep_alive = record.get("daily_downlinks"), record.get("keep_alive_seconds")
        return cls(
            id=type_id,
            name=record["name"],
            payload_encoding=None if encoding is None else PayloadEncoding(encoding),
            pad_downlinks=record.get("pad_downlinks", False),
            downlink_data=record.get("downlink_data"),
            daily_downlinks=None if downlinks is None else int(downlinks),
            downlink_quota=None if quota is None else DownlinkQuota(quota),
            keep_alive_seconds=None if keep_alive is None else int(keep_alive),
        )

    def as_record(self) -> dict[str, Any]:
        """Gives the stored form, without the id: what is said, by its name."""
        content = {
            "name": self.name,
            "payload_encoding": None if self.payload_encoding is None else self.payload_encoding.value,
            "pad_downlinks": self.pad_downlinks,
            "downlink_data": self.downlink_data,
            "daily_downlinks": self.daily_downlinks,
            "downlink_quota": None if self.downlink_quota is None else self.downlink_quota.value,
            "keep_alive_seconds": self.keep_alive_seconds,
        }
        return {name: value for name, value in content.items() if value is not None}
