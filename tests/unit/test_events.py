"""The events of `events/`, which the tests and `sam local invoke` share, are such as AWS makes."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.protocol import Request
from sigbridge_local.table_from_template import read_template

EVENTS: dict[str, dict[str, Any]] = {
    file.stem: json.loads(file.read_text())
    for file in sorted((Path(__file__).parents[2] / "events").glob("*.json"))
}
OF_THE_STREAM = [name for name, event in EVENTS.items() if "Records" in event]
OF_A_SCHEDULE = [name for name, event in EVENTS.items() if "detail-type" in event]
OF_A_FUNCTION = [name for name, event in EVENTS.items() if "calls" in event]
OF_THE_API = sorted(EVENTS.keys() - {*OF_THE_STREAM, *OF_A_SCHEDULE, *OF_A_FUNCTION})


def event_sources(kind: str) -> list[dict[str, Any]]:
    """The properties of all functions' events of a type."""
    functions = [
        resource["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    events = [event for function in functions for event in function.get("Events", {}).values()]
    return [event["Properties"] for event in events if event["Type"] == kind]


def routes() -> set[str]:
    """All routes of the template."""
    return {f"{route['Method'].upper()} {route['Path']}" for route in event_sources("HttpApi")}


@pytest.mark.parametrize("name", OF_THE_API)
def test_an_event_is_one_of_a_route_of_the_template(name: str) -> None:
    event = EVENTS[name]
    http = event["requestContext"]["http"]

    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"]
    assert event["routeKey"] in routes()
    assert event["rawPath"] == http["path"]
    method, path = event["routeKey"].split(" ")
    assert method in {http["method"], "ANY"}
    assert path.replace("+}", "}").format(**event.get("pathParameters", {})) == event["rawPath"]
    assert all(name == name.lower() for name in event["headers"])
    assert ("body" in event) == ("content-type" in event["headers"])


@pytest.mark.parametrize("name", OF_THE_API)
def test_an_event_carries_the_placeholder_of_a_key_where_its_sender_can(name: str) -> None:
    event = EVENTS[name]

    in_header = event["headers"].get("authorization") == "Bearer sbk_demo"
    in_query = event.get("queryStringParameters", {}).get("authorization") == "sbk_demo"

    assert in_header != in_query


def test_the_table_has_events_of_its_change_stream() -> None:
    assert OF_THE_STREAM == ["change_stream"]


@pytest.mark.parametrize("name", OF_THE_STREAM)
def test_an_event_of_the_stream_has_the_images_that_the_template_asks_for(name: str) -> None:
    table = read_template()["Resources"]["SigbridgeTable"]["Properties"]

    for record in EVENTS[name]["Records"]:
        change = record["dynamodb"]
        images = [change[image] for image in ("OldImage", "NewImage") if image in change]
        assert record["eventSource"] == "aws:dynamodb"
        assert record["eventSourceARN"].startswith("arn:aws:dynamodb:")
        assert change["StreamViewType"] == table["StreamSpecification"]["StreamViewType"]
        assert set(change["Keys"]) == {key["AttributeName"] for key in table["KeySchema"]}
        assert ("OldImage" in change) == (record["eventName"] in {"MODIFY", "REMOVE"})
        assert ("NewImage" in change) == (record["eventName"] in {"INSERT", "MODIFY"})
        assert all(image.items() >= change["Keys"].items() for image in images)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in EVENTS[name]["Records"]]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("name", OF_THE_STREAM)
def test_an_event_of_the_stream_tells_one_story(name: str) -> None:
    states = [
        record["dynamodb"]
        for record in EVENTS[name]["Records"]
        if record["dynamodb"]["Keys"]["sk"]["S"] == "STATE"
    ]

    for earlier, later in pairwise(states):
        assert later["OldImage"] == earlier["NewImage"]


@pytest.mark.parametrize("name", OF_A_FUNCTION)
def test_an_event_of_the_formatter_has_the_form_that_it_reads(name: str) -> None:
    assert len(Request.from_event(EVENTS[name]).calls) == len(EVENTS[name]["calls"])


def test_what_runs_each_minute_has_an_event_of_its_schedule() -> None:
    assert OF_A_SCHEDULE == ["every_minute"]
    assert [schedule["Schedule"] for schedule in event_sources("Schedule")] == ["rate(1 minute)"]


@pytest.mark.parametrize("name", OF_A_SCHEDULE)
def test_an_event_of_a_schedule_says_that_it_is_one(name: str) -> None:
    event = EVENTS[name]

    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert event["detail"] == {}
    [rule] = event["resources"]
    assert rule.startswith(f"arn:aws:events:{event['region']}:{event['account']}:rule/")
