"""SQS queues: what is to be tried again, and what was given up."""

from collections.abc import Mapping, Sequence
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

_REQUEST_BYTES = 260_000
# JSON may hold these, and SQS takes no text that does.
_ESCAPED = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}
# The changes behind those of a batch wait for its messages.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


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


def postpone(queue_url: str, message: QueuedMessage, seconds: int) -> None:
    """Have a message handed over again after so many seconds.

    Raises:
        QueueUnavailable: It may come when the queue's visibility timeout is over instead.
    """
    try:
        client().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )
    except (BotoCoreError, ClientError) as failure:
        raise QueueUnavailable(str(failure)) from failure
