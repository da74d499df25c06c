"""Whatever is wrong with a request, the answer is short, private, and no page."""

import json
from typing import Any

import pytest

from tests.functional.conftest import Invoke
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management

# What Lambda answers with at most is 6 MB, of which an error needs little.
LONGEST = 1024 * 1024
ITEMS = 1_000
LONG = "n" * 450


def carried(answer: Answer) -> int:
    """Size of an answer as Lambda carries it."""
    return len(json.dumps({"body": answer.text}))


def test_of_a_thousand_bad_items_a_hundred_are_told(invoke: Invoke) -> None:
    items = [{"serial": f"{number:04}{LONG}!", "payload": "00"} for number in range(ITEMS)]

    answer = invoke("uplink", event("uplink.json", body=json.dumps(items, ensure_ascii=False)))

    assert answer.status == 400
    assert [error["index"] for error in answer.json["errors"]] == list(range(100))
    assert answer.json["more_errors"] == ITEMS - 100
    assert carried(answer) < LONGEST


def test_a_hundred_bad_items_are_all_told(invoke: Invoke) -> None:
    answer = invoke("uplink", event("uplink.json", body=[{"temperature": 5}] * 100))

    assert len(answer.json["errors"]) == 100
    assert "more_errors" not in answer.json


@pytest.mark.parametrize(
    "device",
    [
        pytest.param({"id": "a", LONG: 1}, id="unknown names"),
        pytest.param({"id": LONG}, id="ids that can't be one"),
        pytest.param({"id": "a", "type": LONG}, id="values that break a rule"),
    ],
)
def test_of_a_thousand_bad_devices_a_hundred_faults_are_told(
    device: dict[str, Any], management: Management
) -> None:
    answer = management.request("POST", "/v1/devices/import", {}, json.dumps([device] * ITEMS))

    assert answer.status == 400
    assert (len(answer.json["errors"]), answer.json["more_errors"]) == (100, ITEMS - 100)
    assert carried(answer) < LONGEST


def test_text_that_was_sent_is_cut_in_the_answer(management: Management) -> None:
    name = "n" * 100_000
    answer = management.post("/v1/devices", {"id": "153FA", name: 1})

    [error] = answer.json["errors"]
    assert error["field"] == "n" * 499 + "…"
    assert len(answer.json["message"]) == 500


def test_text_that_was_sent_is_cut_in_the_answer_of_the_queue(invoke: Invoke) -> None:
    item = {"frm_payload": "AQIDBAUGBwg=", "confirmed": "n" * 100_000}

    answer = invoke("queue_push", event("queue_push.json", body={"downlinks": [item]}))

    assert answer.status == 400
    assert carried(answer) < 10_000


@pytest.mark.parametrize(
    "answered",
    [
        pytest.param(lambda invoke: invoke("uplink", event("uplink.json")), id="uplink"),
        pytest.param(lambda invoke: invoke("uplink", event("uplink.json", body="{")), id="refused uplink"),
        pytest.param(lambda invoke: invoke("queue_list", event("queue_list.json")), id="unknown device"),
    ],
)
def test_answers_are_kept_by_nobody_and_taken_for_no_page(answered: Any, invoke: Invoke) -> None:
    assert_private(answered(invoke))


@pytest.mark.parametrize("path", ["/v1/devices", "/v1/devices/153FA", "/v1/nothing"])
def test_answers_of_the_management_api_too(path: str, management: Management) -> None:
    assert_private(management.get(path))


def assert_private(answer: Answer) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
