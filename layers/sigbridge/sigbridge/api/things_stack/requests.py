"""The Things Stack's queue API: its paths, its JSON dialect, its order of checks.

Rules from the-things-stack reference, 1.1 to 2.5, with Sigfox's: a payload is exactly 8 bytes, and
there is no class B or C.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from sigbridge.api.http.json_body import read_json
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.applications.application import is_identifier
from sigbridge.clock import now_ms, rfc3339
from sigbridge.devices import DOWNLINK_BYTES, Directory, normalize_device_id
from sigbridge.downlinks import Downlink, Priority, check_capacity
from sigbridge.downlinks.notation import MOST_PUSHED_BYTES, write_downlink
from sigbridge.errors import InvalidInput
from sigbridge.messages.limits import is_storable
from sigbridge.things_stack.errors import (
    DECODE_BODY,
    DOWNLINK_EXPIRED,
    DOWNLINK_MAX_RETRIES_INVALID,
    DOWNLINK_TOO_LONG,
    DOWNLINK_TOO_LONG_AS_HEX,
    DOWNLINK_TOO_SHORT,
    NO_PAYLOAD,
    VALIDATE_BODY,
    ThingsStackError,
    invalid_field,
)

IDENTIFIER_RULE = (
    "value does not match regex pattern `^[a-z0-9](?:[-]?[a-z0-9]){2,}$` of at most 36 characters"
)
_FORBIDDEN_PORT = 224
_MAX_ATTEMPTS = 100
_MAX_ATTEMPTS_HERE = 32
_IDEMPOTENCY_KEY_LENGTH = 255
_LAST_EXPIRY = datetime(2286, 1, 1, tzinfo=UTC)
# These digits are base64 too, of more bytes than a downlink has.
_HEX_PAYLOAD = re.compile(rf"(0x)?[0-9a-f]{{{2 * DOWNLINK_BYTES}}}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class AddressedDevice:
    """The device that a path names.

    Attributes:
        application_id: The application in the path.
        device_id: Normalised device id.
    """

    application_id: str
    device_id: str

    @cached_property
    def pads_downlinks(self) -> bool:
        """Whether its type has a short `decoded_payload` filled up; looked up when it is asked for.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: It can't be looked up.
        """
        directory = Directory.open(self.application_id, (self.device_id,))
        return directory.treatment_of(self.device_id).pad_downlinks


def addressed_device(request: Request) -> AddressedDevice:
    """Reads the identifiers of a path; a device's may have capitals, as Sigfox writes it.

    Raises:
        ThingsStackError: One breaks The Things Stack's rule for identifiers.
    """
    device_id = request.path["device_id"]
    identifiers = {**request.path, "device_id": device_id.lower() if device_id.isascii() else device_id}
    for name in ("application_id", "webhook_id", "device_id"):
        value = identifiers.get(name)
        if value is not None and not is_identifier(value):
            hint = f"; write `{value.lower()}`" if is_identifier(value.lower()) else ""
            raise invalid_field(name, IDENTIFIER_RULE + hint)
    return AddressedDevice(identifiers["application_id"], normalize_device_id(device_id))


def read_downlinks(request: Request, device: AddressedDevice) -> list[Downlink]:
    """Reads the downlinks of a push or replace request; an empty list is a valid request.

    Args:
        request: The request.
        device: Whose downlinks they are: its type decides about payloads that are too short.

    Raises:
        ThingsStackError: The body or one item is not valid; The Things Stack's name says how.
        QueueFull: They are more than any queue holds.
        UnknownApplication, StoreUnavailable: How the device is treated can't be looked up.
    """
    try:
        document = read_json(request.body)
        if not isinstance(document, dict):
            message = "The body must be an object"
            raise InvalidInput(message)
    except InvalidInput as invalid:
        raise ThingsStackError(DECODE_BODY, {"reason": invalid.message}) from invalid
    if "downlinks" not in document:
        # The Things Stack takes that for an empty list, so that a body of another form clears the queue.
        raise _told(request, invalid_field("downlinks", "value is required; write `[]` for none"))
    items = [] if document["downlinks"] is None else document["downlinks"]
    if not isinstance(items, list):
        raise _told(request, invalid_field("downlinks", "value must be a list"))
    check_capacity(len(items))
    moment = now_ms()
    return [_downlink(request, device, position, item, moment) for position, item in enumerate(items)]


def read_idempotency_key(request: Request) -> str | None:
    """Reads the header `Idempotency-Key`, which makes a push safe to repeat; None where there is none.

    Raises:
        ThingsStackError: It is longer than 255 characters.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _IDEMPOTENCY_KEY_LENGTH:
        raise invalid_field("Idempotency-Key", f"value must have 1 to {_IDEMPOTENCY_KEY_LENGTH} characters")
    return key


