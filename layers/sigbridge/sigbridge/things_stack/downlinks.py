"""A downlink that is to be queued, in The Things Stack's JSON (the-things-stack reference, 1.2 and 2.2)."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypedDict

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic.alias_generators import to_camel

from sigbridge.model.downlink import (
    FORBIDDEN_PORT,
    LARGEST_PORT,
    Downlink,
    InvalidDownlink,
    Priority,
    is_port,
)
from sigbridge.model.limits import is_storable

_MAX_ATTEMPTS = 100
_HEX_PAYLOAD = re.compile(r"(?:0x)?((?:[0-9a-f]{2}[-: ]?){8})", re.ASCII | re.IGNORECASE)


def base64_of_hex(frm_payload: str) -> str | None:
    """Return a payload that was meant as 8 bytes of hex in base64; None for any other one.

    Its digits are base64 too, but of more bytes than a downlink has.
    """
    digits = _HEX_PAYLOAD.fullmatch(frm_payload.strip())
    if digits is None:
        return None
    return base64.b64encode(bytes.fromhex(re.sub("[-: ]", "", digits[1]))).decode()


def read_base64(text: str) -> bytes:
    """Read a payload in base64.

    Raises:
        InvalidDownlink: It is not base64.
    """
    # Encoders break lines, and decoders don't mind. A blank inside stays a fault: it may have been a "+".
    joined = text.strip().replace("\r", "").replace("\n", "")
    standard = joined.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as failure:
        meant = base64_of_hex(text)
        hint = "" if meant is None else f"; it looks like hex, which is `{meant}` in base64"
        raise InvalidDownlink("frm_payload", "value must be base64" + hint) from failure


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


def _without_forbidden_port(port: int | None) -> int | None:
    if port is not None and not is_port(port):
        message = f"value must not be in list [{FORBIDDEN_PORT}]"
        raise ValueError(message)
    return port


def _without_class(class_b_c: object) -> object:
    if class_b_c is not None:
        message = "Sigfox has neither class B nor class C"
        raise ValueError(message)
    return class_b_c


_PAYLOAD_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": "^[A-Za-z0-9+/_-]{2,11}={0,2}$"}, {"type": "null"}]
}
_PRIORITY_SCHEMA = {"enum": [*Priority.__members__, *map(int, Priority), None]}


class ConfirmedRetry(BaseModel):
    """How often a confirmed downlink is tried."""

    model_config = _DIALECT

    max_attempts: Annotated[
        Annotated[int, Field(ge=1, le=_MAX_ATTEMPTS)] | None, BeforeValidator(_no_boolean)
    ] = None


class DownlinkItem(BaseModel):
    """A downlink to queue. Names may be camelCase too; what is not known is ignored.

    Attributes:
        f_port: Stored and listed; Sigfox has no ports. Not 224.
        frm_payload: Base64, also URL-safe or without padding, of 8 bytes; of fewer if the device type says
            `pad_downlinks`, which appends zeros.
        decoded_payload: Without `frm_payload`: named values for the `downlink_formatter` of the device type,
            or `{"bytes": [...]}` of 8 whole numbers from 0 to 255, or of fewer as there. With it: stored as
            sent.
        confirmed: Tried again until Sigfox says that it was sent.
        class_b_c: Refused: Sigfox has neither class B nor class C.
        priority: Stored and listed. The queue stays first in, first out.
        correlation_ids: Your own handles; stored and listed.
        confirmed_retry: For a confirmed downlink.
        expires_at: From then on it is not handed out. The Things Stack has no such field.
    """

    model_config = _DIALECT

    f_port: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST_PORT)] | None,
        BeforeValidator(_no_boolean),
        AfterValidator(_without_forbidden_port),
        Field(json_schema_extra={"not": {"const": FORBIDDEN_PORT}}),
    ] = None
    frm_payload: Annotated[str | None, WithJsonSchema(_PAYLOAD_SCHEMA)] = None
    decoded_payload: Annotated[dict[str, Any], AfterValidator(_with_storable_numbers)] | None = None
    confirmed: StrictBool | None = None
    class_b_c: Annotated[object, AfterValidator(_without_class), WithJsonSchema({"type": "null"})] = None
    priority: Annotated[Priority, BeforeValidator(_read_priority), WithJsonSchema(_PRIORITY_SCHEMA)] = (
        Priority.LOWEST
    )
    correlation_ids: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        BeforeValidator(_null_as_empty),
        Field(json_schema_extra={"type": ["array", "null"]}),
    ] = Field(default_factory=list)
    confirmed_retry: ConfirmedRetry | None = None
    expires_at: Annotated[datetime | None, BeforeValidator(_read_rfc3339)] = None

    def downlink(self, payload: bytes) -> Downlink:
        """Return the downlink, with the bytes that `frm_payload` or `decoded_payload` stands for.

        Raises:
            InvalidDownlink: There is no such downlink.
        """
        return Downlink(
            payload=payload.hex(),
            f_port=self.f_port,
            confirmed=self.confirmed or False,
            priority=self.priority,
            correlation_ids=tuple(self.correlation_ids),
            decoded_payload=self.decoded_payload,
            max_attempts=None if self.confirmed_retry is None else self.confirmed_retry.max_attempts,
            expires_at=None if self.expires_at is None else int(self.expires_at.timestamp() * 1000),
        )


class DownlinkList(TypedDict):
    """Downlinks to queue; an empty list is a valid request."""

    downlinks: list[DownlinkItem]
