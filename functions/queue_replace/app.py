"""Put downlinks in place of a device's queue; none clears it."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice, queue_change_response, read_downlinks
from sigbridge.credentials import Right
from sigbridge.downlinks import replace_downlinks


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answer `.../down/replace`."""
    authorize_for(device.application_id, request, Right.TRAFFIC_DOWN_WRITE)
    downlinks = read_downlinks(request, device)
    ids = replace_downlinks(device.application_id, device.device_id, downlinks)
    return queue_change_response(request, ids)
