"""Stores the messages of a BIDIR callback, then answers the devices that ask for a downlink."""

from sigbridge.callbacks import read_batch
from sigbridge.credentials import Right
from sigbridge.downlinks import reply_to_messages
from sigbridge.messages import store_messages
from sigbridge.web.endpoint import authorize, ingest_endpoint
from sigbridge.web.ingest import count_messages, downlinks_answered
from sigbridge.web.request import Request
from sigbridge.web.response import Response


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `/downlink`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    messages = read_batch(request, key.additional_parameter)
    receipt = store_messages(key.application_id, messages)
    count_messages(receipt)
    return downlinks_answered(reply_to_messages(key.application_id, receipt.messages))
