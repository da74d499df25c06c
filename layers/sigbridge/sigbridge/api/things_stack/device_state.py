"""What is told of a device's state."""

from sigbridge.api.http.device_status import ConditionTold, condition_told
from sigbridge.downlinks import Quota
from sigbridge.status import Condition


class DeviceStateTold(ConditionTold):
    """How a device is doing, as `.../state` tells it."""

    device_id: str

    @classmethod
    def of(cls, condition: Condition, quota: Quota) -> "DeviceStateTold":
        """Tells how a device is doing."""
        return cls.model_validate({"device_id": condition.device_id, **condition_told(condition, quota)})
