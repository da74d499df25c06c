"""The queue of what was given up, for a person to look at."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.errors import SigbridgeError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

type Letter = Mapping[str, object]

# SendMessageBatch takes ten.
_IN_A_REQUEST = 10
# What comes after a change that was given up is not to wait long for its letter.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


class LettersNotSent(SigbridgeError):
    """Not all letters were taken by the queue."""


@cache
def client() -> "SQSClient":
    """The SQS client of this process."""
    return boto3.client("sqs", config=_CONFIG)


def send(queue_url: str, letters: Sequence[Letter]) -> None:
    """Sends letters to a queue.

    Raises:
        LettersNotSent: Some of them may not be sent.
    """
    for some in batched(letters, _IN_A_REQUEST, strict=False):
        entries = [{"Id": str(i), "MessageBody": json.dumps(letter)} for i, letter in enumerate(some)]
        try:
            answer = client().send_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
        except (BotoCoreError, ClientError) as failure:
            raise LettersNotSent(str(failure)) from failure
        if failed := answer.get("Failed"):
            raise LettersNotSent(f"The queue refused letters: {', '.join(entry['Code'] for entry in failed)}")
