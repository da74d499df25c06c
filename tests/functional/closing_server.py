"""A DynamoDB that closes connections, each in a way that a client may not hear of."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

_ANSWER = b"{}"

type Behaviour = Callable[["_Handler"], None]


class ClosingServer(ThreadingHTTPServer):
    """Counts what it is asked.

    Attributes:
        behaviour: What it does with a request.
        connections: How many were opened.
        carried_out: Requests that it carried out, whether answered or not.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour: Behaviour = answer
        self.connections = 0
        self.carried_out = 0
        self._closed = threading.Semaphore(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait_for_closing(self) -> None:
        """Waits until it has closed one more connection."""
        assert self._closed.acquire(timeout=5)

    @override
    def shutdown_request(self, request: object) -> None:
        super().shutdown_request(request)  # type: ignore[arg-type]
        self._closed.release()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ClosingServer

    @override
    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.answered = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.behaviour(self)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


def answer(handler: _Handler) -> None:
    """Carries a request out, and keeps the connection."""
    handler.server.carried_out += 1
    handler.answered += 1
    handler.send_response(200)
    handler.send_header("Content-Type", "application/x-amz-json-1.0")
    handler.send_header("Content-Length", str(len(_ANSWER)))
    handler.end_headers()
    handler.wfile.write(_ANSWER)


def answer_and_close(handler: _Handler) -> None:
    """Carries a request out, and closes the connection without a word."""
    answer(handler)
    handler.close_connection = True


def know_no_connection_that_was_idle(handler: _Handler) -> None:
    """Carries out the first request of a connection; a later one meets a connection that is gone."""
    if handler.answered:
        handler.close_connection = True
    else:
        answer(handler)


def carry_out_and_close(handler: _Handler) -> None:
    """Carries a request out, and closes the connection instead of answering."""
    handler.server.carried_out += 1
    handler.close_connection = True


@contextmanager
def closing_server() -> Iterator[ClosingServer]:
    """Runs a server until the block ends."""
    server = ClosingServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
