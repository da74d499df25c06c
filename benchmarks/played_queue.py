"""SQS, played at the client: what the product sends is counted and stored, and nothing leaves the process."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.workload import Event
from sigbridge.aws import queue
from sigbridge.clock import now_ms

_PLAYED = "before-send.sqs.SendMessageBatch"


@dataclass(slots=True)
class PlayedQueue:
    """What was sent to queues.

    Attributes:
        requests: How many requests there were.
        bodies: The messages, the first one first.
    """

    requests: int = 0
    bodies: list[str] = field(default_factory=list)

    def hand_over(self, most: int) -> list[Event]:
        """Take as many messages as a batch has at most, as Lambda hands them over."""
        taken, self.bodies = self.bodies[:most], self.bodies[most:]
        return [_record(number, body) for number, body in enumerate(taken)]

    def take(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Answer a request in place of SQS."""
        entries: Sequence[dict[str, Any]] = json.loads(_bytes(request.body))["Entries"]
        self.requests += 1
        self.bodies += [entry["MessageBody"] for entry in entries]
        sent = [{"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""} for entry in entries]
        return AWSResponse(
            request.url, 200, HTTPHeaders(), _Answer(json.dumps({"Successful": sent}).encode())
        )


class _Answer(BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        """Yield all of it."""
        yield self.read()


@contextmanager
def played_queue() -> Iterator[PlayedQueue]:
    """Play SQS meanwhile; outside of it nothing is hooked."""
    played = PlayedQueue()
    events: Any = queue.client().meta.events
    events.register(_PLAYED, played.take)
    try:
        yield played
    finally:
        events.unregister(_PLAYED, played.take)


def _bytes(body: object) -> bytes:
    if not isinstance(body, bytes):
        raise TypeError(body)
    return body


def _record(number: int, body: str) -> Event:
    return {
        "eventSource": "aws:sqs",
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(now_ms())},
    }
