"""SQS queues: what is to be tried again, and what was given up."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.aws.batches import divide
from sigbridge.errors import SigbridgeError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS takes 1 MiB, as one message or as several.
_REQUEST_BYTES = 1_048_576
# JSON may hold these, and SQS takes no text that does.
_ESCAPED = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}
# The changes behind those of a batch wait for its messages.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})

_FIRST_WAIT_S = 10
_LONGEST_WAIT_S = 900


class QueueUnavailable(SigbridgeError):
    """The queue may not have taken all messages."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message as Lambda hands it over.

    Attributes:
        id: The same each time that it is handed over.
        receipt: Names this time.
        body: As it was sent.
        deliveries: How often it was handed over, this time included.
    """

    id: str
    receipt: str
    body: str
    deliveries: int

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "QueuedMessage":
        """Read a record of Lambda's SQS event."""
        deliveries = int(record["attributes"]["ApproximateReceiveCount"])
        return cls(record["messageId"], record["receiptHandle"], record["body"], deliveries)


@cache
def client() -> "SQSClient":
    """Return the SQS client of this process."""
    return boto3.client("sqs", config=_CONFIG)


def send(queue_url: str, documents: Sequence[str]) -> None:
    """Send JSON documents to a queue, each as a message.

    Raises:
        QueueUnavailable: Some of them may not be sent.
    """
    bodies = [document.translate(_ESCAPED) for document in documents]
    for some in divide([len(body.encode()) for body in bodies], _REQUEST_BYTES):
        entries: Any = [{"Id": str(i), "MessageBody": bodies[i]} for i in some]
        try:
            answer = client().send_message_batch(QueueUrl=queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as failure:
            raise QueueUnavailable(str(failure)) from failure
        if failed := answer.get("Failed"):
            codes = ", ".join(entry["Code"] for entry in failed)
            message = f"The queue refused messages: {codes}"
            raise QueueUnavailable(message)


def is_too_large(document: str) -> bool:
    """Return whether a queue refuses a JSON document for its size."""
    return len(document.translate(_ESCAPED).encode()) > _REQUEST_BYTES


def wait_s(deliveries: int) -> int:
    """Return how long a message waits that was handed over so often: twice as long each time."""
    return min(_FIRST_WAIT_S << min(deliveries - 1, 10), _LONGEST_WAIT_S)


def postpone(queue_url: str, messages: Iterable[QueuedMessage]) -> None:
    """Have messages handed over again, each after a longer wait than the last time.

    What the queue does not postpone comes when its visibility timeout is over instead.
    """
    for message in messages:
        with suppress(BotoCoreError, ClientError):
            client().change_message_visibility(
                QueueUrl=queue_url,
                ReceiptHandle=message.receipt,
                VisibilityTimeout=wait_s(message.deliveries),
            )
