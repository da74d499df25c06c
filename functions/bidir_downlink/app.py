"""Store the messages of a BIDIR callback, then answer the devices that ask for a downlink."""

from sigbridge.api.http.endpoint import authorize
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.ingest import read_bidir, store_received
from sigbridge.api.ingest.endpoint import ingest_endpoint
from sigbridge.api.ingest.responses import downlinks_response, receipt_response, report_warnings
from sigbridge.credentials import Right
from sigbridge.downlinks import reply_to_messages


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answer `/downlink`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    receipt = store_received(key.application_id, read_bidir(request, key.additional_parameter))
    if not receipt.can_ask:
        return receipt_response(receipt)
    report_warnings(receipt)
    replies = reply_to_messages(key.application_id, receipt.messages.messages, request.received_at)
    return downlinks_response(replies)
