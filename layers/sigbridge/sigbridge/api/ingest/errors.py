"""Errors of the ingest routes, in TagoIO's form: a fault names the item of the request that it is in."""

from typing import TypedDict

from sigbridge.api.http.errors import StatusError, status_refusal
from sigbridge.api.http.response import Response
from sigbridge.errors import Fault, SigbridgeError


class IndexedFault(TypedDict):
    """What is wrong with a field.

    Attributes:
        index: The message's position, from 0.
        field: As the sender wrote it.
    """

    index: int
    field: str
    message: str


CallbackError = StatusError[IndexedFault]


def ingest_error(error: SigbridgeError, _error_id: str) -> Response:
    """Return the response to a callback that failed."""
    return status_refusal(error, indexed_fault)


def indexed_fault(fault: Fault) -> IndexedFault:
    """Return a fault with the position of its item."""
    return {"index": fault.index, "field": fault.field, "message": fault.message}
