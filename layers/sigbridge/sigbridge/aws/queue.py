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
        sent_at: When it was sent, epoch ms.
    """

    id: str
    receipt: str
    body: str
    deliveries: int
    sent_at: int

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "QueuedMessage":
        """Read a record of Lambda's SQS event."""
        attributes = record["attributes"]
        return cls(
            record["messageId"],
            record["receiptHandle"],
            record["body"],
            int(attributes["ApproximateReceiveCount"]),
            int(attributes["SentTimestamp"]),
        )


@dataclass(frozen=True, slots=True)
class Grouped:
    """A document for a fair queue: a group of which many wait does not hold up the others.

    Attributes:
        document: A JSON document.
        group: Its group.
    """

    document: str
    group: str


@cache
def client() -> "SQSClient":
    """Return the SQS client of this process."""
    return boto3.client("sqs", config=_CONFIG)


def send(queue_url: str, documents: Sequence[str | Grouped]) -> None:
    """Send JSON documents to a queue, each as a message.

    Raises:
        QueueUnavailable: Some of them may not be sent.
    """
    messages = [_message(document) for document in documents]
    for some in divide([len(message["MessageBody"].encode()) for message in messages], _REQUEST_BYTES):
        entries: Any = [{"Id": str(i), **messages[i]} for i in some]
        try:
            answer = client().send_message_batch(QueueUrl=queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as failure:
            raise QueueUnavailable(str(failure)) from failure
        if failed := answer.get("Failed"):
            codes = ", ".join(entry["Code"] for entry in failed)
            message = f"The queue refused messages: {codes}"
            raise QueueUnavailable(message)


def _message(document: str | Grouped) -> dict[str, str]:
    if isinstance(document, str):
        return {"MessageBody": document.translate(_ESCAPED)}
    return {"MessageBody": document.document.translate(_ESCAPED), "MessageGroupId": document.group}


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
        postpone_by(queue_url, message, wait_s(message.deliveries))


def postpone_by(queue_url: str, message: QueuedMessage, seconds: int) -> None:
    """Have a message handed over again after this time; what is not postponed comes as in `postpone`."""
    with suppress(BotoCoreError, ClientError):
        client().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )


def depth(queue_url: str) -> int:
    """Return how many messages a queue has, about, those that are handed over or postponed included.

    Raises:
        QueueUnavailable: It does not say.
    """
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    try:
        answer = client().get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    except (BotoCoreError, ClientError) as failure:
        raise QueueUnavailable(str(failure)) from failure
    return sum(int(number) for number in answer["Attributes"].values())
