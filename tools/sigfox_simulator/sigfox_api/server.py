"""The API over HTTP, on this machine."""

import base64
import binascii
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qsl, urlsplit

from sigfox_simulator.sigfox_api.backend import SigfoxBackend
from sigfox_simulator.sigfox_api.control import CONTROL_PATH, control
from sigfox_simulator.sigfox_api.requests import Answer, Request

_BASE_PATH = "/v2"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, backend: SigfoxBackend, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.backend = backend


class _Handler(BaseHTTPRequestHandler):
    """One request: a connection that stays open would outlive the server."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(self._answer(content))

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def _answer(self, content: bytes) -> Answer:
        target = urlsplit(self.path)
        try:
            body = json.loads(content) if content else None
        except ValueError:
            return Answer(400, {"message": "The body is not JSON"})
        if body is not None and not self.headers.get("Content-Type", "").startswith("application/json"):
            return Answer(415, {"message": "The body must be JSON"})
        if target.path.startswith(CONTROL_PATH):
            return control(self.server.backend, target.path.removeprefix(CONTROL_PATH), body or {})
        if not target.path.startswith(f"{_BASE_PATH}/"):
            return Answer(404, {"message": "No such resource"})
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        request = Request(self.command, target.path.removeprefix(_BASE_PATH), query, body)
        return self.server.backend.answer(request, self._user())

    def _user(self) -> tuple[str, str] | None:
        scheme, _, encoded = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        try:
            login, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return login, password

    def _send(self, answer: Answer) -> None:
        self.close_connection = True
        if answer.status == 0:
            return
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", "application/json")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve(backend: SigfoxBackend, port: int = 0) -> Iterator[str]:
    """Serve the API on this machine until the block ends, and yield its base URL; port 0 takes any."""
    server = _Server(backend, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    backend.pages.base_url = f"http://127.0.0.1:{server.server_address[1]}{_BASE_PATH}"
    try:
        yield backend.pages.base_url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
