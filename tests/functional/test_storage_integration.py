"""The Things Stack's Storage Integration: stored messages as its clients read them."""

import json
from typing import Any

import pytest

from sigbridge.api.things_stack import storage
from sigbridge.messages import listing, merging, store_messages
from sigbridge.model.message import Network, ReceivedMessage, Variable, WrittenPayload
from tests.functional.conftest import Invoke
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import Clock

START = 1_763_770_800_000
MINUTE = 60_000
SCRIPT = "function decodeUplink(input) { return { data: { first: input.bytes[0] } } }"

pytestmark = pytest.mark.usefixtures("formatter_function", "clock")


@pytest.fixture(autouse=True)
def now(clock: Clock) -> None:
    clock.now_ms = START + 10 * MINUTE


def send(device: str, minute: int, payload: str = "0a0b", **content: Any) -> None:
    message = ReceivedMessage(
        device_id=device,
        device_as_received=device,
        network=Network.GENERIC,
        time=START + minute * MINUTE,
        payload=WrittenPayload(payload),
        **content,
    )
    store_messages("demo", [message])


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "text/event-stream"
    text = answer.text or ""
    assert text.endswith("\n") or not text
    return [json.loads(line)["result"] for line in text.splitlines()]


def minutes(answer: Answer) -> list[tuple[str, str]]:
    return [
        (up["end_device_ids"]["device_id"], up["uplink_message"]["received_at"][14:16])
        for up in lines(answer)
    ]


def of_device(invoke: Invoke, **query: str) -> Answer:
    return invoke("device_api", event("storage_device.json", query=query))


def of_application(invoke: Invoke, **query: str) -> Answer:
    return invoke("device_api", event("storage_application.json", query=query))


def test_a_stored_message_comes_in_the_envelope_of_webhooks(invoke: Invoke) -> None:
    send("153FA", 1, port=7, variables=(Variable("door", "open"),))

    [up] = lines(of_device(invoke))

    assert up["end_device_ids"] == {
        "device_id": "153fa",
        "application_ids": {"application_id": "demo"},
        "dev_eui": "00000000000153FA",
    }
    uplink = up["uplink_message"]
    assert (uplink["f_port"], uplink["frm_payload"]) == (7, "Cgs=")
    assert uplink["received_at"] == "2025-11-22T00:21:00.000Z"


def test_a_script_decodes_what_it_had_not_read(invoke: Invoke, management: Management) -> None:
    send("153FA", 1)
    management.put("/v1/formatters/f", {"kind": "javascript", "source": SCRIPT})
    management.post("/v1/device-types", {"id": "t", "uplink_formatter": "f"})
    management.patch("/v1/devices/153FA", {"type": "t"})

    for answer in (of_device(invoke), of_application(invoke)):
        [up] = lines(answer)
        assert up["uplink_message"]["decoded_payload"] == {"first": 10}


def test_messages_of_all_devices_are_merged_by_time(invoke: Invoke) -> None:
    for minute in range(12):
        send(("153FA", "153FB", "153FC")[minute % 3 if minute < 6 else 0], minute)

    in_order = minutes(of_application(invoke))
    assert [minute for _, minute in in_order] == [f"{20 + minute}" for minute in range(12)]
    assert [device for device, _ in in_order][:4] == ["153fa", "153fb", "153fc", "153fa"]
    assert minutes(of_application(invoke, order="-received_at")) == in_order[::-1]


def test_an_application_without_devices_has_no_messages(invoke: Invoke) -> None:
    assert lines(of_application(invoke)) == []


SELECTIONS: list[tuple[dict[str, str], list[int]]] = [
    ({}, [1, 2, 3, 9]),
    ({"limit": "2"}, [1, 2]),
    ({"limit": "2", "order": "-received_at"}, [9, 3]),
    ({"after": "2025-11-22T00:22:00Z"}, [3, 9]),
    ({"before": "2025-11-22T01:22:00+01:00"}, [1]),
    ({"after": "2025-11-22T00:21:00Z", "before": "2025-11-22T00:29:00Z"}, [2, 3]),
    ({"last": "1m"}, [9]),
    ({"last": "1h30m"}, [1, 2, 3, 9]),
    ({"last": "420s", "limit": "1"}, [3]),
    ({"f_port": "2"}, [2, 9]),
    ({"f_port": "2", "limit": "1", "order": "-received_at"}, [9]),
    ({"f_port": "77"}, []),
]


