"""Lists the downlinks that wait for a device."""

from sigbridge.credentials import Right
from sigbridge.downlinks import queued_downlinks
from sigbridge.web.endpoint import authorize_for, queue_endpoint
from sigbridge.web.request import Request
from sigbridge.web.response import Response
from sigbridge.web.things_stack import addressed_device, queue_listed


@queue_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `.../down`."""
    device = addressed_device(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    return queue_listed(queued_downlinks(device.application_id, device.device_id))
