"""Store the messages of a callback."""

from sigbridge.api.http.endpoint import authorize
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.ingest import read_uplinks, store_received
from sigbridge.api.ingest.endpoint import ingest_endpoint
from sigbridge.api.ingest.responses import receipt_response
from sigbridge.credentials import Right


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answer `/uplink`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    received = read_uplinks(request, key.additional_parameter)
    return receipt_response(store_received(key.application_id, received))
