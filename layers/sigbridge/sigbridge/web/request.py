"""An HTTP request as API Gateway hands it over (HTTP API, payload format 2.0)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from sigbridge.errors import InvalidInput, SigbridgeError

MAX_BODY_BYTES = 512 * 1024


class BodyTooLarge(SigbridgeError):
    """The body exceeds what one request may carry."""


class UnsupportedContentType(SigbridgeError):
    """The body is of a type that this route does not read."""


class UnknownRoute(SigbridgeError):
    """There is nothing under this path, or not by this method."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        id: API Gateway's request id, the correlation id of every log line.
        path: Values of the route's path variables.
        headers: By lower-case name.
        query_string: As received, still encoded; it may carry a key, so it is never logged.
        raw_body: As received, perhaps base64.
        is_base64: Whether it is.
    """

    id: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    query_string: str
    raw_body: str
    is_base64: bool

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Reads an API Gateway event."""
        return cls(
            id=event["requestContext"]["requestId"],
            path=event.get("pathParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            query_string=event.get("rawQueryString") or "",
            raw_body=event.get("body") or "",
            is_base64=event.get("isBase64Encoded", False),
        )

    @property
    def error_id(self) -> str:
        """Under which an answer and its log line name an error: 32 hex digits, The Things Stack's form."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]

    @cached_property
    def query(self) -> dict[str, str]:
        """Query variables; of one that is repeated the first counts.

        Raises:
            InvalidInput: The query is not UTF-8.
        """
        return read_urlencoded(self.query_string, "query")

    @cached_property
    def body(self) -> bytes:
        """The body, decoded from base64 where API Gateway encoded it.

        Raises:
            InvalidInput: It is said to be base64 and is not.
            BodyTooLarge: It is over 512 KiB.
        """
        if self.is_base64:
            try:
                body = base64.b64decode(self.raw_body, validate=True)
            except (binascii.Error, ValueError) as failure:
                message = "The body is not valid base64"
                raise InvalidInput(message) from failure
        else:
            body = self.raw_body.encode(errors="surrogatepass")
            self._refuse_replaced_bytes(body)
        if len(body) > MAX_BODY_BYTES:
            message = f"The body is larger than {MAX_BODY_BYTES} bytes"
            raise BodyTooLarge(message)
        return body

    def _refuse_replaced_bytes(self, body: bytes) -> None:
        """A gateway that hands a body over as text puts U+FFFD for bytes that are not UTF-8."""
        sent = self.headers.get("content-length", "")
        if "\ufffd" in self.raw_body and sent.isdecimal() and int(sent) != len(body):
            message = "The body is not UTF-8"
            raise InvalidInput(message)

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters, or ""."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def credential(self) -> str | None:
        """The key that the request carries: in the `Authorization` header, else in the query.

        The header takes a bare key, `Bearer <key>`, or `Basic` with the key as password; Sigfox's
        batch callbacks can carry no header, so the query variable `authorization` does too.
        """
        header = self.headers.get("authorization", "").strip()
        if not header:
            return self.query.get("authorization")
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            return value.strip()
        if scheme.lower() == "basic":
            return _basic_password(value.strip())
        return header


def read_urlencoded(text: str, place: str) -> dict[str, str]:
    """Reads `a=1&b=2`; of a variable that is repeated the first counts.

    Raises:
        InvalidInput: It is not UTF-8, holds NUL characters, or has too many variables.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as failure:
        message = f"The {place} can't be read: it must be URL-encoded UTF-8"
        raise InvalidInput(message) from failure
    if any("\0" in text for pair in pairs for text in pair):
        message = f"The {place} holds a NUL character"
        raise InvalidInput(message)
    return dict(reversed(pairs))


def _basic_password(encoded: str) -> str:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return encoded
    return decoded.partition(":")[2]
