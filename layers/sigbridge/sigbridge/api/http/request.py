"""An HTTP request as API Gateway hands it over (HTTP API, payload format 2.0)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from sigbridge.api.http.content_encoding import BodyTooLarge, unpack
from sigbridge.clock import now_ms
from sigbridge.credentials import Token, redact, redact_bytes
from sigbridge.errors import InvalidInput, SigbridgeError

MAX_BODY_BYTES = 512 * 1024
_AUTHORIZATION = "authorization"
_AROUND = " \t\r\n\"'"


class UnsupportedContentType(SigbridgeError):
    """The body is of a type that this route does not read."""


class UnknownRoute(SigbridgeError):
    """There is nothing under this path, or not by this method."""


@dataclass(frozen=True)
class Request:
    """One request. It shows its key as `credential` alone: what looks like one is redacted everywhere else.

    Attributes:
        id: API Gateway's request id, the correlation id of every log line.
        path: Values of the route's path variables.
        headers: By lower-case name.
        authorization: The header of that name, or "".
        query_string: As received, still encoded; it may carry a key, so it is never logged.
        raw_body: As received, perhaps base64, perhaps with a key.
        is_base64: Whether it is.
        raw_path: As received; it may carry a key, so it is never logged.
        context: What API Gateway says of the request.
        received_at: When the function got it, epoch ms.
    """

    id: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    authorization: str
    query_string: str
    raw_body: str
    is_base64: bool
    raw_path: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    received_at: int = field(default_factory=now_ms)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read an API Gateway event."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        path = event.get("pathParameters") or {}
        return cls(
            id=event["requestContext"]["requestId"],
            path={name: redact(value) for name, value in path.items()},
            authorization=headers.pop(_AUTHORIZATION, ""),
            headers={name: redact(value) for name, value in headers.items()},
            query_string=event.get("rawQueryString") or "",
            raw_body=event.get("body") or "",
            is_base64=event.get("isBase64Encoded", False),
            raw_path=event.get("rawPath") or "",
            context=event["requestContext"],
        )

    @property
    def route(self) -> str:
        """Method and path without keys, as `POST /uplink`."""
        return f"{self.context['http']['method']} {redact(self.raw_path)}"

    @property
    def base_url(self) -> str:
        """Where this API is, as the caller called it; without a slash at the end."""
        domain = self.context.get("domainName", "")
        host = (self.headers.get("host") or domain).lower()
        if host.partition(":")[0] == domain.lower() or "apiId" not in self.context:
            return f"https://{host}"
        # An emulator, which has all APIs under one host.
        scheme = self.headers.get("x-forwarded-proto", "http")
        return f"{scheme}://{host}/_aws/execute-api/{self.context['apiId']}/{self.context['stage']}"

    @property
    def error_id(self) -> str:
        """Under which an answer and its log line name an error: 32 hex digits, The Things Stack's form."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]

    @cached_property
    def query(self) -> dict[str, str]:
        """Query variables without the key; of one that is repeated the first counts.

        Raises:
            InvalidInput: The query is not UTF-8.
        """
        return {
            redact(name): redact(value)
            for name, value in self._whole_query.items()
            if name.strip().lower() != _AUTHORIZATION
        }

    @cached_property
    def _whole_query(self) -> dict[str, str]:
        return _read_pairs(self.query_string, "query")

    @cached_property
    def body(self) -> bytes:
        """The body, without what API Gateway (base64) or its sender (gzip) packed it in.

        Raises:
            InvalidInput: It is said to be base64 or gzip and is not.
            UnsupportedContentEncoding: It is packed otherwise.
            BodyTooLarge: It is over 512 KiB as it arrived, or unpacks to too much.
        """
        return redact_bytes(self._unpacked_body)

    @property
    def body_with_keys(self) -> str:
        """The body as it was sent, with whatever keys are in it: never to be logged or answered."""
        return self._unpacked_body.decode(errors="replace")

    @cached_property
    def _unpacked_body(self) -> bytes:
        return unpack(self._received_body(), self.headers.get("content-encoding", ""))

    def _received_body(self) -> bytes:
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

        Sigfox's batch callbacks can carry no header, so the query variable `authorization`, in capitals
        or not, does too. In both the key stands alone, behind any scheme, or in Basic's user or password.
        """
        if self.authorization.strip():
            return _credential_in(self.authorization)
        carriers = (
            value for name, value in self._whole_query.items() if name.strip().lower() == _AUTHORIZATION
        )
        return next(filter(None, map(_credential_in, carriers)), None)


def read_urlencoded(text: str, place: str) -> dict[str, str]:
    """Read `a=1&b=2` without keys; of a variable that is repeated the first counts.

    Raises:
        InvalidInput: It is not UTF-8, holds NUL characters, or has too many variables.
    """
    return {redact(name): redact(value) for name, value in _read_pairs(text, place).items()}


def _read_pairs(text: str, place: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as failure:
        message = f"The {place} can't be read: it must be URL-encoded UTF-8"
        raise InvalidInput(message) from failure
    if any("\0" in text for pair in pairs for text in pair):
        message = f"The {place} contains a NUL character"
        raise InvalidInput(message)
    return dict(reversed(pairs))


def _credential_in(authorization: str) -> str:
    """Find the key; where there is none, what stands behind the scheme."""
    text = authorization.strip(_AROUND)
    scheme, _, value = text.partition(" ")
    if scheme.lower() == "basic":
        value = text = _decode_basic(value.strip(_AROUND))
    token = Token.find(text)
    if token is not None:
        return str(token)
    return value if scheme.lower() in {"basic", "bearer"} else text


def _decode_basic(encoded: str) -> str:
    digits = encoded.rstrip("=")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return encoded
