"""The companions that the emulator can deliver to, deployed: a decoded message arrives."""

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import boto3
import httpx
import pytest

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge_local.places import ROOT
from sigbridge_local.stack import Stack, configured
from tests.stack.waiting import eventually

COMPANIONS = ROOT / "companions"
FORMATTER = {"kind": "sigfox_grammar", "source": "temperature::int:16:/10"}

type Receive = Callable[[], list[dict[str, Any]]]


class Companions:
    """Deploys companions to the local stack's account, each as a stack of its own."""

    def __init__(self, local_stack: Stack, cleanup: ExitStack) -> None:
        self._endpoint_url = local_stack.aws_endpoint_url
        self._session = boto3.Session("test", "test", region_name=local_stack.region)
        self.cleanup = cleanup

    def client(self, service: str) -> Any:
        """A client of the emulator."""
        return self._session.client(service, endpoint_url=self._endpoint_url)  # type: ignore[call-overload]

    def deploy(self, name: str, **parameters: str) -> Mapping[str, str]:
        """Deploys a companion until the test ends, and returns its outputs."""
        cloudformation = self.client("cloudformation")
        stack = f"companion-{name}-{secrets.token_hex(4)}"
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=(COMPANIONS / f"{name}.yaml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        self.cleanup.callback(cloudformation.delete_stack, StackName=stack)
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def queue_messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Takes what is in a queue."""
        answer = self.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def companions(local_stack: Stack) -> Iterator[Companions]:
    """Deploys companions, and removes them after the test."""
    with ExitStack() as cleanup:
        yield Companions(local_stack, cleanup)


@pytest.fixture
def owner(local_stack: Stack) -> Iterator[httpx.Client]:
    """The owner of an application of their own: of one that is in use, functions remember the types."""
    application_id = f"app-{secrets.token_hex(4)}"
    with configured(local_stack.table, local_stack.aws_endpoint_url):
        create_application(application_id)
        key = issue_key(application_id, "owner", tuple(Right)).token
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=local_stack.base_url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def device(owner: httpx.Client) -> str:
    """A Sigfox id that no other test uses, of a type with a formatter."""
    device = f"{secrets.randbelow(0xE0000000) + 0x10000000:X}"
    assert owner.put("/v1/formatters/thermometer", json=FORMATTER).status_code == 201
    device_type = {"id": "thermometer", "uplink_formatter": "thermometer"}
    assert owner.post("/v1/device-types", json=device_type).status_code == 201
    assert owner.post("/v1/devices", json={"id": device, "type": "thermometer"}).status_code == 201
    return device


def _to_a_queue(companions: Companions) -> Receive:
    outputs = companions.deploy("sqs")
    return lambda: companions.queue_messages(outputs["QueueUrl"])


def _to_a_topic(companions: Companions) -> Receive:
    sqs, sns = companions.client("sqs"), companions.client("sns")
    queue_url = sqs.create_queue(QueueName=f"subscriber-{secrets.token_hex(4)}")["QueueUrl"]
    companions.cleanup.callback(sqs.delete_queue, QueueUrl=queue_url)
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    outputs = companions.deploy("sns")
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    sns.subscribe(
        TopicArn=outputs["TopicArn"], Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    return lambda: companions.queue_messages(queue_url)


def _to_another_bus(companions: Companions) -> Receive:
    events, name = companions.client("events"), f"bus-{secrets.token_hex(4)}"
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    companions.cleanup.callback(events.delete_event_bus, Name=name)
    companions.deploy("event-bus", TargetEventBusArn=arn)
    outputs = companions.deploy("sqs", EventBusName=name)
    return lambda: companions.queue_messages(outputs["QueueUrl"])


def _to_a_function(companions: Companions) -> Receive:
    functions, logs = companions.client("lambda"), companions.client("logs")
    name = f"receiver-{secrets.token_hex(4)}"
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "import json\ndef handler(event, context): print(json.dumps(event))")
    role = _role_of_functions(companions, name)
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]
    companions.cleanup.callback(functions.delete_function, FunctionName=name)
    companions.deploy("lambda", FunctionArn=arn)

    def printed() -> list[dict[str, Any]]:
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        lines = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"] if groups else []
        return [json.loads(line["message"]) for line in lines if line["message"].startswith("{")]

    return printed


def _role_of_functions(companions: Companions, name: str) -> str:
    iam = companions.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    companions.cleanup.callback(iam.delete_role, RoleName=name)
    return role


@pytest.mark.parametrize("target", [_to_a_queue, _to_a_topic, _to_another_bus, _to_a_function])
def test_a_message_arrives_decoded(
    target: Callable[[Companions], Receive], companions: Companions, owner: httpx.Client, device: str
) -> None:
    receive = target(companions)
    received: list[dict[str, Any]] = []

    def received_of_the_device() -> list[dict[str, Any]]:
        received.extend(event for event in receive() if event["detail"]["device_id"] == device)
        return received

    message = {"device": device, "time": int(time.time()), "seqNumber": 1, "ack": False, "data": "00d7"}
    assert owner.post("/uplink", json=message).status_code == 200

    [event, *_] = eventually(received_of_the_device, len)
    assert event["source"] == "sigbridge"
    assert event["detail-type"] == "Message received"
    assert event["detail"]["message"]["decoded_payload"] == {"temperature": 21.5}


def test_only_the_chosen_kind_comes(companions: Companions, owner: httpx.Client, device: str) -> None:
    outputs = companions.deploy("sqs", Kind="Report")
    report = {"device": device, "time": int(time.time()), "infoCode": 0, "infoMessage": "Acked"}
    message = {"device": device, "time": int(time.time()), "seqNumber": 1, "ack": False, "data": "00d7"}

    assert owner.post("/uplink", json=message).status_code == 200
    assert owner.post("/sigfox/acknowledge", json=report).status_code == 200

    received = eventually(lambda: companions.queue_messages(outputs["QueueUrl"]), len)
    assert {event["detail-type"] for event in received} == {"Report received"}
