"""Errors of the management API: the ingest routes' form, but a field has its whole path."""

from typing import NotRequired, TypedDict

from sigbridge.api.http.errors import StatusError, status_refusal
from sigbridge.api.http.response import Response
from sigbridge.errors import Fault, SigbridgeError


class FieldFault(TypedDict):
    """What is wrong with a field.

    Attributes:
        field: Its whole path, as `tags[0].key`.
        line, column: Where in its text, from 1, if it is the source of a formatter.
    """

    field: str
    message: str
    line: NotRequired[int]
    column: NotRequired[int]


ManagementError = StatusError[FieldFault]


def management_error(error: SigbridgeError, _error_id: str) -> Response:
    """Return the response to a request that failed."""
    return status_refusal(error, _fault)


def _fault(fault: Fault) -> FieldFault:
    written: FieldFault = {"field": fault.field, "message": fault.message}
    if fault.line is not None and fault.column is not None:
        written |= {"line": fault.line, "column": fault.column}
    return written
