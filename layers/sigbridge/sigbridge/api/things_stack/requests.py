"""The Things Stack's queue API: its paths, its bodies, its order of checks (reference, 1.1 to 2.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from sigbridge.api.http.json_body import read_json
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.clock import now_ms
from sigbridge.devices import DOWNLINK_BYTES, normalize_device_id
from sigbridge.downlinks import (
    Downlink,
    DownlinkTooLarge,
    InvalidDownlink,
    PayloadEncoder,
    check_capacity,
    check_size,
)
from sigbridge.errors import InvalidInput
from sigbridge.model.application import is_identifier
from sigbridge.model.downlink import MOST_ATTEMPTS, TooManyAttempts, WrongPayloadLength
from sigbridge.model.encoding import (
    BadEncoderResult,
    DecodedDownlink,
    EncodedDownlink,
    EncoderFailed,
    EncoderRefused,
)
from sigbridge.things_stack.downlinks import DownlinkItem, base64_of_hex, read_base64
from sigbridge.things_stack.errors import (
    DECODE_BODY,
    DOWNLINK_EXPIRED,
    DOWNLINK_MAX_RETRIES_INVALID,
    DOWNLINK_TOO_LONG,
    DOWNLINK_TOO_LONG_AS_HEX,
    DOWNLINK_TOO_SHORT,
    NO_PAYLOAD,
    OUTPUT,
    OUTPUT_ERRORS,
    SCRIPT,
    VALIDATE_BODY,
    ErrorName,
    ThingsStackError,
    invalid_field,
)
from sigbridge.things_stack.queue import Empty, queue

IDENTIFIER_RULE = (
    "value does not match regex pattern `^[a-z0-9](?:[-]?[a-z0-9]){2,}$` of at most 36 characters"
)
_IDEMPOTENCY_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class AddressedDevice:
    """The device that a path names.

    Attributes:
        application_id: The application in the path.
        device_id: Normalised device id.
    """

    application_id: str
    device_id: str


def addressed_application(request: Request) -> str:
    """Read the application that a path names.

    Raises:
        ThingsStackError: It breaks The Things Stack's rule for identifiers.
    """
    application_id = request.path["application_id"]
    if not is_identifier(application_id):
        raise invalid_field("application_id", IDENTIFIER_RULE)
    return application_id


def addressed_device(request: Request) -> AddressedDevice:
    """Read the identifiers of a path; a device's may have capitals, as Sigfox writes it.

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
    """Read the downlinks of a push or replace request; an empty list is a valid request.

    Args:
        request: The request.
        device: Whose downlinks they are: its type decides about payloads that are too short, and encodes.

    Raises:
        ThingsStackError: The body or one item is not valid; The Things Stack's name says how.
        QueueFull: They are more than any queue holds.
        UnknownApplication, StoreUnavailable: The device's type or its formatter can't be looked up.
        FormatterUnavailable: A script gave no answer.
    """
    contents = _read_items(request)
    check_capacity(len(contents))
    moment = now_ms()
    encoder = PayloadEncoder(device.application_id, device.device_id)
    fields = [f"downlinks[{position}]" for position in range(len(contents))]
    try:
        items = [_read_item(field, content) for field, content in zip(fields, contents, strict=True)]
        encoded = _encoded(items, encoder)
        return [
            _read_downlink(fields[position], item, encoded.get(position), encoder, moment)
            for position, item in enumerate(items)
        ]
    except _RuleBroken as broken:
        raise _of_body(request, broken.error) from broken