def queue_changed(request: Request, downlink_ids: Sequence[str]) -> Response:
    """Answers a push or replace: an empty body on the webhook path, `{}` on the other.

    The header `X-Downlink-Ids` names the new downlinks, which The Things Stack's clients don't miss.
    """
    headers = {"X-Downlink-Ids": ",".join(downlink_ids)} if downlink_ids else {}
    return Response(200, headers=headers) if _by_webhook(request) else Response.json(200, {}, headers)


def queue_listed(downlinks: Sequence[Downlink]) -> Response:
    """Answers a list request; an empty queue is `{}`, because empty fields are left out."""
    return Response.json(200, {"downlinks": [queue_item(d) for d in downlinks]} if downlinks else {})


def _null_as_empty(value: object) -> object:
    return [] if value is None else value


def _read_priority(value: object) -> object:
    if value is None:
        return Priority.LOWEST
    if isinstance(value, str) and value in Priority.__members__:
        return Priority[value]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    message = "value must be one of " + ", ".join(Priority.__members__)
    raise ValueError(message)


def _read_rfc3339(value: object) -> object:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "value must be an RFC 3339 time"
        raise ValueError(message)
    return moment


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        message = "value must be a number"
        raise ValueError(message)
    return value


# Names both as The Things Stack writes them and in camelCase; errors name them in the first way.
_DIALECT = ConfigDict(alias_generator=to_camel, validate_by_name=True, loc_by_alias=False)


def _with_storable_numbers(content: dict[str, Any]) -> dict[str, Any]:
    if not all(is_storable(Decimal(number)) for number in _numbers(content)):
        message = "numbers must have at most 38 digits and an exponent from -130 to 125"
        raise ValueError(message)
    return content


def _numbers(content: object) -> Iterator[int | Decimal]:
    if isinstance(content, dict | list):
        for value in content.values() if isinstance(content, dict) else content:
            yield from _numbers(value)
    elif isinstance(content, int | Decimal):
        yield content


class ConfirmedRetry(BaseModel):
    """How often a confirmed downlink is tried."""

    model_config = _DIALECT

    max_attempts: Annotated[
        Annotated[int, Field(ge=1, le=_MAX_ATTEMPTS)] | None, BeforeValidator(_no_boolean)
    ] = None


class DownlinkItem(BaseModel):
    """A downlink as a push or replace request gives it."""

    model_config = _DIALECT

    f_port: Annotated[Annotated[int, Field(ge=0, le=255)] | None, BeforeValidator(_no_boolean)] = None
    frm_payload: str | None = None
    decoded_payload: Annotated[dict[str, Any], AfterValidator(_with_storable_numbers)] | None = None
    confirmed: StrictBool | None = None
    class_b_c: object = None
    priority: Annotated[Priority, BeforeValidator(_read_priority)] = Priority.LOWEST
    correlation_ids: Annotated[
        list[Annotated[str, Field(max_length=100)]], BeforeValidator(_null_as_empty)
    ] = Field(default_factory=list)
    confirmed_retry: ConfirmedRetry | None = None
    expires_at: Annotated[datetime | None, BeforeValidator(_read_rfc3339)] = None


def _downlink(
    request: Request, device: AddressedDevice, position: int, content: object, moment: int
) -> Downlink:
    field = f"downlinks[{position}]"
    if not isinstance(content, dict):
        raise _told(request, invalid_field(field, "value must be an object"))
    try:
        item = DownlinkItem.model_validate(content)
    except ValidationError as invalid:
        raise _told(request, _first_rule_broken(field, invalid)) from invalid
    if item.f_port == _FORBIDDEN_PORT:
        raise _told(request, _embedded(field, "f_port", "value must not be in list [224]"))
    if item.class_b_c is not None:
        raise _told(request, _embedded(field, "class_b_c", "Sigfox has neither class B nor class C"))
    downlink = Downlink(
        payload=_payload(request, device, field, item).hex(),
        f_port=item.f_port,
        confirmed=item.confirmed or False,
        priority=item.priority,
        correlation_ids=tuple(item.correlation_ids),
        decoded_payload=item.decoded_payload,
        max_attempts=_max_attempts(item),
        expires_at=_expiry(request, field, item.expires_at),
    )
    if downlink.is_expired(moment):
        raise ThingsStackError(DOWNLINK_EXPIRED)
    if len(write_downlink(downlink).encode()) > MOST_PUSHED_BYTES:
        reason = f"downlink must not exceed {MOST_PUSHED_BYTES} bytes with all its fields"
        raise _told(request, invalid_field(field, reason))
    return downlink


