"""List the downlinks that wait for a device."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice, queue_response
from sigbridge.credentials import Right
from sigbridge.downlinks import queued_downlinks


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answer `.../down`."""
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    return queue_response(queued_downlinks(device.application_id, device.device_id))
