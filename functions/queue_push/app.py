"""Appends downlinks to a device's queue."""

from sigbridge.credentials import Right
from sigbridge.downlinks import push_downlinks, push_downlinks_once
from sigbridge.web.endpoint import authorize_for, queue_endpoint
from sigbridge.web.request import Request
from sigbridge.web.response import Response
from sigbridge.web.things_stack import addressed_device, queue_changed, read_downlinks, read_idempotency_key


@queue_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `.../down/push`."""
    device = addressed_device(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_DOWN_WRITE)
    downlinks = read_downlinks(request, device)
    key = read_idempotency_key(request)
    if key is None:
        ids = push_downlinks(device.application_id, device.device_id, downlinks)
    else:
        ids = push_downlinks_once(device.application_id, device.device_id, downlinks, key)
    return queue_changed(request, ids)
