"""Payloads of downlinks as a person writes them: hex, base64, or a file with one in each line."""

import base64
import binascii
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from sigbridge_admin.failures import AdminError

_BYTES = 8
_SEPARATORS = re.compile(r"[-: ]")
_HEX = re.compile(r"(?:0x)?((?:[0-9a-f]{2})+)", re.ASCII | re.IGNORECASE)
_COMMENT = "#"


def read_hex(text: str) -> bytes:
    """Read a payload in hex; `-`, `:` and spaces between its digits don't count.

    Raises:
        BadParameter: It is none, or longer than a downlink.
    """
    digits = _HEX.fullmatch(_SEPARATORS.sub("", text))
    if digits is None:
        message = f"'{text}' is not hexadecimal: write {_BYTES} bytes as 16 digits, 0102030405060708"
        raise typer.BadParameter(message)
    return _checked(text, bytes.fromhex(digits[1]))


def read_uplink(text: str) -> str:
    """Read what a device sends, in hex of any length; `-`, `:` and spaces between its digits don't count.

    Raises:
        BadParameter: It is no hex.
    """
    digits = _HEX.fullmatch(_SEPARATORS.sub("", text))
    if digits is None:
        message = f"'{text}' is not hexadecimal: write two digits for each byte, such as 17012c"
        raise typer.BadParameter(message)
    return digits[1].lower()


def read_base64(text: str) -> bytes:
    """Read a payload in base64.

    Raises:
        BadParameter: It is none, or longer than a downlink.
    """
    try:
        payload = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as invalid:
        message = f"'{text}' is not base64: {_BYTES} bytes look like AQIDBAUGBwg="
        raise typer.BadParameter(message) from invalid
    return _checked(text, payload)


def read_payloads(file: Path) -> list[bytes]:
    """Read one payload in hex from each line; empty lines and those that begin with `#` don't count.

    Raises:
        AdminError: The file can't be read, a line is no payload, or there is none.
    """
    payloads = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith(_COMMENT):
            continue
        try:
            payloads.append(read_hex(text))
        except typer.BadParameter as invalid:
            message = f"{file}, line {number}: {invalid.message}"
            raise AdminError(message) from invalid
    if not payloads:
        message = f"{file} has no downlink: write one in each line, as 16 hex digits"
        raise AdminError(message)
    return payloads


def read_text(file: Path) -> str:
    """Read a file, or the standard input for `-`.

    Raises:
        AdminError: It can't be read, or is not UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as failure:
        message = f"{file} can't be read: {failure.strerror}"
        raise AdminError(message) from failure
    except UnicodeDecodeError as failure:
        message = f"{file} is not UTF-8: save it as UTF-8"
        raise AdminError(message) from failure


def in_base64(payloads: Sequence[bytes]) -> list[str]:
    """Write payloads as the queue API takes them."""
    return [base64.b64encode(payload).decode() for payload in payloads]


def in_hex(frm_payload: str) -> str:
    """Write a payload of the queue API as people read it."""
    return base64.b64decode(frm_payload).hex()


def _checked(text: str, payload: bytes) -> bytes:
    if not payload or len(payload) > _BYTES:
        message = f"'{text}' is {len(payload)} bytes; a downlink has exactly {_BYTES}"
        raise typer.BadParameter(message)
    return payload
