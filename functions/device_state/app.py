"""Tells how a device is doing."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.device_state import DeviceStateTold
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice
from sigbridge.clock import now_ms
from sigbridge.credentials import Right
from sigbridge.downlinks import quota_of
from sigbridge.status import condition_of


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answers `.../state`."""
    authorize_for(device.application_id, request, Right.DEVICES_READ)
    condition = condition_of(device.application_id, device.device_id, now_ms())
    quota = quota_of(device.application_id, device.device_id, now_ms())
    return Response.json(200, DeviceStateTold.of(condition, quota).model_dump(mode="json"))
