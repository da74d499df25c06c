"""Payloads, kept as lower-case hex whatever they were written in."""

import base64
import binascii
import re

from sigbridge.model.message import WrittenPayload
from sigbridge.model.settings import PayloadEncoding

SIGFOX_PAYLOAD_BYTES = 12
GENERIC_PAYLOAD_BYTES = 10_000

_HEX = re.compile(r"[0-9a-f]*", re.ASCII)
_SPELT_HEX = re.compile(r"0[xX](?:[0-9A-Fa-f]{2})+|[0-9A-Fa-f]{2}(?:[ :-]+[0-9A-Fa-f]{2})+", re.ASCII)
_HEX_SIGNS = re.compile(r"[ :-]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
# An id or a word in letters and digits is rarely as long.
_LONG_BASE64 = 16


class InvalidPayload(ValueError):
    """The text is no payload of its kind."""


def read_sigfox_payload(text: str) -> str:
    """Read a Sigfox payload: hex of at most 12 bytes, perhaps none (sigfox reference, 4).

    Raises:
        InvalidPayload: It is anything else.
    """
    return _bounded(_read_hex(text), SIGFOX_PAYLOAD_BYTES)


def read_generic_payload(written: WrittenPayload, encoding: PayloadEncoding) -> str:
    """Read a generic payload of at most 10,000 bytes.

    A payload that can't be meant in this encoding, but can be meant in the other one, is read so: `0x…` and
    pairs of digits with separators are hex, and what only base64 can be is base64.

    Args:
        written: The payload.
        encoding: How the device writes payloads; that of a known sender comes before it.

    Raises:
        InvalidPayload: It can't be read, or is too long.
    """
    text = written.text.strip()
    if _SPELT_HEX.fullmatch(text):
        text = _HEX_SIGNS.sub("", text.lower().removeprefix("0x"))
        return _bounded(_read_hex(text), GENERIC_PAYLOAD_BYTES)
    encoding = written.encoding or encoding
    try:
        hex_digits = _READERS[encoding](text)
    except InvalidPayload:
        other = _other_reading(written, text, encoding)
        if other is None:
            raise
        hex_digits = other
    return _bounded(hex_digits, GENERIC_PAYLOAD_BYTES)


def _other_reading(written: WrittenPayload, text: str, encoding: PayloadEncoding) -> str | None:
    """Read a payload in the other encoding, if it can be meant so."""
    if encoding is PayloadEncoding.BASE64:
        return text.lower() if len(text) % 2 == 0 and _HEX.fullmatch(text.lower()) else None
    if written.likely is not PayloadEncoding.BASE64 and not _is_unmistakable_base64(text):
        return None
    try:
        return _read_base64(text)
    except InvalidPayload:
        return None


def _is_unmistakable_base64(text: str) -> bool:
    """Tell base64 from a word: by its signs, else by its length and mixture."""
    if not _BASE64.fullmatch(text) or len(text) % 4:
        return False
    if not text.isalnum():
        return True
    kinds = (str.islower, str.isupper, str.isdecimal)
    return len(text) >= _LONG_BASE64 and all(any(map(kind, text)) for kind in kinds)


def _read_hex(text: str) -> str:
    hex_digits = text.strip().lower()
    if not _HEX.fullmatch(hex_digits):
        message = "must be hex"
        raise InvalidPayload(message)
    if len(hex_digits) % 2:
        message = f"must have an even number of hex digits, has {len(hex_digits)}"
        raise InvalidPayload(message)
    return hex_digits


def _read_base64(text: str) -> str:
    compact = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).hex()
    except (binascii.Error, ValueError) as failure:
        message = "must be base64"
        raise InvalidPayload(message) from failure


_READERS = {PayloadEncoding.HEX: _read_hex, PayloadEncoding.BASE64: _read_base64}


def _bounded(hex_digits: str, limit: int) -> str:
    length = len(hex_digits) // 2
    if length > limit:
        message = f"must be at most {limit} bytes, has {length}"
        raise InvalidPayload(message)
    return hex_digits
