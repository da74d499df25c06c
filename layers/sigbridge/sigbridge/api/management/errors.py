"""Errors of the management API: the ingest routes' form, but a field has its whole path."""

from collections.abc import Mapping

from sigbridge.api.http.errors import status_refusal
from sigbridge.api.http.response import Response
from sigbridge.errors import Fault, SigbridgeError


def management_error(error: SigbridgeError, _error_id: str) -> Response:
    """Return the response to a request that failed."""
    return status_refusal(error, _fault)


def _fault(fault: Fault) -> Mapping[str, object]:
    return {"field": fault.field, "message": fault.message}
