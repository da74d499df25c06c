"""Puts downlinks in place of a device's queue; none clears it."""

from sigbridge.credentials import Right
from sigbridge.downlinks import replace_downlinks
from sigbridge.web.endpoint import authorize_for, queue_endpoint
from sigbridge.web.request import Request
from sigbridge.web.response import Response
from sigbridge.web.things_stack import addressed_device, queue_changed, read_downlinks


@queue_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `.../down/replace`."""
    device = addressed_device(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_DOWN_WRITE)
    downlinks = read_downlinks(request, device)
    ids = replace_downlinks(device.application_id, device.device_id, downlinks)
    return queue_changed(request, ids)
