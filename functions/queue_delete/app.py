"""Takes one downlink out of a device's queue."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.downlink_lives import addressed_downlink, downlink_deleted
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice
from sigbridge.credentials import Right
from sigbridge.downlinks import delete_downlink


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answers DELETE `.../down/{downlink_id}`."""
    downlink_id = addressed_downlink(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_DOWN_WRITE)
    delete_downlink(device.application_id, device.device_id, downlink_id)
    return downlink_deleted()
