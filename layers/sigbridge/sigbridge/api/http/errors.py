"""Which HTTP status each error of the domain gets. Nothing else in Sigbridge decides that.

How an error is written is up to each API: `api.ingest.errors`, `api.management.errors`,
`api.things_stack.errors`.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Literal, NotRequired, TypedDict

from sigbridge.api.http.content_encoding import BodyTooLarge, UnsupportedContentEncoding
from sigbridge.api.http.request import UnknownRoute, UnsupportedContentType
from sigbridge.api.http.response import Response
from sigbridge.applications import (
    DeviceTypeExists,
    TooManyDeviceTypes,
    UnknownApplication,
    UnknownDeviceType,
)
from sigbridge.clock import now_ms
from sigbridge.credentials import Forbidden, SelfLockout, TooManyKeys, Unauthenticated, UnknownKey
from sigbridge.devices import DeviceExists, InactiveDevice, UnknownDevice, UnknownParameter
from sigbridge.downlinks import DownlinkNotQueued, QueueFull, UnknownDownlink
from sigbridge.errors import (
    DependencyRefuses,
    Fault,
    InUse,
    InvalidInput,
    NotFound,
    NothingToDo,
    SigbridgeError,
    StoredByNewerVersion,
    TooManyRequests,
    Unavailable,
)
from sigbridge.reports import UnknownService
from sigbridge.telemetry.excerpts import excerpts

RETRY_AFTER_SECONDS = 5
# Lambda answers with 6 MB at most, and whoever sent a thousand bad items will not read about each.
MOST_FAULTS = 100


class StatusError[F](TypedDict):
    """An error in TagoIO's form.

    Attributes:
        errors: Every field at fault, where fields are; the first 100 of them.
        more_errors: How many fields more are at fault.
    """

    status: Literal[False]
    message: str
    errors: NotRequired[list[F]]
    more_errors: NotRequired[int]


# An error of a class that is not listed gets the status of its nearest base.
_STATUSES: Mapping[type[SigbridgeError], int] = {
    InvalidInput: 400,
    TooManyDeviceTypes: 400,
    TooManyKeys: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    InactiveDevice: 403,
    UnknownApplication: 403,
    UnknownDevice: 404,
    UnknownDeviceType: 404,
    UnknownDownlink: 404,
    UnknownKey: 404,
    UnknownParameter: 404,
    UnknownRoute: 404,
    UnknownService: 404,
    NotFound: 404,
    DeviceExists: 409,
    DeviceTypeExists: 409,
    DownlinkNotQueued: 409,
    SelfLockout: 409,
    InUse: 409,
    NothingToDo: 409,
    BodyTooLarge: 413,
    UnsupportedContentEncoding: 415,
    UnsupportedContentType: 415,
    DependencyRefuses: 424,
    QueueFull: 429,
    TooManyRequests: 429,
    StoredByNewerVersion: 503,
    Unavailable: 503,
}
_LATER = {"Retry-After": str(RETRY_AFTER_SECONDS)}
_HEADERS: Mapping[type[SigbridgeError], Mapping[str, str]] = {
    Unauthenticated: {"WWW-Authenticate": "Bearer"},
    TooManyRequests: _LATER,
    StoredByNewerVersion: _LATER,
    Unavailable: _LATER,
}


def status_of(error: SigbridgeError) -> int:
    """Return the HTTP status of an error."""
    return next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)


def refusal(error: SigbridgeError, status: int, content: object) -> Response:
    """Return the response to a request that failed: its long texts are cut, and no key is in them."""
    headers = next((_HEADERS[kind] for kind in type(error).__mro__ if kind in _HEADERS), None)
    if isinstance(error, Unavailable) and error.again_at is not None:
        headers = {"Retry-After": str(max(ceil((error.again_at - now_ms()) / 1000), 1))}
    return Response.json(status, excerpts(content), headers)


def status_refusal[F](error: SigbridgeError, written: Callable[[Fault], F]) -> Response:
    """Return the response to a request that failed, in TagoIO's form.

    Args:
        error: What failed.
        written: Writes a fault.
    """
    content: StatusError[F] = {"status": False, "message": error.message}
    faults = error.faults if isinstance(error, InvalidInput) else ()
    if faults:
        content["errors"] = first_faults(faults, written)
    if more := faults_besides(faults):
        content["more_errors"] = more
    return refusal(error, status_of(error), content)


def first_faults[F](faults: Sequence[Fault], written: Callable[[Fault], F]) -> list[F]:
    """Return the first 100 of what is wrong in a request, without long texts."""
    first: list[F] = excerpts([written(fault) for fault in faults[:MOST_FAULTS]])
    return first


def faults_besides(faults: Sequence[Fault]) -> int:
    """Return how many faults there are besides the first 100."""
    return max(len(faults) - MOST_FAULTS, 0)
