"""What webhooks could not be told: the stack's queue of dead letters, and the queue that they came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from sigbridge.webhooks.delivery import group_of, read_delivery
from sigbridge_admin.aws_failures import Advice, aws_failures_explained
from sigbridge_admin.failures import AdminError
from sigbridge_admin.stack import output_of_stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_OUTPUT = "WebhookDeadLettersUrl"
_OPTIONS = ("--stack", "--region")
_ADVICE = Advice(
    credentials="run `aws configure` or give --aws-profile",
    region="give --region or set AWS_DEFAULT_REGION",
)
_AT_ONCE = 10
# A queue that is asked without waiting may say that it is empty when it is not.
_WAIT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Redelivery:
    """What became of the dead letters.

    Attributes:
        moved: How many are on their way again.
        unreadable: How many were left where they are.
    """

    moved: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The dead letters of a stack's webhooks.

    Attributes:
        place: What people call the stack.
        url: Their queue.
        source_url: The queue that they came from.
        sqs: The client.
    """

    place: str
    url: str
    source_url: str
    sqs: "SQSClient"

    def redeliver(self) -> Redelivery:
        """Move each back into the queue that it came from; who is stopped between may send one twice."""
        moved = 0
        unreadable = set[str]()
        while messages := self._receive():
            for message in messages:
                try:
                    group = group_of(read_delivery(message["Body"]))
                except (KeyError, TypeError, ValueError):
                    unreadable.add(message["MessageId"])
                    continue
                self.sqs.send_message(
                    QueueUrl=self.source_url, MessageBody=message["Body"], MessageGroupId=group
                )
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        return Redelivery(moved, len(unreadable))

    def _receive(self) -> "list[MessageTypeDef]":
        received = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=_AT_ONCE, WaitTimeSeconds=_WAIT_SECONDS
        )
        return received.get("Messages", [])


@contextmanager
def webhook_dead_letters(stack: str, region: str | None, profile: str | None) -> Iterator[DeadLetters]:
    """Find the dead letters of a stack's webhooks, for what is done with them until the block ends.

    Args:
        stack: Name of the CloudFormation stack.
        region: AWS region; None for the one the user has configured.
        profile: AWS profile; None for the one the user has configured.

    Raises:
        AdminError: There is no such profile or stack, or AWS refuses what is asked.
    """
    with aws_failures_explained(_ADVICE):
        session = boto3.Session(profile_name=profile, region_name=region)
        url = output_of_stack(session, stack, _OUTPUT, _OPTIONS)
        sqs: SQSClient = session.client("sqs")
        sources = sqs.list_dead_letter_source_queues(QueueUrl=url)["queueUrls"]
        if len(sources) != 1:
            message = f"{len(sources)} queues have their dead letters in {url}, instead of one"
            raise AdminError(message)
        yield DeadLetters(f"stack '{stack}' in {session.region_name}", url, sources[0], sqs)
