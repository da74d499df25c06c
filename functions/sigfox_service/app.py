"""Store what Sigfox's services report on a device, and what DATA_ADVANCED adds to its messages."""

from sigbridge.api.http.endpoint import authorize
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.ingest import addressed_service, read_service, store_received
from sigbridge.api.ingest.endpoint import ingest_endpoint
from sigbridge.api.ingest.responses import receipt_response
from sigbridge.credentials import Right


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answer `/sigfox/{service}`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    received = read_service(request, addressed_service(request), key.additional_parameter)
    return receipt_response(store_received(key.application_id, received))
