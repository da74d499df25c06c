"""A retry queue of SQS, and what Lambda does with it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3

from sigbridge.aws import queue
from tests.functional.change_stream import invoke_with

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class RetryQueues:
    """The retry queue of a function with its dead letters, and Lambda, which hands over what it holds.

    Attributes:
        retries_url, dead_letters_url: Where they are.
        waits: How long messages were made to wait, seconds, the first one first.
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self._sqs: SQSClient = boto3.client("sqs")
        self.retries_url = self._sqs.create_queue(QueueName="retries")["QueueUrl"]
        self.dead_letters_url = self._sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
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
        failed = invoke_with(self._function, records) if records else []
        for record in records:
            receipt: Any = {"QueueUrl": self.retries_url, "ReceiptHandle": record["receiptHandle"]}
            if record["messageId"] in failed:
                self._sqs.change_message_visibility(**receipt, VisibilityTimeout=0)
            else:
                self._sqs.delete_message(**receipt)
        return len(failed)

    def waiting(self) -> int:
        """Tells how many messages wait."""
        found = self._sqs.get_queue_attributes(QueueUrl=self.retries_url, AttributeNames=["All"])[
            "Attributes"
        ]
        return int(found["ApproximateNumberOfMessages"])

    def dead_letters(self) -> list[dict[str, Any]]:
        """Takes the dead letters."""
        answer = self._sqs.receive_message(QueueUrl=self.dead_letters_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]
