"""The customer's own server, which webhooks call: it misbehaves, and writes down what it was told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sigfox_simulator.dice import dice

_SLOW_S = 2
_RETRY_AFTER_S = 1


class ReceiverFault(StrEnum):
    """What the server does with a request."""

    FAILS = "answers 500"
    IS_BUSY = "answers 429"
    IS_SLOW = "answers after a while"
    HANGS_UP = "takes it and hangs up"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request that the server has read, whatever it answered.

    Attributes:
        message_id: Its `webhook-id`.
        body: Its body.
        is_signed: Whether its signature is right.
        is_taken: Whether the server has kept what it was told.
    """

    message_id: str
    body: bytes
    is_signed: bool
    is_taken: bool


@dataclass(slots=True)
class Receiver:
    """Answers the webhooks' requests.

    Attributes:
        seed: Decides which requests something happens to.
        faults: Fraction of those.
        is_down: Whether the server is down for a webhook at the moment.
        secrets: What each webhook signs with, by its id, which is the path that it calls.
        receipts: What came, by webhook.
    """

    seed: int
    faults: float
    is_down: Callable[[str], bool]
    secrets: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    _requests: int = 0

    def recover(self) -> None:
        """Misbehave no more."""
        self.faults = 0
        self.is_down = lambda _webhook: False

    @asynccontextmanager
    async def listening(self, host: str) -> AsyncIterator[str]:
        """Listen while the block runs, and yield the base URL."""
        server = await asyncio.start_server(self._serve, host, family=socket.AF_INET)
        async with server:
            yield f"http://{host}:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            path, headers, body = await _read(reader)
            status = await self.take(path.strip("/"), headers, body)
            if status is not None:
                answer = f"HTTP/1.1 {status} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n"
                answer += f"Retry-After: {_RETRY_AFTER_S}\r\n" * (status == HTTPStatus.TOO_MANY_REQUESTS)
                writer.write(f"{answer}\r\n".encode())
                await writer.drain()
        writer.close()

    async def take(self, webhook: str, headers: Mapping[str, str], body: bytes) -> HTTPStatus | None:
        """Take a request; None stands for a connection that is closed without an answer."""
        if self.is_down(webhook):
            return HTTPStatus.SERVICE_UNAVAILABLE
        fault = self._next_fault()
        is_taken = fault in {None, ReceiverFault.IS_SLOW, ReceiverFault.HANGS_UP}
        receipt = Receipt(
            headers.get("webhook-id", ""), body, self._is_signed(webhook, headers, body), is_taken
        )
        self.receipts.setdefault(webhook, []).append(receipt)
        match fault:
            case ReceiverFault.FAILS:
                return HTTPStatus.INTERNAL_SERVER_ERROR
            case ReceiverFault.IS_BUSY:
                return HTTPStatus.TOO_MANY_REQUESTS
            case ReceiverFault.HANGS_UP:
                return None
            case ReceiverFault.IS_SLOW:
                await asyncio.sleep(_SLOW_S)
        return HTTPStatus.OK

    def _next_fault(self) -> ReceiverFault | None:
        self._requests += 1
        throw = dice(self.seed, "receiver", self._requests)
        return throw.choice(tuple(ReceiverFault)) if throw.random() < self.faults else None

    def _is_signed(self, webhook: str, headers: Mapping[str, str], body: bytes) -> bool:
        secret = self.secrets.get(webhook)
        if secret is None:
            return False
        try:
            Webhook(secret).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            return False
        return True


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return first.split(" ")[1], headers, body
