"""What every Lambda function that takes callbacks does."""

from contextlib import suppress
from urllib.parse import urlencode

from sigbridge.api.http.endpoint import Handle, LambdaHandler, endpoint
from sigbridge.api.http.errors import status_of
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.ingest.errors import ingest_error
from sigbridge.credentials import Unauthenticated, authenticate, redact_bytes
from sigbridge.errors import SigbridgeError
from sigbridge.feed.refusals import RefusedCallback, record_refusal
from sigbridge.telemetry.excerpts import excerpt

_SERVER_ERRORS = 500
_MOST_BYTES = 1_000


def ingest_endpoint(handle: Handle) -> LambdaHandler:
    """Make a Lambda handler whose errors are in TagoIO's form, and whose refusals are in the feed."""

    def answer(request: Request) -> Response:
        try:
            return handle(request)
        except SigbridgeError as error:
            if status_of(error) < _SERVER_ERRORS and not isinstance(error, Unauthenticated):
                _record(request, error)
            raise

    return endpoint(answer, ingest_error)


def _record(request: Request, error: SigbridgeError) -> None:
    # The key is known already: it is remembered for a minute. Whose it is no more has no feed.
    with suppress(SigbridgeError):
        application_id = authenticate(request.credential).application_id
        refused = RefusedCallback(
            route=request.route,
            status=status_of(error),
            reason=excerpt(error.message),
            error_id=request.error_id,
            query=_query(request),
            body=_shortened(_body(request)),
        )
        record_refusal(application_id, refused)


def _query(request: Request) -> str:
    with suppress(SigbridgeError):
        return _shortened(urlencode(request.query).encode())
    return ""


def _body(request: Request) -> bytes:
    """Return the body unpacked, or as it came where that is what it was refused for."""
    with suppress(SigbridgeError):
        return request.body
    return redact_bytes(request.raw_body.encode(errors="replace"))


def _shortened(content: bytes) -> str:
    return content[:_MOST_BYTES].decode(errors="replace")
