"""Lists the downlinks that wait for a device."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.credentials import Right
from sigbridge.downlinks import queued_downlinks
from sigbridge.web.device_endpoint import device_endpoint
from sigbridge.web.things_stack import AddressedDevice, queue_listed


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answers `.../down`."""
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    return queue_listed(queued_downlinks(device.application_id, device.device_id))