def _max_attempts(item: DownlinkItem) -> int | None:
    wanted = None if item.confirmed_retry is None else item.confirmed_retry.max_attempts
    if wanted is not None and wanted > _MAX_ATTEMPTS_HERE:
        raise ThingsStackError(DOWNLINK_MAX_RETRIES_INVALID, {"max": _MAX_ATTEMPTS_HERE})
    return wanted


def _payload(request: Request, device: AddressedDevice, field: str, item: DownlinkItem) -> bytes:
    try:
        payload = _read_payload(device, item)
    except ThingsStackError as invalid:
        reason = "embedded message failed validation"
        raise _told(request, invalid_field(field, reason, invalid)) from invalid
    if payload is None:
        raise ThingsStackError(NO_PAYLOAD)
    length = len(payload)
    if length > DOWNLINK_BYTES:
        is_hex = _HEX_PAYLOAD.fullmatch(item.frm_payload or "")
        name = DOWNLINK_TOO_LONG_AS_HEX if is_hex else DOWNLINK_TOO_LONG
        raise ThingsStackError(name, {"length": length, "max": DOWNLINK_BYTES})
    if length < DOWNLINK_BYTES:
        raise ThingsStackError(DOWNLINK_TOO_SHORT, {"length": length, "min": DOWNLINK_BYTES})
    return payload


def _read_payload(device: AddressedDevice, item: DownlinkItem) -> bytes | None:
    if item.frm_payload:
        return _read_base64(item.frm_payload)
    if not item.decoded_payload:
        return None
    payload = _read_bytes(item.decoded_payload)
    if len(payload) < DOWNLINK_BYTES and device.pads_downlinks:
        return payload.ljust(DOWNLINK_BYTES, b"\0")
    return payload


def _read_base64(text: str) -> bytes:
    # Encoders break lines, and decoders don't mind. A blank inside stays a fault: it may have been a "+".
    joined = text.strip().replace("\r", "").replace("\n", "")
    standard = joined.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as failure:
        raise invalid_field("frm_payload", "value must be base64") from failure


def _read_bytes(decoded_payload: dict[str, Any]) -> bytes:
    values = decoded_payload.get("bytes")
    if not isinstance(values, list):
        raise invalid_field(
            "decoded_payload", 'without a payload formatter only {"bytes": [...]} can be encoded'
        )
    if not all(type(value) is int and 0 <= value <= 255 for value in values):
        raise invalid_field("decoded_payload.bytes", "values must be whole numbers from 0 to 255")
    return bytes(values)


def _expiry(request: Request, field: str, moment: datetime | None) -> int | None:
    if moment is None:
        return None
    if moment >= _LAST_EXPIRY:
        raise _told(request, _embedded(field, "expires_at", "value must be before the year 2286"))
    return int(moment.timestamp() * 1000)


def _first_rule_broken(field: str, invalid: ValidationError) -> ThingsStackError:
    error = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(step) for step in error["loc"])
    reason = error["msg"].removeprefix("Value error, ")
    return _embedded(field, path, reason) if path else invalid_field(field, reason)


def _embedded(field: str, inner_field: str, reason: str) -> ThingsStackError:
    return invalid_field(field, "embedded message failed validation", invalid_field(inner_field, reason))


def _told(request: Request, error: ThingsStackError) -> ThingsStackError:
    if not _by_webhook(request):
        return error
    return ThingsStackError(VALIDATE_BODY, {"field": error.detail.attributes["field"]}, error)


def _by_webhook(request: Request) -> bool:
    return "webhook_id" in request.path


def queue_item(downlink: Downlink) -> dict[str, object]:
    """Writes a downlink as an item of the queue; empty fields are left out."""
    content = {
        "f_port": downlink.f_port,
        "frm_payload": base64.b64encode(bytes.fromhex(downlink.payload)).decode(),
        "decoded_payload": downlink.decoded_payload,
        "confirmed": downlink.confirmed,
        "priority": downlink.priority.name if downlink.priority else None,
        "correlation_ids": list(downlink.correlation_ids),
        "confirmed_retry": {"max_attempts": downlink.max_attempts} if downlink.max_attempts else None,
        "id": downlink.id,
        "expires_at": None if downlink.expires_at is None else rfc3339(downlink.expires_at),
    }
    return {name: value for name, value in content.items() if value}
