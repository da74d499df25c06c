"""Errors of the queue API: a google.rpc.Status whose detail names the error as The Things Stack does."""

from collections.abc import Callable, Mapping
from typing import Any

from sigbridge.api.http.content_encoding import BodyTooLarge, UnsupportedContentEncoding
from sigbridge.api.http.errors import refusal, status_of
from sigbridge.api.http.response import Response
from sigbridge.applications import UnknownApplication
from sigbridge.credentials import (
    ExpiredCredential,
    Forbidden,
    InsufficientRights,
    MalformedCredential,
    MissingCredential,
    OtherApplication,
    Unauthenticated,
    WrongSecret,
)
from sigbridge.devices import InactiveDevice, UnknownDevice
from sigbridge.downlinks import DownlinkNotQueued, QueueFull, UnknownDownlink
from sigbridge.errors import (
    FormatterUnavailable,
    InvalidInput,
    SigbridgeError,
    StoredByNewerVersion,
    StoreUnavailable,
    TooManyRequests,
    Unavailable,
)
from sigbridge.things_stack import errors as names
from sigbridge.things_stack.errors import RIGHT_NAMES, ErrorDetail, ErrorName, ThingsStackError

type _Attributes = Callable[[Any], Mapping[str, object]]

# gRPC code of an HTTP status, and HTTP status of a gRPC code (the-things-stack reference, 1.3).
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 413: 3, 415: 3, 429: 8, 503: 14}
_STATUSES = {3: 400, 5: 404, 7: 403, 8: 429, 10: 409, 14: 503, 16: 401}


def _no_attributes(_error: SigbridgeError) -> Mapping[str, object]:
    return {}


def _device(error: UnknownDevice | InactiveDevice) -> Mapping[str, object]:
    return {"device_uid": f"{error.application_id}.{error.device_id.lower()}"}


# An error of a class that is not listed has the name of its nearest base.
_NAMES: Mapping[type[SigbridgeError], tuple[ErrorName, _Attributes]] = {
    MissingCredential: (names.UNAUTHENTICATED, _no_attributes),
    MalformedCredential: (names.INVALID_TOKEN, _no_attributes),
    WrongSecret: (names.INVALID_AUTHORIZATION, _no_attributes),
    ExpiredCredential: (names.API_KEY_EXPIRED, _no_attributes),
    Unauthenticated: (names.API_KEY_NOT_FOUND, _no_attributes),
    InsufficientRights: (
        names.INSUFFICIENT_APPLICATION_RIGHTS,
        lambda error: {"uid": error.application_id, "missing": [RIGHT_NAMES[error.missing]]},
    ),
    OtherApplication: (names.NO_APPLICATION_RIGHTS_FOR, lambda error: {"uid": error.application_id}),
    Forbidden: (names.NO_APPLICATION_RIGHTS, _no_attributes),
    UnknownApplication: (names.NO_APPLICATION_RIGHTS, _no_attributes),
    UnknownDevice: (names.DEVICE_NOT_FOUND, _device),
    InactiveDevice: (names.DEVICE_INACTIVE, _device),
    UnknownDownlink: (names.DOWNLINK_NOT_FOUND, lambda error: {"downlink_id": error.downlink_id}),
    DownlinkNotQueued: (
        names.DOWNLINK_NOT_QUEUED,
        lambda error: {"downlink_id": error.downlink_id, "state": error.state},
    ),
    QueueFull: (names.DOWNLINK_QUEUE_CAPACITY, lambda error: {"capacity": error.capacity}),
    BodyTooLarge: (names.REQUEST_BODY_TOO_LARGE, _no_attributes),
    UnsupportedContentEncoding: (names.CONTENT_ENCODING, _no_attributes),
    InvalidInput: (names.INVALID_INPUT, lambda error: {"message": error.message}),
    StoredByNewerVersion: (names.NEWER_VERSION, _no_attributes),
    StoreUnavailable: (names.STORE_UNAVAILABLE, _no_attributes),
    TooManyRequests: (names.TOO_MANY_REQUESTS, lambda error: {"message": error.message}),
    Unavailable: (names.UNAVAILABLE, lambda error: {"message": error.message}),
    FormatterUnavailable: (names.FORMATTER_UNAVAILABLE, lambda error: {"message": error.message}),
}


def queue_error(error: SigbridgeError, error_id: str) -> Response:
    """Return the response to a request that failed; its correlation id is the log line's `error_id`."""
    code = _CODES[status_of(error)]
    return refusal(error, _STATUSES[code], _detail(error).status(code, error_id))


def _detail(error: SigbridgeError) -> ErrorDetail:
    if isinstance(error, ThingsStackError):
        return error.detail
    name, attributes = next(_NAMES[kind] for kind in type(error).__mro__ if kind in _NAMES)
    return ErrorDetail(name, attributes(error))
