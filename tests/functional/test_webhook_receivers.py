"""The receivers of docs/webhooks.md, run as they stand there."""

import base64
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import pytest

from sigbridge.clock import now_ms
from sigbridge.model.webhook import MessageType, SigningSecret, WebhookFormat, WebhookSecrets
from sigbridge.webhooks.requests import OutgoingRequest, request_of
from tests.webhook_events import example, webhook_of

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
PROGRAMS = {"python": (sys.executable, "receiver.py"), "javascript": ("node", "receiver.mjs")}
SECRET, OTHER = (f"whsec_{base64.b64encode(bytes([byte]) * 32).decode()}" for byte in (1, 2))


@dataclass(frozen=True)
class Receiver:
    """A receiver that runs, and what it prints."""

    url: str
    output: IO[str]

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a request, and return the status of the answer."""
        return httpx.post(self.url, content=body, headers=dict(headers)).status_code


@pytest.fixture(params=PROGRAMS)
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    program, name = PROGRAMS[request.param]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    [code] = re.findall(rf"```{request.param}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / name).write_text(code)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(  # noqa: S603
        [program, name], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield Receiver(f"http://127.0.0.1:{port}/", process.stdout)
        process.kill()


def signed(*secrets: str, position: int = 0) -> OutgoingRequest:
    """The request of an example of a message, signed with these secrets."""
    type_ = MessageType.UPLINK_MESSAGE
    signing = WebhookSecrets(tuple(SigningSecret(secret) for secret in secrets))
    event = example("Message received", position)
    return request_of(webhook_of(WebhookFormat.TTS, type_), signing, type_, event, now_ms())


def test_what_comes_again_is_taken_once(receiver: Receiver) -> None:
    requests = (signed(SECRET), signed(OTHER, SECRET), signed(SECRET, position=2))

    statuses = [receiver.post(sent.body, sent.headers) for sent in requests]

    assert statuses == [204, 204, 204]
    assert "1a2b45" in receiver.output.readline()
    assert "tracker7" in receiver.output.readline()


def test_what_is_not_genuine_is_refused(receiver: Receiver) -> None:
    genuine, forged = signed(SECRET), signed(OTHER)
    old = dict(genuine.headers) | {"webhook-timestamp": "1700000000"}
    unsigned = {name: value for name, value in genuine.headers.items() if name != "webhook-signature"}

    assert receiver.post(forged.body, forged.headers) == 401
    assert receiver.post(genuine.body + b" ", genuine.headers) == 401
    assert receiver.post(genuine.body, old) == 401
    assert receiver.post(genuine.body, unsigned) == 401
    assert receiver.post(genuine.body, {}) == 401
