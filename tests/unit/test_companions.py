"""`companions/*.yaml`: what all of them have, and that docs/destinations.md has all of them."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from sigbridge_local.places import ROOT
from sigbridge_local.table_from_template import read_template

COMPANIONS = sorted((ROOT / "companions").glob("*.yaml"))
NAMES = [path.stem for path in COMPANIONS]
PAGE = (ROOT / "docs" / "destinations.md").read_text()
COSTS = re.compile(r"^# Costs: .+\.$", re.MULTILINE)
PROOF = re.compile(r"^# Proof: .+\.$", re.MULTILINE)
# What can have no tags.
UNTAGGED = {
    *("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::Lambda::Permission"),
    *("AWS::Lambda::EventInvokeConfig", "AWS::Logs::ResourcePolicy"),
    *("AWS::Events::Connection", "AWS::Events::ApiDestination"),
}
EVENT = {
    "detail-type": "Message received",
    "detail": {"application_id": "greenhouse", "device_id": "153FA", "message": {"seq_number": 7}},
}


@pytest.fixture(params=COMPANIONS, ids=NAMES)
def companion(request: pytest.FixtureRequest) -> Path:
    """Each of them."""
    path: Path = request.param
    return path


def resources(companion: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_template(companion)["Resources"]
    return found


def test_it_says_what_it_costs_and_what_is_proven(companion: Path) -> None:
    head = companion.read_text().split("AWSTemplateFormatVersion")[0]

    assert COSTS.search(head)
    assert PROOF.search(head)


def test_the_page_of_destinations_has_it(companion: Path) -> None:
    [row] = [line for line in PAGE.splitlines() if f"(../companions/{companion.name})" in line]

    assert f"`make companion NAME={companion.stem}" in row
    assert ("yes" if "test_companions.py, where a message arrives" in companion.read_text() else "no") in row


def test_it_hears_of_messages_on_the_default_bus_unless_told_otherwise(companion: Path) -> None:
    template = read_template(companion)
    rule = template["Resources"]["Rule"]["Properties"]

    assert template["Parameters"]["EventBusName"]["Default"] == "default"
    assert template["Parameters"]["Kind"]["Default"] == "Message"
    assert rule["EventBusName"] == {"Ref": "EventBusName"}
    assert rule["EventPattern"]["source"] == ["sigbridge"]
    assert rule["EventPattern"]["detail-type"]["Fn::If"][2] == [{"prefix": {"Ref": "Kind"}}]


def test_what_could_not_be_delivered_is_kept(companion: Path) -> None:
    [target] = resources(companion)["Rule"]["Properties"]["Targets"]
    [statement] = resources(companion)["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "DeadLetters.Arn"}}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": "Rule.Arn"}}}


def test_everything_that_can_have_tags_has_them(companion: Path) -> None:
    untagged = [
        name
        for name, resource in resources(companion).items()
        if resource["Type"] not in UNTAGGED
        and resource.get("Properties", {}).get("Tags") != [{"Key": "application", "Value": "sigbridge"}]
    ]

    assert untagged == []


def test_no_role_may_do_anything_with_everything(companion: Path) -> None:
    roles = [each for each in resources(companion).values() if each["Type"] == "AWS::IAM::Role"]
    statements = [
        statement
        for role in roles
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]

    for statement in statements:
        assert statement["Resource"] != "*"
        assert "*" not in json.dumps(statement["Action"])


def test_a_device_stays_in_one_shard_of_the_stream() -> None:
    [target] = resources(ROOT / "companions" / "kinesis.yaml")["Rule"]["Properties"]["Targets"]

    assert target["KinesisParameters"] == {"PartitionKeyPath": "$.detail.device_id"}


@pytest.mark.parametrize(
    ("detail", "topic"),
    [
        ({}, "sigbridge/greenhouse/153FA/message_received"),
        ({"device_id": ""}, "sigbridge/greenhouse/-/message_received"),
    ],
    ids=["of a device", "of none"],
)
def test_an_event_is_published_on_its_devices_topic(
    detail: dict[str, Any], topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[dict[str, Any]] = []
    client = SimpleNamespace(publish=lambda **arguments: published.append(arguments))
    boto3 = ModuleType("boto3")
    boto3.client = lambda service: {"iot-data": client}[service]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    monkeypatch.setenv("TOPIC_PREFIX", "sigbridge")
    publisher = resources(ROOT / "companions" / "iot-topic.yaml")["Publisher"]["Properties"]
    index: dict[str, Any] = {}
    exec(publisher["Code"]["ZipFile"], index)  # noqa: S102 - it is the template's own function
    event = EVENT | {"detail": EVENT["detail"] | detail}  # type: ignore[operator]

    index["handler"](event, None)

    [message] = published
    assert message["topic"] == topic
    assert message["qos"] == 1
    assert json.loads(message["payload"]) == event["detail"]
