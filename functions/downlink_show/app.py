"""Shows one downlink with all that happened to it."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.downlink_lives import addressed_downlink, life_shown
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice
from sigbridge.credentials import Right
from sigbridge.downlinks import downlink_life


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answers GET `.../down/{downlink_id}`."""
    downlink_id = addressed_downlink(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    return life_shown(downlink_life(device.application_id, device.device_id, downlink_id))
