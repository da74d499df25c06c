"""Stores the messages of a BIDIR callback, then answers the devices that ask for a downlink."""

from sigbridge.api.http.endpoint import authorize
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.ingest import read_bidir, store_received
from sigbridge.api.ingest.endpoint import ingest_endpoint
from sigbridge.api.ingest.responses import callback_accepted, count_callback, downlinks_answered
from sigbridge.credentials import Right
from sigbridge.downlinks import reply_to_messages


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `/downlink`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    receipt = store_received(key.application_id, read_bidir(request, key.additional_parameter))
    if not receipt.can_ask:
        return callback_accepted(receipt)
    count_callback(receipt)
    return downlinks_answered(reply_to_messages(key.application_id, receipt.messages.messages))
