"""Errors of the ingest routes, in TagoIO's form: a fault names the item of the request that it is in."""

from collections.abc import Mapping

from sigbridge.api.http.errors import status_refusal
from sigbridge.api.http.response import Response
from sigbridge.errors import Fault, SigbridgeError


def ingest_error(error: SigbridgeError, _error_id: str) -> Response:
    """Return the response to a callback that failed."""
    return status_refusal(error, indexed_fault)


def indexed_fault(fault: Fault) -> Mapping[str, object]:
    """Return a fault with the position of its item."""
    return {"index": fault.index, "field": fault.field, "message": fault.message}
