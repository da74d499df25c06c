"""The errors of The Things Stack, by its names (the-things-stack reference, 1.3 and 1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

from sigbridge.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ErrorName:
    """The Things Stack's name of an error.

    Attributes:
        namespace: The part of The Things Stack that defines it.
        name: Such as `application_downlink_too_long`.
        message_format: Its text, with `{attribute}` for attributes.
    """

    namespace: str
    name: str
    message_format: str


UNAUTHENTICATED = ErrorName("pkg/rpcmetadata", "unauthenticated", "the context is not authenticated")
INVALID_TOKEN = ErrorName("pkg/auth", "token", "invalid token")
INVALID_AUTHORIZATION = ErrorName("pkg/identityserver", "invalid_authorization", "invalid authorization")
API_KEY_EXPIRED = ErrorName("pkg/identityserver", "api_key_expired", "API key is expired")
API_KEY_NOT_FOUND = ErrorName("pkg/identityserver", "api_key_not_found", "API key not found")
INSUFFICIENT_APPLICATION_RIGHTS = ErrorName(
    "pkg/auth/rights", "insufficient_application_rights", "insufficient rights for application `{uid}`"
)
NO_APPLICATION_RIGHTS_FOR = ErrorName(
    "pkg/auth/rights", "no_application_rights", "no rights for application `{uid}`"
)
NO_APPLICATION_RIGHTS = ErrorName("pkg/auth/rights", "no_application_rights", "no rights")
DEVICE_NOT_FOUND = ErrorName(
    "pkg/applicationserver",
    "device_not_found",
    "device `{device_uid}` not found; add it with `POST /v1/devices` or `sigbridge devices add`,"
    " or wait for its first message, which registers it unless the application rejects unknown devices",
)
DOWNLINK_QUEUE_CAPACITY = ErrorName(
    "pkg/networkserver", "downlink_queue_capacity", "downlink queue would exceed capacity of {capacity}"
)
DOWNLINK_EXPIRED = ErrorName("pkg/networkserver", "downlink_expired", "queued downlink is expired")
DOWNLINK_TOO_LONG = ErrorName(
    "pkg/networkserver",
    "application_downlink_too_long",
    "application downlink payload length `{length}` exceeds maximum `{max}`",
)
DOWNLINK_TOO_LONG_AS_HEX = ErrorName(
    DOWNLINK_TOO_LONG.namespace,
    DOWNLINK_TOO_LONG.name,
    DOWNLINK_TOO_LONG.message_format + "; `frm_payload` looks like hex, which is `{base64}` in base64",
)
DOWNLINK_TOO_SHORT = ErrorName(
    "pkg/networkserver",
    "application_downlink_too_short",
    "application downlink payload length `{length}` is below minimum `{min}`;"
    " a device type with `pad_downlinks` appends zeros to it (PATCH /v1/device-types/TYPE)",
)
DOWNLINK_MAX_RETRIES_INVALID = ErrorName(
    "pkg/applicationserver", "downlink_max_retries_invalid", "downlink max retries must be at most {max}"
)
OUTPUT_ERRORS = ErrorName("pkg/messageprocessors/javascript", "output_errors", "`{field}`: {errors}")
OUTPUT = ErrorName("pkg/messageprocessors/javascript", "output", "`{field}`: {message}")
SCRIPT = ErrorName("pkg/scripting/javascript", "script", "`{field}`: {message}")
NO_PAYLOAD = ErrorName("pkg/applicationserver", "no_payload", "no payload")
DECODE_BODY = ErrorName("pkg/applicationserver/io/web", "decode_body", "decode body: {reason}")
VALIDATE_BODY = ErrorName("pkg/applicationserver/io/web", "validate_body", "validate body: {field}")
REQUEST_BODY_TOO_LARGE = ErrorName("pkg/webmiddleware", "request_body_too_large", "body too large")
VALIDATION = ErrorName("pkg/errors", "validation", "invalid `{field}`: {reason}")

# What The Things Stack has no name for.
DEVICE_INACTIVE = ErrorName("sigbridge/devices", "device_inactive", "device `{device_uid}` is not active")
DOWNLINK_NOT_FOUND = ErrorName(
    "sigbridge/downlinks", "downlink_not_found", "downlink `{downlink_id}` not found"
)
DOWNLINK_NOT_QUEUED = ErrorName(
    "sigbridge/downlinks", "downlink_not_queued", "downlink `{downlink_id}` is not queued, but {state}"
)
CONTENT_ENCODING = ErrorName("sigbridge/web", "content_encoding", "unsupported content encoding")
INVALID_INPUT = ErrorName("sigbridge/web", "invalid_input", "{message}")
STORE_UNAVAILABLE = ErrorName("sigbridge/store", "store_unavailable", "the store is not available, try again")
FORMATTER_UNAVAILABLE = ErrorName(
    "sigbridge/formatters", "formatter_unavailable", "{message}; nothing was queued, try again"
)
TOO_MANY_REQUESTS = ErrorName("sigbridge/web", "too_many_requests", "{message}")
UNAVAILABLE = ErrorName("sigbridge/web", "unavailable", "{message}")
NEWER_VERSION = ErrorName(
    "sigbridge/store", "newer_version", "what is stored was written by a newer version of Sigbridge"
)

# Why a downlink failed, by the reason of its step, and the gRPC code of that.
DOWNLINK_FAILURES: Mapping[str, tuple[ErrorName, int]] = {
    reason: (ErrorName("sigbridge/downlinks", reason, text), code)
    for reason, text, code in (
        ("no_acknowledgement", "no attempt of the confirmed downlink was acknowledged", 4),
        ("queue_full", "the queue has no room for another attempt", 8),
        ("no_answer", "Sigfox got no answer that it could emit", 14),
        ("invalid_payload", "Sigfox calls the payload invalid", 3),
        ("quota_exceeded", "the device has used up its downlinks of the day", 8),
        ("network_error", "Sigfox could not transmit the downlink", 14),
        ("no_downlink_contract", "the device's contract has no downlinks", 7),
        ("too_many_requests", "the device asked again before its last window had ended", 8),
        ("invalid_configuration", "the device type at Sigfox wants a callback, and has no BIDIR one", 9),
    )
}

# Rights by their names here.
RIGHT_NAMES: Mapping[str, str] = {
    "traffic:up:write": "RIGHT_APPLICATION_TRAFFIC_UP_WRITE",
    "traffic:down:write": "RIGHT_APPLICATION_TRAFFIC_DOWN_WRITE",
    "traffic:read": "RIGHT_APPLICATION_TRAFFIC_READ",
    "devices:read": "RIGHT_APPLICATION_DEVICES_READ",
    "devices:write": "RIGHT_APPLICATION_DEVICES_WRITE",
    "keys:write": "RIGHT_APPLICATION_SETTINGS_API_KEYS",
    "settings:write": "RIGHT_APPLICATION_SETTINGS_BASIC",
}


_Typed = TypedDict(
    "_Typed", {"@type": NotRequired[Literal["type.googleapis.com/ttn.lorawan.v3.ErrorDetails"]]}
)


class ErrorDetails(_Typed):
    """The error under The Things Stack's name; what is empty is left out.

    Attributes:
        attributes: What stands for the names in `message_format`.
        correlation_id: The log line's `error_id`.
    """

    namespace: str
    name: str
    message_format: str
    attributes: NotRequired[Mapping[str, object]]
    correlation_id: str
    cause: NotRequired["ErrorDetails"]
    code: int


class Status(TypedDict):
    """A google.rpc.Status, whose detail names the error by namespace and name.

    Attributes:
        code: gRPC code.
    """

    code: int
    message: str
    details: list[ErrorDetails]


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One error as The Things Stack writes it.

    Attributes:
        name: Its name.
        attributes: What stands for the attributes of its text.
        cause: The error that led to it.
    """

    name: ErrorName
    attributes: Mapping[str, object] = field(default_factory=dict)
    cause: "ErrorDetail | None" = None

    @property
    def message(self) -> str:
        """The name and the text of the error."""
        text = self.name.message_format
        for attribute, value in self.attributes.items():
            text = text.replace(f"{{{attribute}}}", str(value))
        return f"error:{self.name.namespace}:{self.name.name} ({text})"

    def status(self, code: int, correlation_id: str) -> Status:
        """Return the google.rpc.Status of the error.

        Args:
            code: gRPC code.
            correlation_id: What finds it in the log.
        """
        details: ErrorDetails = {
            "@type": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails",
            **self.details(code, correlation_id),
        }
        return {"code": code, "message": self.message, "details": [details]}

    def details(self, code: int, correlation_id: str) -> ErrorDetails:
        """Return the ErrorDetails message; what is empty is left out."""
        details: ErrorDetails = {
            "namespace": self.name.namespace,
            "name": self.name.name,
            "message_format": self.name.message_format,
            "correlation_id": correlation_id,
            "code": code,
        }
        if self.attributes:
            details["attributes"] = self.attributes
        if self.cause is not None:
            details["cause"] = self.cause.details(code, correlation_id)
        return details


class ThingsStackError(InvalidInput):
    """A request that breaks a rule, under The Things Stack's name for that.

    Attributes:
        detail: What the response says of it.
    """

    def __init__(
        self,
        name: ErrorName,
        attributes: Mapping[str, object] | None = None,
        cause: "ThingsStackError | None" = None,
    ) -> None:
        cause_detail = None if cause is None else cause.detail
        self.detail: ErrorDetail = ErrorDetail(name, attributes or {}, cause_detail)
        super().__init__(self.detail.message)


def invalid_field(field: str, reason: str, cause: ThingsStackError | None = None) -> ThingsStackError:
    """Return the error of a field that breaks its rule."""
    return ThingsStackError(VALIDATION, {"field": field, "reason": reason}, cause)
