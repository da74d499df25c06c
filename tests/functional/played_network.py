"""A resolver whose answers change, and an internet where a receiver has every public address."""

import socket

import pytest

from sigbridge.webhooks import posting
from sigbridge.webhooks.targets import Address
from tests.functional.receiver import Receiver


class PlayedNetwork:
    """A resolver for names of `.example`, and what is connected to.

    Attributes:
        answers: What the resolver says, one answer after the other; the last one from then on.
        asked: The names that it was asked for.
        connected: The addresses that were connected to.
    """

    def __init__(self, port: int) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []
        self.connected: list[str] = []
        self.port = port

    def getaddrinfo(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    def connect(self, address: Address, _port: int, timeout_s: float) -> socket.socket:
        self.connected.append(str(address))
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> PlayedNetwork:
    """A network whose public addresses all lead to the receiver."""
    played = PlayedNetwork(receiver.port)
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: object, **more: object) -> object:
        known = not more.get("flags") and host.endswith(".example")
        return (played.getaddrinfo if known else real)(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(posting, "connect", played.connect)
    return played
