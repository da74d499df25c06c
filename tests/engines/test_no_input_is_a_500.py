"""The same hostile input against AWS's own engine, which refuses what moto takes."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sigbridge.applications import create_application
from sigbridge.credentials import Right, issue_key
from tests.engines.conftest import forget_engine, use_engine
from tests.functional.attack import Attack, attack
from tests.functional.hostile_input import any_messages, as_json, messages, odd_downlinks
from tests.functional.lambdas import event

arbitrary = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def attacked(dynamodb_local_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attack]:
    """An application in a new table of DynamoDB Local that anything is sent to."""
    use_engine(monkeypatch, dynamodb_local_url)
    create_application("demo")
    try:
        with attack(str(issue_key("demo", "all rights", list(Right)).token)) as begun:
            yield begun
            begun.follow()
            begun.let_time_pass()
    finally:
        forget_engine()


@arbitrary
@given(body=any_messages)
def test_of_a_callback(body: object, attacked: Attack) -> None:
    attacked.send("uplink", event("uplink.json", body=as_json(body)))


@arbitrary
@given(pushed=odd_downlinks, asked=messages)
def test_of_a_downlink(pushed: object, asked: dict[str, Any], attacked: Attack) -> None:
    attacked.send("queue_push", event("queue_push.json", body=as_json(pushed)))
    asking = {**asked, "device": "153FA", "ack": True}
    attacked.send("bidir_downlink", event("bidir_downlink.json", body=as_json(asking)))
