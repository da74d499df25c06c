"""EventBridge as the product's own client meets it, which takes events or fails on demand."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from sigbridge.aws import event_bus

type BusFailure = Callable[[AWSPreparedRequest], AWSResponse]


@dataclass(frozen=True, slots=True)
class BusEvent:
    """An event that the bus took.

    Attributes:
        bus: Name of the bus.
        source: Who published it.
        kind: Its detail type.
        detail: Its detail.
    """

    bus: str
    source: str
    kind: str
    detail: Mapping[str, Any]


@dataclass(slots=True)
class RecordedBus:
    """A bus that keeps what it takes.

    Attributes:
        events: What it took, the first one first.
        requests: How many requests came, failed ones included.
        failure: What it does instead of taking events; None where it does take them.
    """

    events: list[BusEvent] = field(default_factory=list)
    requests: int = 0
    failure: BusFailure | None = None

    @property
    def kinds(self) -> list[str]:
        """The detail types of what it took."""
        return [event.kind for event in self.events]

    def take(self, request: AWSPreparedRequest, **_details: object) -> AWSResponse:
        """Answers a PutEvents request."""
        self.requests += 1
        if self.failure is not None:
            return self.failure(request)
        entries = json.loads(request.body)["Entries"]  # type: ignore[arg-type]
        self.events += [
            BusEvent(entry["EventBusName"], entry["Source"], entry["DetailType"], json.loads(entry["Detail"]))
            for entry in entries
        ]
        taken = [{"EventId": f"{self.requests}-{number}"} for number in range(len(entries))]
        return _answer(request, 200, {"FailedEntryCount": 0, "Entries": taken})


@contextmanager
def recorded_bus() -> Iterator[RecordedBus]:
    """Puts a recorded bus behind a new client, which waits for nothing between its tries."""
    event_bus.client.cache_clear()
    bus = RecordedBus()
    event_bus.client().meta.events.register_first("before-send.eventbridge", bus.take)
    try:
        with patch("botocore.endpoint.time.sleep"):
            yield bus
    finally:
        event_bus.client.cache_clear()


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _answer(request: AWSPreparedRequest, status: int, content: object) -> AWSResponse:
    # Every handler of the event is called, moto's too: let it do something harmless.
    request.headers["X-Amz-Target"], request.body = "AWSEvents.ListEventBuses", b"{}"
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return AWSResponse(request.url, status, headers, _Raw(json.dumps(content).encode()))


def _request_refused(status: int, code: str) -> BusFailure:
    return lambda request: _answer(request, status, {"__type": code, "message": "refused"})


def _entry_refused(code: str) -> BusFailure:
    def refuse(request: AWSPreparedRequest) -> AWSResponse:
        entries = json.loads(request.body)["Entries"]  # type: ignore[arg-type]
        refused = [{"ErrorCode": code, "ErrorMessage": "refused"} for _ in entries]
        return _answer(request, 200, {"FailedEntryCount": len(refused), "Entries": refused})

    return refuse


def _unreachable(request: AWSPreparedRequest) -> AWSResponse:
    raise EndpointConnectionError(endpoint_url=request.url)


def _connect_timeout(request: AWSPreparedRequest) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=request.url)


def _read_timeout(request: AWSPreparedRequest) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


FOR_A_WHILE: Mapping[str, BusFailure] = {
    "unreachable": _unreachable,
    "connect timeout": _connect_timeout,
    "read timeout": _read_timeout,
    "throttled": _request_refused(400, "ThrottlingException"),
    "internal error": _request_refused(500, "InternalException"),
    "entry throttled": _entry_refused("ThrottlingException"),
    "entry failed": _entry_refused("InternalFailure"),
}

FOR_GOOD: Mapping[str, BusFailure] = {
    "not allowed": _request_refused(400, "AccessDeniedException"),
    "too large": _request_refused(400, "ValidationException"),
    "no such bus": _request_refused(400, "ResourceNotFoundException"),
    "entry not allowed": _entry_refused("NotAuthorizedForSourceException"),
    "entry malformed": _entry_refused("MalformedDetail"),
    "entry invalid": _entry_refused("InvalidArgument"),
}
