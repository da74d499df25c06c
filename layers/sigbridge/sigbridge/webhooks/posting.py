"""One attempt to call a webhook, made so that no endpoint can do harm (forwarding reference, 6)."""

import errno
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from io import BufferedReader
from threading import Lock, Thread
from time import monotonic
from typing import Any, override

from sigbridge.clock import now_ms, rfc1123_ms
from sigbridge.webhooks.targets import Address, Target, TargetRefused, check_url, resolve

DEADLINE_S = 15
_LONGEST_RETRY_AFTER_S = 3_600
_LARGEST_BODY = 1_048_576
_LARGEST_HEAD = 65_536
_READ_OF_ANSWER = 1_024
# The answer's head says whether it is a success; this is how long its body is waited for.
_LONGEST_WAIT_FOR_BODY_S = 1.0

# Those that say where a request goes and where it ends.
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding"})
# RFC 9110, 5.1 and 5.5.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VALUE = re.compile(r"[\t -~\x80-\xff]*", re.ASCII)

_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}
)
_UNKNOWN_AUTHORITY = "certificate is of an unknown authority, or its chain is incomplete"
# By OpenSSL's X509_V_ERR_….
_CERTIFICATE_REASONS: Mapping[int, str] = {
    9: "certificate is not valid yet",
    10: "certificate has expired",
    18: "certificate is self-signed",
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    62: "certificate is for another name",
    64: "certificate is for another name",
}


