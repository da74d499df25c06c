"""Device types: how the traffic of several devices is treated."""

from dataclasses import dataclass

from sigbridge.model.settings import DownlinkQuota, PayloadEncoding

# Sigfox's `deviceTypeId` is 24 hex digits.
DEVICE_TYPE_ID = r"[A-Za-z0-9_-]{1,64}"


@dataclass(frozen=True, slots=True)
class DeviceType:
    """What devices of one type have in common. What is None is as the application says.

    Attributes:
        id: Sigfox's `deviceTypeId`, or the user's own.
        name: Display name.
        payload_encoding: How generic payloads are written.
        pad_downlinks: Whether a downlink of fewer than 8 bytes is filled up with zeros at its end.
        downlink_data: 16 hex digits that a device without a `downlinkData` of its own is answered with,
            when nothing is queued.
        daily_downlinks: How many downlinks Sigfox's contract allows each device in a day.
        downlink_quota: Whether more are handed out and reported, or stay queued.
        keep_alive_seconds: A device from which nothing was heard for longer is silent; None for no such rule.
        uplink_formatter: Id of the formatter that reads what the devices send; None for none.
        downlink_formatter: Id of the formatter that writes what they are sent; None for none.
        compute_answers: Whether the script of the formatter for uplinks computes what a device that asks is
            answered with, where nothing waits for it.
    """

    id: str
    name: str
    payload_encoding: PayloadEncoding | None = None
    pad_downlinks: bool = False
    downlink_data: str | None = None
    daily_downlinks: int | None = None
    downlink_quota: DownlinkQuota | None = None
    keep_alive_seconds: int | None = None
    uplink_formatter: str | None = None
    downlink_formatter: str | None = None
    compute_answers: bool = False

    @property
    def formatters(self) -> frozenset[str]:
        """Ids of the formatters that it names."""
        named = (self.uplink_formatter, self.downlink_formatter)
        return frozenset(formatter_id for formatter_id in named if formatter_id is not None)
