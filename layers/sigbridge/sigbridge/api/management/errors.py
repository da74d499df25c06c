"""Errors of the management API: the ingest routes' form, but a field has its whole path."""

from typing import TypedDict

from sigbridge.api.http.errors import StatusError, status_refusal
from sigbridge.api.http.response import Response
from sigbridge.errors import Fault, SigbridgeError


class FieldFault(TypedDict):
    """What is wrong with a field.

    Attributes:
        field: Its whole path, as `tags[0].key`.
    """

    field: str
    message: str


ManagementError = StatusError[FieldFault]


def management_error(error: SigbridgeError, _error_id: str) -> Response:
    """Return the response to a request that failed."""
    return status_refusal(error, _fault)


def _fault(fault: Fault) -> FieldFault:
    return {"field": fault.field, "message": fault.message}
