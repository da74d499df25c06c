"""`make remove`: the stack goes, and its data if that is wanted."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from sigbridge_deploy import cli

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    },
}
# More than the parameter store deletes in a request.
APPLICATIONS = [f"a{number:02}" for number in range(12)]
RESOURCES = {
    "SigbridgeTable": TABLE,
    "ChangeStreamDeadLetters": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"},
}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account with the stacks `sigbridge` and `sigbridge-staging`, and a table of somebody else."""

    def delete_stack(session: boto3.Session, stack: str) -> None:
        session.client("cloudformation").delete_stack(StackName=stack)

    # SAM runs in a process of its own, which knows nothing of this account.
    monkeypatch.setattr(cli, "delete_stack", delete_stack)
    with mock_aws():
        for name in ("sigbridge", "sigbridge-staging", "other"):
            boto3.client("cloudformation").create_stack(
                StackName=name, TemplateBody=json.dumps({"Resources": RESOURCES})
            )
            for application in APPLICATIONS:
                boto3.client("ssm").put_parameter(
                    Name=f"/sigbridge/{name}/{application}/sigfox", Value="made up", Type="SecureString"
                )
        yield


def remove(*answers: str) -> Result:
    """Runs `make remove`, with what is typed."""
    typed = "".join(f"{answer}\n" for answer in answers)
    result = CliRunner().invoke(cli.app, ["remove"], input=typed)
    assert result.exit_code == 0, result.output
    return result


def left() -> set[str]:
    """What there is: stacks, and what the tables and queues are called after."""
    stacks = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    queues = [url.rsplit("/", 1)[-1] for url in boto3.client("sqs").list_queues().get("QueueUrls", [])]
    parameters = boto3.client("ssm").get_paginator("describe_parameters").paginate()
    names = [each["Name"] for page in parameters for each in page["Parameters"]]
    assert len(names) % len(APPLICATIONS) == 0
    return {
        *(f"{name.split('/')[2]}-credentials" for name in names),
        *(each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"),
        *(name.rsplit("-", 1)[0] for name in [*tables, *queues]),
    }


OTHERS = {
    stack + part
    for stack in ("sigbridge-staging", "other")
    for part in ("", "-SigbridgeTable", "-ChangeStreamDeadLetters", "-credentials")
}
STACK = {"sigbridge"}
DATA = {"sigbridge-SigbridgeTable", "sigbridge-ChangeStreamDeadLetters", "sigbridge-credentials"}


def test_everything_is_there_at_first() -> None:
    assert left() == OTHERS | STACK | DATA


def test_the_stack_and_its_data_are_deleted_and_nothing_else() -> None:
    result = remove("sigbridge", "delete")

    assert "Deleted." in result.output
    assert left() == OTHERS


def test_what_there_is_is_shown_first() -> None:
    output = remove("").output

    assert "In eu-west-1 there is:" in output
    assert "stack sigbridge: functions" in output
    assert "table sigbridge-SigbridgeTable-" in output
    assert "queue sigbridge-ChangeStreamDeadLetters-" in output
    assert "parameter /sigbridge/sigbridge/a01/sigfox: credentials for Sigfox's API" in output
    assert "made up" not in output


@pytest.mark.parametrize("answer", ["", "y", "Sigbridge", "sigbridge-staging"])
def test_nothing_is_deleted_without_the_stacks_name(answer: str) -> None:
    assert "Nothing was deleted." in remove(answer).output
    assert left() == OTHERS | STACK | DATA


@pytest.mark.parametrize("answer", ["", "y", "no"])
def test_the_data_are_kept_unless_it_is_said(answer: str) -> None:
    assert "The data are kept" in remove("sigbridge", answer).output
    assert left() == OTHERS | DATA


def test_what_was_kept_can_be_deleted_later() -> None:
    remove("sigbridge", "")

    remove("delete")

    assert left() == OTHERS


def test_nothing_is_left_to_remove() -> None:
    remove("sigbridge", "delete")

    assert remove().output == "There is nothing of a stack 'sigbridge' in eu-west-1.\n"
