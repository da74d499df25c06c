"""Stores the messages that Sigfox gathered in a batch, or a large array of messages."""

from sigbridge.callbacks import read_batch
from sigbridge.credentials import Right
from sigbridge.messages import store_messages
from sigbridge.web.endpoint import authorize, ingest_endpoint
from sigbridge.web.ingest import messages_accepted
from sigbridge.web.request import Request
from sigbridge.web.response import Response


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `/uplink/batch`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    messages = read_batch(request, key.additional_parameter)
    return messages_accepted(store_messages(key.application_id, messages))
