"""Payloads, kept as lower-case hex whatever they were written in."""

import base64
import binascii
import re

from sigbridge.applications import PayloadEncoding

SIGFOX_PAYLOAD_BYTES = 12
GENERIC_PAYLOAD_BYTES = 10_000

_HEX = re.compile(r"[0-9a-f]*", re.ASCII)


class InvalidPayload(ValueError):
    """The text is no payload of its kind."""


def read_sigfox_payload(text: str) -> str:
    """Reads a Sigfox payload: hex of at most 12 bytes, perhaps none (sigfox reference, 4).

    Raises:
        InvalidPayload: It is anything else.
    """
    return _bounded(_read_hex(text), SIGFOX_PAYLOAD_BYTES)


def read_generic_payload(text: str, encoding: PayloadEncoding) -> str:
    """Reads a generic payload of at most 10,000 bytes.

    Raises:
        InvalidPayload: It is not written in this encoding, or is too long.
    """
    hex_digits = _read_hex(text) if encoding is PayloadEncoding.HEX else _read_base64(text)
    return _bounded(hex_digits, GENERIC_PAYLOAD_BYTES)


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
    try:
        return base64.b64decode(text.strip(), validate=True).hex()
    except (binascii.Error, ValueError) as failure:
        message = "must be base64"
        raise InvalidPayload(message) from failure


def _bounded(hex_digits: str, limit: int) -> str:
    length = len(hex_digits) // 2
    if length > limit:
        message = f"must be at most {limit} bytes, has {length}"
        raise InvalidPayload(message)
    return hex_digits