def read_idempotency_key(request: Request) -> str | None:
    """Read the header `Idempotency-Key`, which makes a push safe to repeat; None where there is none.

    Raises:
        ThingsStackError: It is longer than 255 characters.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _IDEMPOTENCY_KEY_LENGTH:
        raise invalid_field("Idempotency-Key", f"value must have 1 to {_IDEMPOTENCY_KEY_LENGTH} characters")
    return key


def queue_change_response(request: Request, downlink_ids: Sequence[str]) -> Response:
    """Return the response to a push or replace: an empty body on the webhook path, `{}` on the other.

    The header `X-Downlink-Ids` names the new downlinks, which The Things Stack's clients don't miss.
    """
    headers = {"X-Downlink-Ids": ",".join(downlink_ids)} if downlink_ids else {}
    return Response(200, headers=headers) if _by_webhook(request) else Response.json(200, Empty(), headers)


def queue_response(downlinks: Sequence[Downlink]) -> Response:
    """Return the response with a queue."""
    return Response.json(200, queue(downlinks))


class _RuleBroken(Exception):
    """An item breaks a rule that The Things Stack checks when it validates a body.

    Attributes:
        error: The Things Stack's error.
    """

    def __init__(self, error: ThingsStackError) -> None:
        super().__init__(error.message)
        self.error = error


def _read_items(request: Request) -> list[Any]:
    try:
        document = read_json(request.body)
        if not isinstance(document, dict):
            message = "The body must be an object"
            raise InvalidInput(message)
    except InvalidInput as invalid:
        raise ThingsStackError(DECODE_BODY, {"reason": invalid.message}) from invalid
    if "downlinks" not in document:
        # The Things Stack takes that for an empty list, so that a body of another form clears the queue.
        raise _of_body(request, invalid_field("downlinks", "value is required; write `[]` for none"))
    items = [] if document["downlinks"] is None else document["downlinks"]
    if not isinstance(items, list):
        raise _of_body(request, invalid_field("downlinks", "value must be a list"))
    return items


def _read_item(field: str, content: object) -> DownlinkItem | _RuleBroken:
    """Read an item, or the rule that it breaks: an item before it may break one that is seen later."""
    if not isinstance(content, dict):
        return _RuleBroken(invalid_field(field, "value must be an object"))
    try:
        return DownlinkItem.model_validate(content)
    except ValidationError as invalid:
        return _RuleBroken(_first_rule_broken(field, invalid))


def _encoded(
    items: Sequence[DownlinkItem | _RuleBroken], encoder: PayloadEncoder
) -> dict[int, EncodedDownlink]:
    """Encode those items that have no bytes of their own, and return them by their positions."""
    decoded = {
        position: DecodedDownlink(item.decoded_payload, item.f_port)
        for position, item in enumerate(items)
        if isinstance(item, DownlinkItem) and item.decoded_payload and not item.frm_payload
    }
    return dict(zip(decoded, encoder.encode([*decoded.values()]), strict=True))


def _read_downlink(
    field: str,
    item: DownlinkItem | _RuleBroken,
    encoded: EncodedDownlink | None,
    encoder: PayloadEncoder,
    moment: int,
) -> Downlink:
    if isinstance(item, _RuleBroken):
        raise item
    try:
        downlink = _downlink(item, encoded, encoder)
        check_size(downlink)
    except EncoderRefused as refused:
        raise _encoder_error(OUTPUT_ERRORS, field, errors=", ".join(refused.errors)) from refused
    except EncoderFailed as failed:
        name = OUTPUT if isinstance(failed, BadEncoderResult) else SCRIPT
        raise _encoder_error(name, field, message=failed.reason) from failed
    except WrongPayloadLength as wrong:
        raise _wrong_length(wrong.length, item.frm_payload) from wrong
    except TooManyAttempts as wrong:
        raise ThingsStackError(DOWNLINK_MAX_RETRIES_INVALID, {"max": MOST_ATTEMPTS}) from wrong
    except InvalidDownlink as wrong:
        raise _RuleBroken(_embedded(field, wrong.field, wrong.reason)) from wrong
    except DownlinkTooLarge as wrong:
        raise _RuleBroken(invalid_field(field, wrong.message)) from wrong
    if downlink.is_expired(moment):
        raise ThingsStackError(DOWNLINK_EXPIRED)
    return downlink


def _downlink(item: DownlinkItem, encoded: EncodedDownlink | None, encoder: PayloadEncoder) -> Downlink:
    if item.frm_payload:
        return item.downlink(encoder.fill_up(read_base64(item.frm_payload)))
    if encoded is None:
        raise ThingsStackError(NO_PAYLOAD)
    if encoded.failure is not None:
        raise encoded.failure
    downlink = item.downlink(encoder.fill_up(encoded.payload))
    return downlink if encoded.f_port is None else replace(downlink, f_port=encoded.f_port)


def _encoder_error(name: ErrorName, field: str, **attributes: str) -> ThingsStackError:
    return ThingsStackError(name, {"field": f"{field}.decoded_payload", **attributes})


def _wrong_length(length: int, frm_payload: str | None) -> ThingsStackError:
    if length < DOWNLINK_BYTES:
        return ThingsStackError(DOWNLINK_TOO_SHORT, {"length": length, "min": DOWNLINK_BYTES})
    too_long = {"length": length, "max": DOWNLINK_BYTES}
    meant = base64_of_hex(frm_payload or "")
    if meant is None:
        return ThingsStackError(DOWNLINK_TOO_LONG, too_long)
    return ThingsStackError(DOWNLINK_TOO_LONG_AS_HEX, too_long | {"base64": meant})


def _first_rule_broken(field: str, invalid: ValidationError) -> ThingsStackError:
    error = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(step) for step in error["loc"])
    reason = error["msg"].removeprefix("Value error, ")
    return _embedded(field, path, reason) if path else invalid_field(field, reason)


def _embedded(field: str, inner_field: str, reason: str) -> ThingsStackError:
    return invalid_field(field, "embedded message failed validation", invalid_field(inner_field, reason))


def _of_body(request: Request, error: ThingsStackError) -> ThingsStackError:
    """Return the error as this path writes it: that of the webhooks names the body first."""
    if not _by_webhook(request):
        return error
    return ThingsStackError(VALIDATE_BODY, {"field": error.detail.attributes["field"]}, error)


def _by_webhook(request: Request) -> bool:
    return "webhook_id" in request.path
