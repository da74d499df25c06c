"""Which HTTP answer each error of the domain gets. Nothing else in Sigbridge decides that.

Ingest routes answer in TagoIO's form, the queue in The Things Stack's (the-things-stack reference,
1.3 and 1.4): a google.rpc.Status whose detail names the error by namespace and name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.api.http.content_encoding import BodyTooLarge, UnsupportedContentEncoding
from sigbridge.api.http.excerpts import excerpts
from sigbridge.api.http.request import UnknownRoute, UnsupportedContentType
from sigbridge.api.http.response import Response
from sigbridge.applications import (
    DeviceTypeExists,
    TooManyDeviceTypes,
    UnknownApplication,
    UnknownDeviceType,
)
from sigbridge.credentials import (
    ExpiredCredential,
    Forbidden,
    InsufficientRights,
    LocksItselfOut,
    MalformedCredential,
    MissingCredential,
    OtherApplication,
    Right,
    TooManyKeys,
    Unauthenticated,
    UngrantableRights,
    UngrantableTime,
    UnknownKey,
    WrongSecret,
)
from sigbridge.devices import DeviceExists, InactiveDevice, UnknownDevice, UnknownParameter
from sigbridge.downlinks import DownlinkNotQueued, QueueFull, UnknownDownlink
from sigbridge.errors import Fault, InvalidInput, SigbridgeError, StoreUnavailable
from sigbridge.reports import UnknownService
from sigbridge.things_stack.errors import ThingsStackError

RETRY_AFTER_SECONDS = 5
# Lambda answers with 6 MB at most, and whoever sent a thousand bad items will not read about each.
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """How an error is told.

    Attributes:
        status: HTTP status of the ingest routes.
        code: gRPC code, which decides The Things Stack's status too.
        namespace, name: The Things Stack's name of the error.
        message_format: Its text, with `{attribute}` for attributes.
        attributes: Reads the attributes off the error.
    """

    status: int
    code: int
    namespace: str
    name: str
    message_format: str
    attributes: Callable[[Any], Mapping[str, object]] = lambda _error: {}


def _message(error: SigbridgeError) -> Mapping[str, object]:
    return {"message": error.message}


_RIGHT_NAMES = {
    Right.TRAFFIC_UP_WRITE: "RIGHT_APPLICATION_TRAFFIC_UP_WRITE",
    Right.TRAFFIC_DOWN_WRITE: "RIGHT_APPLICATION_TRAFFIC_DOWN_WRITE",
    Right.TRAFFIC_READ: "RIGHT_APPLICATION_TRAFFIC_READ",
    Right.DEVICES_READ: "RIGHT_APPLICATION_DEVICES_READ",
    Right.DEVICES_WRITE: "RIGHT_APPLICATION_DEVICES_WRITE",
    Right.KEYS_WRITE: "RIGHT_APPLICATION_SETTINGS_API_KEYS",
    Right.SETTINGS_WRITE: "RIGHT_APPLICATION_SETTINGS_BASIC",
}

# The Things Stack's table (the-things-stack reference, 1.3), as far as its codes are used here.
_STATUS_OF_CODE = {3: 400, 5: 404, 7: 403, 8: 429, 10: 409, 14: 503, 16: 401}

# The first class that an error is an instance of decides: special ones come before general ones.
_FORMS: tuple[tuple[type[SigbridgeError], ErrorForm], ...] = (
    (
        MissingCredential,
        ErrorForm(401, 16, "pkg/rpcmetadata", "unauthenticated", "the context is not authenticated"),
    ),
    (MalformedCredential, ErrorForm(401, 16, "pkg/auth", "token", "invalid token")),
    (
        WrongSecret,
        ErrorForm(401, 16, "pkg/identityserver", "invalid_authorization", "invalid authorization"),
    ),
    (ExpiredCredential, ErrorForm(401, 16, "pkg/identityserver", "api_key_expired", "API key is expired")),
    (Unauthenticated, ErrorForm(401, 16, "pkg/identityserver", "api_key_not_found", "API key not found")),
    (
        InsufficientRights,
        ErrorForm(
            403,
            7,
            "pkg/auth/rights",
            "insufficient_application_rights",
            "insufficient rights for application `{uid}`",
            lambda error: {"uid": error.application_id, "missing": [_RIGHT_NAMES[error.missing]]},
        ),
    ),
    (
        OtherApplication,
        ErrorForm(
            403,
            7,
            "pkg/auth/rights",
            "no_application_rights",
            "no rights for application `{uid}`",
            lambda error: {"uid": error.application_id},
        ),
    ),
    (
        UngrantableRights,
        ErrorForm(
            403,
            7,
            "sigbridge/credentials",
            "rights_not_grantable",
            "{message}",
            lambda error: {
                "message": error.message,
                "missing": [_RIGHT_NAMES[right] for right in error.missing],
            },
        ),
    ),
    (
        UngrantableTime,
        ErrorForm(403, 7, "sigbridge/credentials", "time_not_grantable", "{message}", _message),
    ),
    (Forbidden, ErrorForm(403, 7, "pkg/auth/rights", "no_application_rights", "no rights")),
    (UnknownApplication, ErrorForm(403, 7, "pkg/auth/rights", "no_application_rights", "no rights")),
    (UnknownKey, ErrorForm(404, 5, "sigbridge/credentials", "key_not_found", "{message}", _message)),
    (TooManyKeys, ErrorForm(400, 3, "sigbridge/credentials", "too_many_keys", "{message}", _message)),
    (LocksItselfOut, ErrorForm(409, 10, "sigbridge/credentials", "locks_itself_out", "{message}", _message)),
    (
        UnknownDevice,
        ErrorForm(
            404,
            5,
            "pkg/applicationserver",
            "device_not_found",
            "device `{device_uid}` not found",
            lambda error: {"device_uid": f"{error.application_id}.{error.device_id.lower()}"},
        ),
    ),
    (
        InactiveDevice,
        ErrorForm(
            403,
            7,
            "sigbridge/devices",
            "device_inactive",
            "device `{device_uid}` is not active",
            lambda error: {"device_uid": f"{error.application_id}.{error.device_id.lower()}"},
        ),
    ),
    (DeviceExists, ErrorForm(409, 10, "sigbridge/devices", "device_exists", "{message}", _message)),
    (
        UnknownDeviceType,
        ErrorForm(404, 5, "sigbridge/applications", "device_type_not_found", "{message}", _message),
    ),
    (
        DeviceTypeExists,
        ErrorForm(409, 10, "sigbridge/applications", "device_type_exists", "{message}", _message),
    ),
    (
        TooManyDeviceTypes,
        ErrorForm(400, 3, "sigbridge/applications", "too_many_device_types", "{message}", _message),
    ),
    (UnknownParameter, ErrorForm(404, 5, "sigbridge/devices", "parameter_not_found", "{message}", _message)),
    (
        UnknownDownlink,
        ErrorForm(
            404,
            5,
            "sigbridge/downlinks",
            "downlink_not_found",
            "downlink `{downlink_id}` not found",
            lambda error: {"downlink_id": error.downlink_id},
        ),
    ),
    (
        DownlinkNotQueued,
        ErrorForm(
            409,
            10,
            "sigbridge/downlinks",
            "downlink_not_queued",
            "downlink `{downlink_id}` is not queued, but {state}",
            lambda error: {"downlink_id": error.downlink_id, "state": error.state},
        ),
    ),
    (
        UnknownService,
        ErrorForm(
            404,
            5,
            "sigbridge/web",
            "service_not_found",
            "service `{service}` not found",
            lambda error: {"service": error.service},
        ),
    ),
    (UnknownRoute, ErrorForm(404, 5, "sigbridge/web", "route_not_found", "no such route")),
    (
        QueueFull,
        ErrorForm(
            429,
            8,
            "pkg/networkserver",
            "downlink_queue_capacity",
            "downlink queue would exceed capacity of {capacity}",
            lambda error: {"capacity": error.capacity},
        ),
    ),
    (
        BodyTooLarge,
        ErrorForm(413, 3, "pkg/webmiddleware", "request_body_too_large", "body too large"),
    ),
    (UnsupportedContentType, ErrorForm(415, 3, "sigbridge/web", "content_type", "unsupported content type")),
    (
        UnsupportedContentEncoding,
        ErrorForm(415, 3, "sigbridge/web", "content_encoding", "unsupported content encoding"),
    ),
    (
        InvalidInput,
        ErrorForm(400, 3, "sigbridge/web", "invalid_input", "{message}", _message),
    ),
    (
        StoreUnavailable,
        ErrorForm(503, 14, "sigbridge/store", "store_unavailable", "the store is not available, try again"),
    ),
)


def ingest_error(error: SigbridgeError, _error_id: str) -> Response:
    """Tells an error in the ingest routes' form."""
    return _told(error, with_index)


