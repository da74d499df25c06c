"""`sigbridge webhooks redeliver`: dead letters of webhooks go back into the queue that they came from."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType
from sigbridge.webhooks.delivery import WebhookDelivery, write_delivery
from sigbridge_admin import dead_letters
from tests.functional.command_line import Sigbridge

REDELIVER = ("webhooks", "redeliver")
TEMPLATE = {
    "Resources": {
        "Letters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters"}},
        "Deliveries": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": "deliveries",
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]},
                    "maxReceiveCount": 100,
                },
            },
        },
    },
    "Outputs": {"WebhookDeadLettersUrl": {"Value": {"Ref": "Letters"}}},
}


class Queues:
    """The two queues of a stack."""

    def __init__(self) -> None:
        self._sqs = boto3.client("sqs")
        self.letters = self._sqs.get_queue_url(QueueName="letters")["QueueUrl"]
        self._deliveries = self._sqs.get_queue_url(QueueName="deliveries")["QueueUrl"]

    def give_up(self, *bodies: str) -> None:
        """Put dead letters into their queue."""
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.letters, MessageBody=body)

    def waiting(self) -> list[tuple[str, str]]:
        """Take what waits for webhooks: each body with its group."""
        return [(each["Body"], each["Attributes"]["MessageGroupId"]) for each in self._take(self._deliveries)]

    def _take(self, url: str) -> list[Any]:
        taken = []
        while messages := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            taken += messages
        return taken


def letter(number: int, webhook_id: str = "my-server") -> str:
    """What a webhook could not be told."""
    detail = {"version": 1, "id": f"demo/1A2B/{number}-received", "application_id": "demo"}
    event = Event.of_detail("Message received", detail | {"device_id": "1A2B", "at": "2026-11-22T10:00:00Z"})
    return write_delivery(WebhookDelivery("demo", webhook_id, MessageType.UPLINK_MESSAGE, event)).document


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    monkeypatch.setattr(dead_letters, "_WAIT_SECONDS", 0)
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName="sigbridge", TemplateBody=json.dumps(TEMPLATE))
        yield Queues()


type Refusal = Callable[[str], None]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """Has AWS refuse an operation."""
    make = BaseClient._make_api_call

    def refuse(refused: str) -> None:
        def call(self: BaseClient, operation: str, parameters: Any) -> Any:
            if operation == refused:
                error: Any = {"Code": "AccessDenied", "Message": f"User is not authorized: {operation}"}
                raise ClientError({"Error": error}, operation)
            return make(self, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    return refuse


def test_all_dead_letters_wait_for_their_webhooks_again(queues: Queues) -> None:
    letters = [letter(number) for number in range(22)] + [letter(1, "other")]
    queues.give_up(*letters)

    said = Sigbridge("--region", "eu-west-1").says(*REDELIVER)

    assert said == "Dead letters sent again: 23 (stack 'sigbridge' in eu-west-1).\n"
    waiting = queues.waiting()
    assert sorted(body for body, _ in waiting) == sorted(letters)
    assert {group for _, group in waiting} == {"demo/my-server", "demo/other"}
    assert Sigbridge().says(*REDELIVER).startswith("There are no dead letters (stack 'sigbridge' in ")


def test_what_cannot_be_read_stays_where_it_is(queues: Queues) -> None:
    queues.give_up("no JSON", letter(1), json.dumps({"version": 2}), "[]")

    assert Sigbridge().data(*REDELIVER) == {"moved": 1, "unreadable": 3}
    assert len(queues.waiting()) == 1
    queues.give_up("{}")
    assert f"Left in {queues.letters}, because they can't be read: 1." in Sigbridge().says(*REDELIVER)


def test_who_is_stopped_between_sends_it_once_more(queues: Queues, refuse: Refusal) -> None:
    queues.give_up(letter(1))
    refuse("DeleteMessage")

    Sigbridge().refuses(*REDELIVER)

    assert queues.waiting() == [(letter(1), "demo/my-server")]


@pytest.mark.parametrize(
    "operation",
    ["DescribeStacks", "ListDeadLetterSourceQueues", "ReceiveMessage", "SendMessage", "DeleteMessage"],
)
def test_a_missing_right_is_said(queues: Queues, refuse: Refusal, operation: str) -> None:
    queues.give_up(letter(1))
    refuse(operation)

    said = Sigbridge().refuses(*REDELIVER)

    assert said == (
        f"AWS does not allow it: User is not authorized: {operation}; ask who manages your AWS account"
    )


@pytest.mark.usefixtures("queues")
def test_a_stack_that_is_not_there_or_not_ours_is_named() -> None:
    resources = {"Resources": {"Other": TEMPLATE["Resources"]["Letters"] | {"Properties": {}}}}
    boto3.client("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(resources))

    missing = Sigbridge("--stack", "sigbridge-2", "--region", "eu-west-3").refuses(*REDELIVER)
    stranger = Sigbridge("--stack", "other").refuses(*REDELIVER)

    assert missing == "There is no stack 'sigbridge-2' in eu-west-3: give --stack or --region"
    assert stranger == (
        "Stack 'other' has no output WebhookDeadLettersUrl, so it is not a stack of Sigbridge"
    )


@pytest.mark.parametrize("option", ["--local", "--table=x", "--url=https://x.example", "--key=x"])
def test_dead_letters_are_those_of_a_stack(option: str) -> None:
    assert Sigbridge(option).refuses(*REDELIVER) == (
        f"This command works on a stack in AWS, with AWS credentials: leave out {option.partition('=')[0]}"
    )
