"""A receiver of webhooks that takes everything, in a process of its own: its time is not the sender's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

HOST = "127.0.0.1"


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take a call."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[str]:
    """Run a receiver meanwhile; yields its URL."""
    command = [sys.executable, "-m", "benchmarks.webhook_receiver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (port := process.stdout.readline().strip()):
                message = "the receiver of webhooks did not start"
                raise RuntimeError(message)
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


if __name__ == "__main__":
    with ThreadingHTTPServer((HOST, 0), _Receiver) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
