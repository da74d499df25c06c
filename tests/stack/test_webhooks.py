"""A webhook of the deployed local stack: a receiver on this machine that is down at first."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, override

import boto3
import httpx
import pytest

from sigbridge.clock import now_ms
from sigbridge.model.webhook import MessageType, SigningSecret, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.settings import Settings, using
from sigbridge.store import webhooks
from sigbridge.store.connections import using_session
from sigbridge_local.stack import Stack
from tests.stack.waiting import eventually

KEY = b"0123456789abcdef01234567"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Receiver(ThreadingHTTPServer):
    """Refuses the first call, and takes all that follow.

    Attributes:
        calls: Headers and bodies that it got.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[Mapping[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(503 if len(self.server.calls) == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server on this machine."""
    with Receiver() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def store_of(stack: Stack) -> Iterator[None]:
    """Uses the table of the local stack."""
    session = boto3.Session("test", "test", region_name=stack.region)
    settings = Settings(table_name=stack.table, dynamodb_endpoint_url=stack.aws_endpoint_url)
    with using(settings), using_session(session):
        yield


@pytest.fixture
def webhook(local_stack: Stack, receiver: Receiver) -> Iterator[str]:
    """A webhook that calls the receiver with uplinks."""
    id_, now = f"here-{secrets.token_hex(4)}", now_ms()
    url = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
    paths = {MessageType.UPLINK_MESSAGE: "/up"}
    with store_of(local_stack):
        webhooks.add(
            Webhook(id_, local_stack.application_id, url, WebhookFormat.SIGBRIDGE, paths, now, now),
            WebhookSecrets((SigningSecret(SECRET),)),
            50,
        )
    yield id_
    with store_of(local_stack):
        webhooks.remove(local_stack.application_id, id_)


@pytest.mark.usefixtures("webhook")
def test_a_message_is_delivered_again_until_it_is_taken(api: httpx.Client, receiver: Receiver) -> None:
    device = f"{secrets.randbelow(0xE0000000) + 0x10000000:X}"
    # `publish` knows the webhooks of an application for a minute.
    sent = iter(range(1, 4_000))

    def send_until_called() -> list[tuple[Mapping[str, str], bytes]]:
        if not receiver.calls:
            body: dict[str, Any] = {"device": device, "time": int(time.time()), "data": "17"}
            assert api.post("/uplink", json=body | {"seqNumber": next(sent)}).status_code == 200
            time.sleep(2)
        return receiver.calls

    eventually(send_until_called, bool)
    headers, _ = receiver.calls[0]
    refused = headers["webhook-id"]

    calls = eventually(
        lambda: [call for call in receiver.calls if call[0]["webhook-id"] == refused],
        lambda calls: len(calls) > 1,
    )

    headers, body = calls[-1]
    signed = f"{refused}.{headers['webhook-timestamp']}.".encode() + body
    signature = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"
    assert json.loads(body)["device_id"] == device
