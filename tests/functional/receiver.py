"""An HTTPS server on this machine that misbehaves on command, and notes what it got."""

import functools
import ipaddress
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast, override

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sigbridge.webhooks.posting import tls_context

type Behaviour = Callable[["ReceiverHandler"], None]

# What its certificate is for.
NAMES = ("localhost", "hook.example")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the receiver got it.

    Attributes:
        path: Path and query.
        headers: By their names in small letters.
        body: As sent.
        at: When, by `time.monotonic()`.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


class Receiver(ThreadingHTTPServer):
    """Notes each request, and does with it what it is told to do.

    Attributes:
        behaviour: What it does from now on.
        received: What it got so far.
        stopping: Set when it is to end; whoever drips looks at it.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.behaviour: Behaviour = answer(200)
        self.received: list[Received] = []
        self.stopping = threading.Event()
        self._context = context

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its address by a name that its certificate is for."""
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    @override
    def finish_request(self, request: object, client_address: object) -> None:
        """Shake hands in the connection's own thread."""
        connection = cast("socket.socket", request)
        with suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self.RequestHandlerClass(connection, client_address, self)  # type: ignore[arg-type]

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are what this is for."""


class ReceiverHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.path, headers, body, time.monotonic()))
        self.server.behaviour(self)

    def drip(self, once: bytes, again: bytes) -> None:
        """Send something, and then something else every 20 ms for as long as it lasts."""
        self.close_connection = True
        self.wfile.write(once)
        while not self.server.stopping.wait(0.02):
            self.wfile.write(again)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


def answer(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}") -> Behaviour:
    """Answer with a status, as `answer(429, {"Retry-After": "120"})`."""

    def behaviour(handler: ReceiverHandler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behaviour


def redirect(location: str = "http://169.254.169.254/latest/meta-data/") -> Behaviour:
    """Lead elsewhere."""
    return answer(302, {"Location": location})


def stay_silent(handler: ReceiverHandler) -> None:
    """Answer nothing for as long as it runs."""
    handler.close_connection = True
    handler.server.stopping.wait()


def drip_head(handler: ReceiverHandler) -> None:
    """Send a header's value without end, byte by byte."""
    handler.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")


def drip_body(handler: ReceiverHandler) -> None:
    """Answer 200, and send the body byte by byte."""
    handler.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"a")


def drip_continues(handler: ReceiverHandler) -> None:
    """Announce an answer without end."""
    handler.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")


def send_endless_head(handler: ReceiverHandler) -> None:
    """Send headers as fast as it can."""
    _send_without_end(handler, b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"a" * 8_000 + b"\r\n")


def send_endless_body(handler: ReceiverHandler) -> None:
    """Answer 200, and send a body as fast as it can."""
    _send_without_end(handler, b"HTTP/1.1 200 OK\r\n\r\n", b"a" * 65_536)


def close(handler: ReceiverHandler) -> None:
    """Close the connection instead of answering."""
    handler.close_connection = True


def reset(handler: ReceiverHandler) -> None:
    """Break the connection instead of answering."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def send_garbage(handler: ReceiverHandler) -> None:
    """Answer with something that is not HTTP."""
    handler.close_connection = True
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Do one after the other, the last one from then on."""
    left = list(behaviours)

    def behaviour(handler: ReceiverHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return behaviour


def _send_without_end(handler: ReceiverHandler, once: bytes, again: bytes) -> None:
    handler.close_connection = True
    handler.wfile.write(once)
    while not handler.server.stopping.is_set():
        handler.wfile.write(again)


@contextmanager
def running_receiver(context: ssl.SSLContext | None = None, *, in_clear: bool = False) -> Iterator[Receiver]:
    """Run a receiver until the block ends: with a good certificate, with another context, or without TLS."""
    server = Receiver(None if in_clear else context or served_with(NAMES))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def trusted_authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Has webhooks trust the tests' own certificate authority, and no other."""
    path = tmp_path / "authority.pem"
    path.write_bytes(_authority().certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.fixture
def receiver(trusted_authority: None) -> Iterator[Receiver]:  # noqa: ARG001 - its certificate is trusted
    """A receiver with a good certificate; call it at `receiver.url`, with "localhost" as a trusted host."""
    with running_receiver() as server:
        yield server


@functools.cache
def served_with(names: tuple[str, ...], valid_days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
    """Return a server's context, with a certificate for names and for a time, in days from now."""
    authority = _authority()
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(authority, names[0], key, valid_days).add_extension(
        x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
    )
    return _context(key, certificate.sign(authority.key, hashes.SHA256()))


@functools.cache
def self_signed() -> ssl.SSLContext:
    """Return a server's context with a certificate that nobody signed."""
    authority = _make_authority("localhost")
    return _context(authority.key, authority.certificate)


@dataclass(frozen=True, slots=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@functools.cache
def _authority() -> _Authority:
    return _make_authority("Test authority")


def _make_authority(name: str) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _described(_named(name), _named(name), key, (-10, 10))
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Authority(key, certificate)


def _signed(
    authority: _Authority, name: str, key: ec.EllipticCurvePrivateKey, valid_days: tuple[int, int]
) -> x509.CertificateBuilder:
    issuer = authority.certificate
    return _described(_named(name), issuer.subject, key, valid_days).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
    )


def _described(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid_days: tuple[int, int]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    first, last = (now + timedelta(days=days) for days in valid_days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _context(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        context.load_cert_chain(file.name)
    return context
