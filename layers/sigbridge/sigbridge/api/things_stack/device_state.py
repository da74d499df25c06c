"""The response of `.../state`."""

from sigbridge.api.http.device_status import DeviceStatusResponse, device_status_fields
from sigbridge.downlinks import Quota
from sigbridge.status import DeviceStatus


class DeviceStateResponse(DeviceStatusResponse):
    """How a device is doing."""

    device_id: str

    @classmethod
    def of(cls, condition: DeviceStatus, quota: Quota) -> "DeviceStateResponse":
        return cls.model_validate(
            {"device_id": condition.device_id, **device_status_fields(condition, quota)}
        )
