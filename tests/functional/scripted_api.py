"""A Sigfox API that answers as a test says, for what its client makes of answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        method: Its method.
        target: Its path below the base URL, with its query.
        authorization: The header.
        body: Its JSON, None for none.
    """

    method: str
    target: str
    authorization: str
    body: Any


@dataclass(frozen=True, slots=True)
class Said:
    """An answer.

    Attributes:
        status: Its status; 0 to close the connection instead.
        body: JSON, bytes as they are, or the pieces of one whose end does not come.
    """

    status: int = 200
    body: Any = None


LOGIN, PASSWORD, GROUP = "5a1b2c3d", "made-up-password", "5a1b2c3d4e5f60718293a4b6"
CREDENTIALS = {"login": LOGIN, "password": PASSWORD}
BODY = CREDENTIALS | {"group_id": GROUP}
# What is asked when an application is connected.
WELL = {
    "GET /groups/": Said(200, {"data": [{"id": GROUP, "name": "Ours"}]}),
    f"GET /groups/{GROUP}": Said(200, {"id": GROUP, "name": "Ours"}),
    "GET /device-types/": Said(200, {"data": []}),
}

type Script = Callable[[Asked], Said]


@dataclass(slots=True)
class ScriptedApi:
    """The server.

    Attributes:
        url: Its base URL.
        script: What it says to a request.
        asked: The requests that came.
    """

    url: str
    script: Script = lambda _asked: Said(404)
    asked: list[Asked] = field(default_factory=list)

    def says(self, *answers: Said) -> None:
        """Give these answers one after the other, the last one again and again."""
        left = list(answers)
        self.script = lambda _asked: left.pop(0) if len(left) > 1 else left[0]

    def says_at(self, answers: dict[str, Said]) -> None:
        """Give answers by method and path, `GET /groups/`; 404 elsewhere."""
        self.script = lambda asked: answers.get(f"{asked.method} {asked.target.partition('?')[0]}", Said(404))

    @property
    def targets(self) -> list[str]:
        """What was asked for, as `GET /groups/`."""
        return [f"{asked.method} {asked.target}" for asked in self.asked]


@contextmanager
def scripted_api() -> Iterator[ScriptedApi]:
    """Run the server until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            target = self.path.removeprefix("/v2")
            body = json.loads(text) if text else None
            asked = Asked(self.command, target, self.headers.get("Authorization", ""), body)
            api.asked.append(asked)
            said = api.script(asked)
            self.close_connection = True
            if said.status == 0:
                return
            self.send_response(said.status)
            if isinstance(said.body, Iterator):
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                with suppress(OSError):
                    self.wfile.writelines(said.body)
                return
            content = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            content = b"" if said.body is None else content
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server calls them so

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api = ScriptedApi(f"http://127.0.0.1:{server.server_address[1]}/v2")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
