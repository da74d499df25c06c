"""What a rule on the event bus gets of the deployed local stack, whose rights are enforced."""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from sigbridge_local.stack import Stack
from tests.event_schemas import violations
from tests.stack.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

PAYLOAD = "AQIDBAUGBwg="

type Event = dict[str, Any]


class Subscriber:
    """A queue that gets what a rule lets through."""

    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._heard: list[Event] = []

    def hears(self, kinds: Sequence[str]) -> list[Event]:
        """Waits until events of all these detail types have come, and returns all that came."""
        return eventually(self._listen, lambda heard: {event["detail-type"] for event in heard} >= set(kinds))

    def _listen(self) -> list[Event]:
        answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self._heard.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return self._heard


@pytest.fixture
def device() -> str:
    """A Sigfox id that no other test uses."""
    return f"{secrets.randbelow(0xE0000000) + 0x10000000:X}"


@pytest.fixture
def subscriber(local_stack: Stack, device: str) -> Iterator[Subscriber]:
    """A subscriber of everything that Sigbridge tells of the device."""
    session = boto3.Session("test", "test", region_name=local_stack.region)
    events = session.client("events", endpoint_url=local_stack.aws_endpoint_url)
    sqs = session.client("sqs", endpoint_url=local_stack.aws_endpoint_url)
    name = f"subscriber-{device}"
    pattern = {"source": ["sigbridge"], "detail": {"device_id": [device]}}
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue["QueueArn"]}])
    yield Subscriber(sqs, queue_url)
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=queue_url)


def test_a_rule_hears_of_messages_reports_and_every_step_of_a_downlink(
    api: httpx.Client, local_stack: Stack, device: str, subscriber: Subscriber
) -> None:
    now = int(time.time())
    message = {"device": device, "time": now, "data": "17", "temperature": 21.5}
    path = f"/api/v3/as/applications/{local_stack.application_id}/devices/{device.lower()}/down"
    api.post("/uplink", json=message | {"seqNumber": 1, "ack": False})
    pushed = api.post(f"{path}/push", json={"downlinks": [{"frm_payload": PAYLOAD, "f_port": 15}]})
    assert api.post("/downlink", json=message | {"seqNumber": 2, "ack": True}).status_code == 200
    acknowledgement = {"device": device, "time": now, "infoCode": 0, "infoMessage": "Acked"}
    assert api.post("/sigfox/acknowledge", json=acknowledgement).status_code == 200

    steps = ["Downlink queued", "Downlink answered", "Downlink sent"]
    heard = subscriber.hears([*steps, "Message received", "Report received"])

    for event in heard:
        assert violations(event["detail-type"], event["detail"]) == []
        assert event["source"] == "sigbridge"
        assert event["detail"]["application_id"] == local_stack.application_id
    lives = {event["detail-type"]: event["detail"] for event in heard if "downlink" in event["detail"]}
    assert lives.keys() == set(steps)
    assert {life["downlink"]["id"] for life in lives.values()} == {pushed.headers["X-Downlink-Ids"]}
    shown = api.get(f"{path}/{pushed.headers['X-Downlink-Ids']}").json()
    assert [lives[kind]["step"] for kind in steps] == shown["history"]
    messages = [event["detail"]["message"] for event in heard if event["detail-type"] == "Message received"]
    assert {each["seq_number"] for each in messages} <= {1, 2}
    assert all(
        each["variables"] == [{"variable": "temperature", "value": 21.5}] and each["payload"] == "17"
        for each in messages
    )


def test_a_rule_hears_of_a_completed_message(api: httpx.Client, device: str, subscriber: Subscriber) -> None:
    message = {"device": device, "time": int(time.time()), "data": "17", "seqNumber": 1}
    place = {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1}
    api.post("/uplink", json=message)
    api.post("/sigfox/data-advanced", json=message | {"lqi": "Good", "computedLocation": place})

    heard = subscriber.hears(["Message received", "Message completed"])

    assert [violations(event["detail-type"], event["detail"]) for event in heard] == [[]] * len(heard)
    completed = [event["detail"] for event in heard if event["detail-type"] == "Message completed"]
    assert len({detail["id"] for detail in completed}) == 1
    assert completed[0]["message"]["location"]["latitude"] == 45.19
    assert completed[0]["message"]["advanced"] == {"lqi": "GOOD"}
