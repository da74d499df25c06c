"""Append downlinks to a device's queue."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.endpoint import device_endpoint
from sigbridge.api.things_stack.requests import (
    AddressedDevice,
    queue_change_response,
    read_downlinks,
    read_idempotency_key,
)
from sigbridge.credentials import Right
from sigbridge.downlinks import push_downlinks, push_downlinks_once


@device_endpoint
def lambda_handler(request: Request, device: AddressedDevice) -> Response:
    """Answer `.../down/push`."""
    authorize_for(device.application_id, request, Right.TRAFFIC_DOWN_WRITE)
    downlinks = read_downlinks(request, device)
    key = read_idempotency_key(request)
    if key is None:
        ids = push_downlinks(device.application_id, device.device_id, downlinks)
    else:
        ids = push_downlinks_once(device.application_id, device.device_id, downlinks, key)
    return queue_change_response(request, ids)
