"""Bodies that were compressed on their way."""

import zlib

from sigbridge.errors import InvalidInput, SigbridgeError

MAX_UNPACKED_BYTES = 1024 * 1024
MAX_RATIO = 10
_MAX_MEMBERS = 100
_GZIP = 16 + zlib.MAX_WBITS


class BodyTooLarge(SigbridgeError):
    """The body exceeds what one request may carry."""


class UnsupportedContentEncoding(SigbridgeError):
    """The body is packed in a way that is not known here."""


def unpack(body: bytes, content_encoding: str) -> bytes:
    """Return a body as it was before it was encoded for its way.

    Args:
        body: What arrived.
        content_encoding: The header of that name, "" where there is none.

    Raises:
        UnsupportedContentEncoding: It is encoded otherwise than with gzip, or more than once.
        InvalidInput: It is not gzip, or not all of it.
        BodyTooLarge: It is over 1 MiB, or more than ten times as large as what arrived.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    encodings = [name for name in names if name not in {"", "identity"}]
    if not encodings:
        return body
    if encodings not in (["gzip"], ["x-gzip"]):
        message = "The body's Content-Encoding must be gzip or identity"
        raise UnsupportedContentEncoding(message)
    return _gunzip(body, min(MAX_UNPACKED_BYTES, MAX_RATIO * len(body)))


def _gunzip(body: bytes, limit: int) -> bytes:
    """Read the members of a gzip stream one after the other, never more than fits."""
    unpacked = bytearray()
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            unpacked += member.decompress(body, limit - len(unpacked) + 1)
        except zlib.error as failure:
            raise _broken() from failure
        if len(unpacked) > limit:
            message = f"The body unpacks to more than {limit} bytes"
            raise BodyTooLarge(message)
        if not member.eof:
            raise _broken()
        # Zeros may follow the last member as padding.
        body = member.unused_data.lstrip(b"\0")
        if not body:
            return bytes(unpacked)
    raise _broken()


def _broken() -> InvalidInput:
    return InvalidInput("The body is not a whole gzip stream")
