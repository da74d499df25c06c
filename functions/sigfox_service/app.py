"""Keeps what Sigfox's services report on a device, and what DATA_ADVANCED adds to its messages."""

from sigbridge.callbacks import addressed_service, read_advanced_data, read_reports
from sigbridge.credentials import Right
from sigbridge.messages import store_messages
from sigbridge.reports import keep_reports
from sigbridge.web.endpoint import authorize, ingest_endpoint
from sigbridge.web.ingest import messages_accepted, reports_kept
from sigbridge.web.request import Request
from sigbridge.web.response import Response


@ingest_endpoint
def lambda_handler(request: Request) -> Response:
    """Answers `/sigfox/{service}`."""
    key = authorize(request, Right.TRAFFIC_UP_WRITE)
    service = addressed_service(request)
    if service is None:
        messages = read_advanced_data(request, key.additional_parameter)
        return messages_accepted(store_messages(key.application_id, messages))
    reports = read_reports(request, service, key.additional_parameter)
    return reports_kept(keep_reports(key.application_id, reports))
