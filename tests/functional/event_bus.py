"""EventBridge as the product's own client meets it, which takes events or fails on demand; and its queues."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from sigbridge.aws import event_bus, queue
from tests.functional.change_stream import invoke_with

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

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


class PublishQueues:
    """The queues of the function `publish`, and Lambda, which hands it what they hold.

    Attributes:
        retries_url, undelivered_url: Where they are.
        waits: How long messages were made to wait, seconds, the first one first.
    """

    def __init__(self) -> None:
        self._sqs: SQSClient = boto3.client("sqs")
        self.retries_url = self._sqs.create_queue(QueueName="retries")["QueueUrl"]
        self.undelivered_url = self._sqs.create_queue(QueueName="undelivered")["QueueUrl"]
        self.waits: list[int] = []
        queue.client.cache_clear()
        queue.client().meta.events.register("provide-client-params.sqs.ChangeMessageVisibility", self._note)

    def _note(self, params: Mapping[str, Any], **_details: object) -> None:
        self.waits.append(params["VisibilityTimeout"])

    def send(self, body: str) -> None:
        """Puts a message of somebody else into the retry queue."""
        self._sqs.send_message(QueueUrl=self.retries_url, MessageBody=body)

    def retry(self) -> int:
        """Hands over what waits to be tried again, at once, and tells how much of it still waits."""
        answer = self._sqs.receive_message(
            QueueUrl=self.retries_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        records = [
            {
                "eventSource": "aws:sqs",
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
            }
            for message in answer.get("Messages", [])
        ]
        failed = invoke_with("publish", records) if records else []
        for record in records:
            receipt: Any = {"QueueUrl": self.retries_url, "ReceiptHandle": record["receiptHandle"]}
            if record["messageId"] in failed:
                self._sqs.change_message_visibility(**receipt, VisibilityTimeout=0)
            else:
                self._sqs.delete_message(**receipt)
        return len(failed)

    def undelivered(self) -> list[dict[str, Any]]:
        """Takes the dead letters."""
        answer = self._sqs.receive_message(QueueUrl=self.undelivered_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


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
