"""Which settings hold for a device: its own, else those of its type, else those of its application."""

from dataclasses import dataclass

from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.device_type import DeviceType
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding

_NO_TYPE = DeviceType(id="", name="")


@dataclass(frozen=True, slots=True)
class EffectiveSettings:
    """The settings that hold for a device.

    Attributes:
        payload_encoding, pad_downlinks, downlink_data, daily_downlinks, downlink_quota,
            keep_alive_seconds, downlink_formatter, compute_answers: As in `DeviceType`.
    """

    payload_encoding: PayloadEncoding
    pad_downlinks: bool
    downlink_data: str | None
    daily_downlinks: int
    downlink_quota: DownlinkQuota
    keep_alive_seconds: int | None
    downlink_formatter: str | None
    compute_answers: bool


def effective_settings(application: Application, device: Device) -> EffectiveSettings:
    """Return the settings that hold for a device."""
    of_type = _NO_TYPE if device.type is None else application.device_types.get(device.type, _NO_TYPE)
    return EffectiveSettings(
        payload_encoding=device.payload_encoding or of_type.payload_encoding or application.payload_encoding,
        pad_downlinks=of_type.pad_downlinks,
        downlink_data=of_type.downlink_data,
        daily_downlinks=(
            application.daily_downlinks if of_type.daily_downlinks is None else of_type.daily_downlinks
        ),
        downlink_quota=of_type.downlink_quota or application.downlink_quota,
        keep_alive_seconds=of_type.keep_alive_seconds,
        downlink_formatter=of_type.downlink_formatter,
        compute_answers=of_type.compute_answers,
    )
