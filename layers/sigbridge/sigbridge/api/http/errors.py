"""Which HTTP status each error of the domain gets. Nothing else in Sigbridge decides that.

How an error is written is up to each API: `api.ingest.errors`, `api.management.errors`,
`api.things_stack.errors`.
"""

from collections.abc import Callable, Mapping, Sequence

from sigbridge.api.http.content_encoding import BodyTooLarge, UnsupportedContentEncoding
from sigbridge.api.http.request import UnknownRoute, UnsupportedContentType
from sigbridge.api.http.response import Response
from sigbridge.applications import (
    DeviceTypeExists,
    TooManyDeviceTypes,
    UnknownApplication,
    UnknownDeviceType,
)
from sigbridge.credentials import Forbidden, LocksItselfOut, TooManyKeys, Unauthenticated, UnknownKey
from sigbridge.devices import DeviceExists, InactiveDevice, UnknownDevice, UnknownParameter
from sigbridge.downlinks import DownlinkNotQueued, QueueFull, UnknownDownlink
from sigbridge.errors import Fault, InvalidInput, SigbridgeError, StoreUnavailable
from sigbridge.reports import UnknownService
from sigbridge.telemetry.excerpts import excerpts

RETRY_AFTER_SECONDS = 5
# Lambda answers with 6 MB at most, and whoever sent a thousand bad items will not read about each.
MOST_FAULTS = 100

type FaultForm = Callable[[Fault], Mapping[str, object]]

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
    DeviceExists: 409,
    DeviceTypeExists: 409,
    DownlinkNotQueued: 409,
    LocksItselfOut: 409,
    BodyTooLarge: 413,
    UnsupportedContentEncoding: 415,
    UnsupportedContentType: 415,
    QueueFull: 429,
    StoreUnavailable: 503,
}
_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}


def status_of(error: SigbridgeError) -> int:
    """Return the HTTP status of an error."""
    return next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)


def refusal(status: int, content: object) -> Response:
    """Return the response to a request that failed: its long texts are cut, and no key is in them."""
    return Response.json(status, excerpts(content), _HEADERS.get(status))


def status_refusal(error: SigbridgeError, fault_form: FaultForm) -> Response:
    """Return an error in TagoIO's form, `{"status": false, "message": ..., "errors": [...]}`."""
    faults = error.faults if isinstance(error, InvalidInput) else ()
    content = {"status": False, "message": error.message, **listed_faults("errors", faults, fault_form)}
    return refusal(status_of(error), content)


def listed_faults(name: str, faults: Sequence[Fault], fault_form: FaultForm) -> Mapping[str, object]:
    """Return what is wrong in a request under a name: the first 100, and how many there are besides."""
    listed: dict[str, object] = {}
    if faults:
        listed[name] = excerpts([fault_form(fault) for fault in faults[:MOST_FAULTS]])
    if len(faults) > MOST_FAULTS:
        listed[f"more_{name}"] = len(faults) - MOST_FAULTS
    return listed