@pytest.mark.parametrize(("query", "expected"), SELECTIONS)
def test_which_messages_come(invoke: Invoke, query: dict[str, str], expected: list[int]) -> None:
    for minute in (1, 2, 3, 9):
        send("153FA", minute, port=1 if minute % 2 and minute < 9 else 2)

    wanted = [("153fa", f"{20 + minute}") for minute in expected]
    assert minutes(of_device(invoke, **query)) == wanted
    assert minutes(of_application(invoke, **query)) == wanted


@pytest.mark.parametrize("ask", [of_device, of_application])
def test_whether_there_are_more_is_told(invoke: Invoke, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in (1, 2):
        send("153FA", minute)

    assert ask(invoke, limit="1").headers["X-Has-More"] == "true"
    assert ask(invoke, limit="2").headers["X-Has-More"] == "false"

    monkeypatch.setattr(storage, "_LARGEST_ANSWER_BYTES", 600)
    answer = ask(invoke)
    assert (len(lines(answer)), answer.headers["X-Has-More"]) == (1, "true")


def test_a_field_mask_leaves_the_fields_that_it_names(invoke: Invoke) -> None:
    send("153FA", 1)

    answer = of_device(invoke, field_mask="up.uplink_message.frm_payload,end_device_ids.device_id")

    assert lines(answer) == [
        {"end_device_ids": {"device_id": "153fa"}, "uplink_message": {"frm_payload": "Cgs="}}
    ]


REFUSED = [
    {"limit": "0"},
    {"limit": "1001"},
    {"limit": "many"},
    {"limit": "-1"},
    {"order": "time"},
    {"after": "yesterday"},
    {"before": "1763770800"},
    {"last": "1 day"},
    {"last": "0s"},
    {"last": ""},
    {"last": "h"},
    {"last": "1h", "after": "2025-11-22T00:22:00Z"},
    {"last": "1h", "before": "2025-11-22T00:22:00Z"},
    {"f_port": "0"},
    {"f_port": "256"},
    {"field_mask": "uplink_message.temperature"},
    {"continuation_token": "abc"},
]


@pytest.mark.parametrize("query", REFUSED)
@pytest.mark.parametrize("ask", [of_device, of_application])
def test_a_query_that_is_not_valid_is_refused(invoke: Invoke, ask: Any, query: dict[str, str]) -> None:
    answer = ask(invoke, **query)

    assert answer.status == 400
    assert answer.error["name"] == "validation"
    assert answer.error["attributes"]["field"] in query


@pytest.mark.parametrize("file", ["storage_device.json", "storage_application.json"])
def test_other_types_are_refused(invoke: Invoke, file: str) -> None:
    answer = invoke("device_api", event(file, path={"type": "join_accept"}))

    assert (answer.status, answer.error["attributes"]["field"]) == (400, "type")


def test_an_unknown_device_is_not_found(invoke: Invoke) -> None:
    answer = of_device(invoke)

    assert (answer.status, answer.error["name"]) == (404, "device_not_found")


@pytest.mark.parametrize("file", ["storage_device.json", "storage_application.json"])
def test_another_applications_messages_are_not_shown(invoke: Invoke, file: str) -> None:
    assert invoke("device_api", event(file, path={"application_id": "other"})).status == 403


def test_too_many_devices_are_read_one_by_one(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST_DEVICES", 1)
    send("153FA", 1)
    assert len(lines(of_application(invoke))) == 1

    send("153FB", 1)
    answer = of_application(invoke)
    assert (answer.status, answer.error["name"]) == (400, "invalid_input")
    assert "each device" in answer.error["attributes"]["message"]


def test_too_many_messages_of_other_ports_are_not_passed_over(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_OF_OTHER_PORTS", 2)
    for minute in (1, 2, 3):
        send("153FA", minute, port=1)

    assert of_device(invoke, f_port="2").status == 400
    assert lines(of_device(invoke, f_port="2", after="2025-11-22T00:21:00Z")) == []
