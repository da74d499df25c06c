"""Lists a device's downlinks, queued, in flight and ended, the newest first."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.downlink_lives import history_shown, read_page
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice
from sigbridge.credentials import Right
from sigbridge.downlinks import downlink_history


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answers GET `.../downlinks`."""
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    limit, cursor = read_page(request)
    return history_shown(downlink_history(device.application_id, device.device_id, limit, cursor))