def listed_faults(
    name: str, faults: Sequence[Fault], tell: Callable[[Fault], Mapping[str, object]]
) -> Mapping[str, object]:
    """Give what is wrong in a request under a name: the first 100, and how many there are besides."""
    listed: dict[str, object] = {}
    if faults:
        listed[name] = excerpts([tell(fault) for fault in faults[:MOST_FAULTS]])
    if len(faults) > MOST_FAULTS:
        listed[f"more_{name}"] = len(faults) - MOST_FAULTS
    return listed


def with_index(fault: Fault) -> Mapping[str, object]:
    """Tell what is wrong in an item of a request."""
    return {"index": fault.index, **_field(fault)}


def management_error(error: SigbridgeError, _error_id: str) -> Response:
    """Tells an error of the management API: the ingest routes' form, but fields have their whole path."""
    return _told(error, _field)


def queue_error(error: SigbridgeError, error_id: str) -> Response:
    """Tells an error in The Things Stack's form; its correlation id is the log line's `error_id`."""
    if not isinstance(error, ThingsStackError):
        form = _form(error)
        error = ThingsStackError(
            form.namespace, form.name, form.message_format, form.attributes(error), code=form.code
        )
    status = _STATUS_OF_CODE[error.code]
    google_status = {
        "code": error.code,
        "message": error.message,
        "details": [{"@type": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails", **error.details(error_id)}],
    }
    return Response.json(status, excerpts(google_status), _headers(status))


def _told(error: SigbridgeError, tell: Callable[[Fault], Mapping[str, object]]) -> Response:
    faults = error.faults if isinstance(error, InvalidInput) else ()
    content = {"status": False, "message": error.message, **listed_faults("errors", faults, tell)}
    status = _form(error).status
    return Response.json(status, excerpts(content), _headers(status))


def _field(fault: Fault) -> Mapping[str, object]:
    return {"field": fault.field, "message": fault.message}


def _form(error: SigbridgeError) -> ErrorForm:
    return next(form for kind, form in _FORMS if isinstance(error, kind))


def _headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
