"""The events of `events/`, which the tests and `sam local invoke` share, are such as API Gateway makes."""

import json
from pathlib import Path
from typing import Any

import pytest

from sigbridge_local.table_from_template import read_template

FILES = sorted((Path(__file__).parents[2] / "events").glob("*.json"))


def routes() -> set[str]:
    """All routes of the template."""
    functions = [
        resource["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    events = [event["Properties"] for function in functions for event in function["Events"].values()]
    return {f"{event['Method'].upper()} {event['Path']}" for event in events}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_event_is_one_of_a_route_of_the_template(file: Path) -> None:
    event: dict[str, Any] = json.loads(file.read_text())
    http = event["requestContext"]["http"]

    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"]
    assert event["routeKey"] in routes()
    assert event["rawPath"] == http["path"]
    method, path = event["routeKey"].split(" ")
    assert method == http["method"]
    assert path.format(**event.get("pathParameters", {})) == event["rawPath"]
    assert all(name == name.lower() for name in event["headers"])
    assert ("body" in event) == ("content-type" in event["headers"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_event_carries_the_placeholder_of_a_key_where_its_sender_can(file: Path) -> None:
    event: dict[str, Any] = json.loads(file.read_text())

    in_header = event["headers"].get("authorization") == "Bearer sbk_demo"
    in_query = event.get("queryStringParameters", {}).get("authorization") == "sbk_demo"

    assert in_header != in_query