_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})
# The first that fits: some kinds are of others.
_REASONS: Sequence[tuple[tuple[type[Exception], ...], str]] = (
    (
        (RemoteDisconnected, BrokenPipeError, ConnectionResetError, ssl.SSLEOFError),
        "connection was closed before an answer",
    ),
    ((ssl.SSLError,), "TLS handshake failed"),
    ((ConnectionRefusedError,), "connection refused"),
    ((HTTPException,), "answer is not HTTP, or its head is too large"),
    ((OSError,), "connection failed"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        status: The answer's status, or None where there was no answer.
        reason: One short sentence for the user; nothing of the answer but its status stands in it.
        retry_after_s: How long the endpoint asks to wait, an hour at most; None where it doesn't.
        timed_out: Whether the deadline was over before an answer came.
    """

    status: int | None
    reason: str
    retry_after_s: int | None = None
    timed_out: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the endpoint has taken what it was told."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str, headers: Mapping[str, str], body: bytes, *, deadline_s: float = DEADLINE_S, own_host: str = ""
) -> Outcome:
    """Send a request and return what came of it, at the latest when the deadline is over.

    Redirects are not followed, and no proxy is used. `Host`, `Connection` and `Content-Length` are set here.

    Args:
        url: An `https:` URL, or an `http:` one of a trusted host.
        headers: Names and values.
        body: At most 1 MiB.
        deadline_s: How long all of it may take, from the look-up of the name on.
        own_host: A host of this API, besides the one in the settings, that must not be called.
    """
    if len(body) > _LARGEST_BODY:
        return Outcome(None, "body is larger than 1 MiB")
    if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers.items()):
        return Outcome(None, "a header has characters that HTTP does not allow")
    try:
        target = check_url(url, own_host)
    except ValueError as fault:
        return Outcome(None, f"URL {fault}")
    no_answer = Outcome(None, f"no answer within {deadline_s:g} s", timed_out=True)
    attempt = _Attempt(target, headers, body, monotonic() + deadline_s, no_answer)
    # A daemon: the system's resolver can't be interrupted, and nothing waits for it.
    thread = Thread(target=attempt.run, daemon=True)
    thread.start()
    try:
        outcome = attempt.outcome.result(deadline_s)
    except TimeoutError:
        outcome = no_answer
    else:
        thread.join(min(_LONGEST_WAIT_FOR_BODY_S, attempt.left_s()))
    attempt.cut_off()
    return outcome


class _Attempt:
    """A request in a thread of its own, whose connection another thread may cut off at any moment."""

    def __init__(
        self, target: Target, headers: Mapping[str, str], body: bytes, ends_at: float, no_answer: Outcome
    ) -> None:
        self.outcome = Future[Outcome]()
        self._target = target
        self._headers = headers
        self._body = body
        self._ends_at = ends_at
        self._no_answer = no_answer
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._is_cut_off = False

    def left_s(self) -> float:
        return max(self._ends_at - monotonic(), 0.001)

    def run(self) -> None:
        try:
            with self._connected() as connection:
                self._exchange(connection)
        except TargetRefused as refusal:
            self.outcome.set_result(Outcome(None, refusal.message))
        except TimeoutError:
            self.outcome.set_result(self._no_answer)
        except (OSError, HTTPException) as failure:
            self.outcome.set_result(Outcome(None, _reason(failure)))
        finally:
            self.outcome.cancel()

    def cut_off(self) -> None:
        with self._lock:
            self._is_cut_off = True
            if self._socket is not None:
                # Not the method of an SSLSocket: that would have its next bytes sent in clear.
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _connected(self) -> socket.socket:
        *others, last = resolve(self._target.host, self._target.port)
        for i, address in enumerate(others):
            with suppress(OSError):
                return self._secured(address, self.left_s() / (len(others) + 1 - i))
        return self._secured(last, self.left_s())

    def _secured(self, address: Address, timeout_s: float) -> socket.socket:
        plain = connect(address, self._target.port, timeout_s)
        plain.settimeout(self.left_s())
        if self._target.scheme == "http":
            return self._watched(plain)
        secured = tls_context().wrap_socket(
            plain, server_hostname=self._target.host, do_handshake_on_connect=False
        )
        try:
            self._watched(secured).do_handshake()
        except OSError:
            secured.close()
            raise
        return secured

    def _watched[S: socket.socket](self, connection: S) -> S:
        with self._lock:
            self._socket = connection
            if self._is_cut_off:
                connection.close()
                raise TimeoutError
        return connection

    def _exchange(self, connection: socket.socket) -> None:
        http = HTTPConnection(self._target.host, self._target.port)
        http.sock = connection
        own = {"Host": self._target.authority, "Connection": "close"}
        others = {name: value for name, value in self._headers.items() if name.lower() not in _OWN_HEADERS}
        # Who refuses a request may close before having read it, and answer nevertheless.
        with suppress(BrokenPipeError):
            http.request("POST", self._target.path, self._body, own | others)
        with HTTPResponse(_BoundedSocket(connection), method="POST") as response:  # type: ignore[arg-type]
            response.begin()
            self.outcome.set_result(_outcome(response))
            with suppress(OSError, HTTPException):
                response.read(_READ_OF_ANSWER)


class _BoundedSocket:
    """A connection of which http.client can read no more than a head and the beginning of a body."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(_BoundedReader(self._connection))


class _BoundedReader(socket.SocketIO):
    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, "rb")
        self._left = _LARGEST_HEAD + _READ_OF_ANSWER

    @override
    def readinto(self, buffer: Any) -> int | None:
        if not self._left:
            message = "It sends more than is read"
            raise HTTPException(message)
        count = super().readinto(memoryview(buffer)[: self._left])
        self._left -= count or 0
        return count


@cache
def tls_context() -> ssl.SSLContext:
    """Return what TLS connections are made with: TLS 1.2 at least, by the system's authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def connect(address: Address, port: int, timeout_s: float) -> socket.socket:
    """Connect to an address, without looking anything up.

    Raises:
        OSError: It can't be reached.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        # Head and body are sent one after the other, and the second would wait for the first to be seen.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect((str(address), port))
    except OSError:
        connection.close()
        raise
    return connection


def _outcome(response: HTTPResponse) -> Outcome:
    status = response.status
    if 200 <= status < 300:
        return Outcome(status, f"status {status}")
    reason = f"redirect ({status}) is not followed" if 300 <= status < 400 else f"status {status}"
    return Outcome(status, reason, _retry_after_s(response.headers.get("Retry-After", "").strip()))


def _retry_after_s(text: str) -> int | None:
    if text.isascii() and text.isdigit():
        return min(int(text[:10]), _LONGEST_RETRY_AFTER_S)
    moment = rfc1123_ms(text)
    return None if moment is None else min(max((moment - now_ms()) // 1000, 0), _LONGEST_RETRY_AFTER_S)


def _reason(failure: OSError | HTTPException) -> str:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _CERTIFICATE_REASONS.get(failure.verify_code, "certificate is not trusted")
    if isinstance(failure, ssl.SSLError) and failure.reason in _NOT_TLS:
        return "endpoint does not speak TLS"
    if isinstance(failure, OSError) and failure.errno in _UNREACHABLE:
        return "host can't be reached"
    return next(reason for kinds, reason in _REASONS if isinstance(failure, kinds))
