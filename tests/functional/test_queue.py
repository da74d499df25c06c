"""The downlink queue behind The Things Stack's API: push, replace, clear, list."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.model.api_key import Right
from tests.functional.conftest import Invoke, Stored, used_key
from tests.functional.lambdas import Answer, Event, call, event
from tests.functional.prepared_table import prepared

A, B, C = "AQIDBAUGBwg=", "ERITFBUWFxg=", "ISIjJCUmJyg="
A_HEX, B_HEX = "0102030405060708", "1112131415161718"

type Push = Callable[..., Answer]
type Listed = Callable[[], list[dict[str, Any]]]

both_paths = pytest.mark.parametrize(
    "name", ["queue_push.json", "queue_push_as.json"], ids=["webhook path", "application path"]
)


@pytest.fixture
def device(key: str) -> str:
    """A device of the application, under its normalised id."""
    assert key
    return prepared(register_device, "demo", "153FA").id


@pytest.fixture
def push(device: str, invoke: Invoke) -> Push:
    """Pushes items to the device's queue."""
    assert device

    def push(*items: object, name: str = "queue_push.json") -> Answer:
        return invoke("queue_push", event(name, body={"downlinks": list(items)}))

    return push


@pytest.fixture
def listed(invoke: Invoke) -> Listed:
    """Lists the device's queue, each item without its id."""

    def listed() -> list[dict[str, Any]]:
        answer = invoke("queue_list", event("queue_list.json"))
        assert answer.status == 200
        items = answer.json.get("downlinks", [])
        assert all(item.pop("id") for item in items)
        return list(items)

    return listed


def names(error: dict[str, Any]) -> list[str]:
    """The names of an error and its causes, outermost first."""
    return [error["name"], *(names(error["cause"]) if "cause" in error else [])]


def innermost(error: dict[str, Any]) -> dict[str, Any]:
    """The error at the bottom of the causes."""
    return innermost(error["cause"]) if "cause" in error else error


def test_a_queue_that_was_never_used_is_listed_as_an_empty_object(device: str, invoke: Invoke) -> None:
    assert device

    answer = invoke("queue_list", event("queue_list.json"))

    assert (answer.status, answer.text) == (200, "{}")


def test_a_push_by_webhook_is_answered_with_an_empty_body(
    device: str, invoke: Invoke, listed: Listed
) -> None:
    assert device

    answer = invoke("queue_push", event("queue_push.json"))

    assert (answer.status, answer.text) == (200, None)
    assert listed() == [
        {
            "f_port": 15,
            "frm_payload": A,
            "confirmed": True,
            "priority": "NORMAL",
            "correlation_ids": ["order-7"],
        }
    ]


def test_a_push_by_application_is_answered_with_an_empty_object(
    device: str, invoke: Invoke, listed: Listed
) -> None:
    assert device

    answer = invoke("queue_push", event("queue_push_as.json"))

    assert (answer.status, answer.text) == (200, "{}")
    assert listed() == [{"f_port": 1, "frm_payload": B}]


def test_bytes_as_decoded_payload_need_no_formatter(device: str, invoke: Invoke, listed: Listed) -> None:
    assert device

    assert invoke("queue_push", event("queue_push_decoded.json")).status == 200

    assert listed() == [
        {
            "f_port": 2,
            "frm_payload": C,
            "decoded_payload": {"bytes": [33, 34, 35, 36, 37, 38, 39, 40]},
        }
    ]


def test_pushes_are_appended_in_order_with_all_they_carry(push: Push, listed: Listed) -> None:
    push(
        {"f_port": 1, "frm_payload": A, "confirmed": True, "correlation_ids": ["test"]},
        {"f_port": 2, "frm_payload": B},
    )
    push({"f_port": 3, "frm_payload": C})

    assert listed() == [
        {"f_port": 1, "frm_payload": A, "confirmed": True, "correlation_ids": ["test"]},
        {"f_port": 2, "frm_payload": B},
        {"f_port": 3, "frm_payload": C},
    ]


def test_replace_puts_its_items_in_place_of_all(push: Push, invoke: Invoke, listed: Listed) -> None:
    push({"frm_payload": A}, {"frm_payload": B})

    answer = invoke("queue_replace", event("queue_replace.json"))

    assert (answer.status, answer.text) == (200, None)
    assert listed() == [{"f_port": 3, "frm_payload": "//79/Pv6+fg="}]


def test_replace_by_application_is_answered_with_an_empty_object(
    push: Push, invoke: Invoke, listed: Listed
) -> None:
    push({"frm_payload": A})

    answer = invoke("queue_replace", event("queue_push_as.json"))

    assert (answer.status, answer.text) == (200, "{}")
    assert listed() == [{"f_port": 1, "frm_payload": B}]


EMPTY = {"empty list": {"downlinks": []}, "null": {"downlinks": None}}


@pytest.mark.parametrize("body", EMPTY.values(), ids=EMPTY)
def test_replace_with_nothing_clears(body: object, push: Push, invoke: Invoke) -> None:
    push({"frm_payload": A}, {"frm_payload": B})

    answer = invoke("queue_replace", event("queue_clear.json", body=body))

    assert (answer.status, answer.text) == (200, None)
    assert invoke("queue_list", event("queue_list.json")).text == "{}"


@pytest.mark.parametrize("body", EMPTY.values(), ids=EMPTY)
def test_a_push_of_nothing_changes_nothing(body: object, push: Push, invoke: Invoke, stored: Stored) -> None:
    push({"frm_payload": A})
    before = stored()

    assert invoke("queue_push", event("queue_push.json", body=body)).status == 200

    assert stored() == before


OTHER_FORMS: dict[str, object] = {
    "nothing": {},
    "The Things Network's version 2": {"dev_id": "x", "port": 1, "confirmed": False, "payload_raw": A},
    "an item alone": {"frm_payload": A, "f_port": 1},
    "another spelling": {"Downlinks": [{"frm_payload": A}]},
}


@pytest.mark.parametrize("function", ["queue_push", "queue_replace"])
@pytest.mark.parametrize("body", OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_body_without_downlinks_is_refused_and_clears_nothing(
    body: object, function: str, push: Push, invoke: Invoke, stored: Stored
) -> None:
    push({"frm_payload": B})
    before = stored()

    answer = invoke(function, event("queue_push.json", body=body))

    assert answer.status == 400
    assert innermost(answer.error)["attributes"]["field"] == "downlinks"
    assert stored() == before


def test_the_answer_names_the_new_downlinks(push: Push, invoke: Invoke) -> None:
    ids = []
    for answer in (
        push({"frm_payload": A}, {"frm_payload": B}),
        push({"frm_payload": C}, name="queue_push_as.json"),
    ):
        ids += answer.headers["X-Downlink-Ids"].split(",")

    downlinks = invoke("queue_list", event("queue_list.json")).json["downlinks"]

    assert [downlink["id"] for downlink in downlinks] == ids
    assert len(set(ids)) == 3


ACCEPTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "payload alone": ({"frm_payload": A}, {"frm_payload": A}),
    "camelCase": (
        {
            "frmPayload": A,
            "fPort": 7,
            "correlationIds": ["a"],
            "confirmedRetry": {"maxAttempts": 3},
            "decodedPayload": {"on": True},
        },
        {
            "frm_payload": A,
            "f_port": 7,
            "correlation_ids": ["a"],
            "confirmed_retry": {"max_attempts": 3},
            "decoded_payload": {"on": True},
        },
    ),
    "f_port 0": ({"frm_payload": A, "f_port": 0}, {"frm_payload": A}),
    "f_port 255": ({"frm_payload": A, "f_port": 255}, {"frm_payload": A, "f_port": 255}),
    "priority by name": (
        {"frm_payload": A, "priority": "HIGHEST"},
        {"frm_payload": A, "priority": "HIGHEST"},
    ),
    "priority by number": ({"frm_payload": A, "priority": 2}, {"frm_payload": A, "priority": "BELOW_NORMAL"}),
    "priority of zero value": ({"frm_payload": A, "priority": "LOWEST"}, {"frm_payload": A}),
    "zero values": (
        {"frm_payload": A, "confirmed": False, "correlation_ids": [], "priority": 0},
        {"frm_payload": A},
    ),
    "nulls": (
        {
            "frm_payload": A,
            "f_port": None,
            "confirmed": None,
            "priority": None,
            "correlation_ids": None,
            "class_b_c": None,
            "decoded_payload": None,
            "confirmed_retry": None,
            "expires_at": None,
        },
        {"frm_payload": A},
    ),
    "unknown fields": (
        {"frm_payload": A, "f_cnt": 5, "session_key_id": "AAA=", "colour": {"of": "sky"}},
        {"frm_payload": A},
    ),
    "payload without padding": ({"frm_payload": A.rstrip("=")}, {"frm_payload": A}),
    "payload on lines": ({"frm_payload": f" {A[:6]}\r\n{A[6:]}\n"}, {"frm_payload": A}),
    "numbers at DynamoDB's bounds": (
        {"frm_payload": A, "decoded_payload": {"n": [9.9e125, -9.9e125, 1e-130, int("9" * 38), 0]}},
        {"frm_payload": A, "decoded_payload": {"n": [9.9e125, -9.9e125, 1e-130, int("9" * 38), 0]}},
    ),
    "payload in the URL alphabet": ({"frm_payload": "__79_Pv6-fg="}, {"frm_payload": "//79/Pv6+fg="}),
    "both payloads": (
        {"frm_payload": A, "decoded_payload": {"bytes": [1]}},
        {"frm_payload": A, "decoded_payload": {"bytes": [1]}},
    ),
    "decoded payload with fractions": (
        {"frm_payload": A, "decoded_payload": {"t": [21.5, -3, "x", None, True]}},
        {"frm_payload": A, "decoded_payload": {"t": [21.5, -3, "x", None, True]}},
    ),
    "correlation id of 100 characters": (
        {"frm_payload": A, "correlation_ids": ["é" * 100]},
        {"frm_payload": A, "correlation_ids": ["é" * 100]},
    ),
    "text with spaces": (
        {"frm_payload": A, "correlation_ids": ["a b", "c"]},
        {"frm_payload": A, "correlation_ids": ["a b", "c"]},
    ),
    "expiry": (
        {"frm_payload": A, "expires_at": "2285-12-31T23:59:59+01:00"},
        {"frm_payload": A, "expires_at": "2285-12-31T22:59:59.000Z"},
    ),
    "expiry with milliseconds": (
        {"frm_payload": A, "expiresAt": "2200-01-01T00:00:00.250Z"},
        {"frm_payload": A, "expires_at": "2200-01-01T00:00:00.250Z"},
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_an_item_is_returned_as_it_was_pushed(case: str, push: Push, listed: Listed) -> None:
    item, expected = ACCEPTED[case]

    assert push(item).status == 200

    assert listed() == [expected]


# Items that break a rule of their field: the item, the field, and what is said of it.
RULES: dict[str, tuple[object, str, str]] = {
    "f_port 224": ({"frm_payload": A, "f_port": 224}, "f_port", "value must not be in list [224]"),
    "f_port 256": ({"frm_payload": A, "f_port": 256}, "f_port", "255"),
    "f_port 256 in camelCase": ({"frm_payload": A, "fPort": 256}, "f_port", "255"),
    "f_port negative": ({"frm_payload": A, "f_port": -1}, "f_port", ""),
    "f_port a fraction": ({"frm_payload": A, "f_port": 1.5}, "f_port", ""),
    "f_port a boolean": ({"frm_payload": A, "f_port": True}, "f_port", ""),
    "priority unknown": ({"frm_payload": A, "priority": "URGENT"}, "priority", "LOWEST"),
    "priority number unknown": ({"frm_payload": A, "priority": 7}, "priority", ""),
    "priority a boolean": ({"frm_payload": A, "priority": True}, "priority", ""),
    "confirmed a text": ({"frm_payload": A, "confirmed": "true"}, "confirmed", ""),
    "correlation id of 101 characters": (
        {"frm_payload": A, "correlation_ids": ["é" * 101]},
        "correlation_ids",
        "100",
    ),
    "class B or C": ({"frm_payload": A, "class_b_c": {"gateways": []}}, "class_b_c", "class B"),
    "expiry no time": ({"frm_payload": A, "expires_at": "soon"}, "expires_at", ""),
    "expiry a number": ({"frm_payload": A, "expires_at": 4102444800}, "expires_at", "RFC 3339"),
    "expiry a number as text": ({"frm_payload": A, "expires_at": "4102444800"}, "expires_at", ""),
    "expiry without zone": ({"frm_payload": A, "expires_at": "2200-01-01T00:00:00"}, "expires_at", ""),
    "expiry out of range": ({"frm_payload": A, "expires_at": "2999-01-01T00:00:00Z"}, "expires_at", "2286"),
    "max_attempts 0": (
        {"frm_payload": A, "confirmed_retry": {"max_attempts": 0}},
        "confirmed_retry",
        "",
    ),
}


@pytest.mark.parametrize("case", RULES)
def test_a_broken_rule_by_webhook_is_told_with_its_causes(case: str, push: Push, stored: Stored) -> None:
    item, field, reason = RULES[case]
    before = stored()

    answer = push({"frm_payload": B}, item)

    assert answer.status == 400
    error = answer.error
    assert answer.json["code"] == 3
    assert answer.json["message"].startswith("error:pkg/applicationserver/io/web:validate_body (")
    assert names(error) == ["validate_body", "validation", "validation"]
    assert error["namespace"] == "pkg/applicationserver/io/web"
    assert error["cause"]["attributes"] == {
        "field": "downlinks[1]",
        "reason": "embedded message failed validation",
    }
    assert innermost(error)["attributes"]["field"].startswith(field)
    assert reason in innermost(error)["attributes"]["reason"]
    assert stored() == before


@pytest.mark.parametrize("case", RULES)
def test_a_broken_rule_by_application_is_told_at_the_top(case: str, push: Push, stored: Stored) -> None:
    item, field, _ = RULES[case]
    before = stored()

    answer = push({"frm_payload": B}, item, name="queue_push_as.json")

    assert answer.status == 400
    assert names(answer.error) == ["validation", "validation"]
    assert answer.error["namespace"] == "pkg/errors"
    assert answer.error["attributes"]["field"] == "downlinks[1]"
    assert innermost(answer.error)["attributes"]["field"].startswith(field)
    assert stored() == before


# Items that are refused by a name of their own, on both paths.
REFUSED: dict[str, tuple[object, str, str, dict[str, object] | None]] = {
    "7 bytes": (
        {"frm_payload": "AQIDBAUGBw=="},
        "pkg/networkserver",
        "application_downlink_too_short",
        {"length": 7, "min": 8},
    ),
    "9 bytes": (
        {"frm_payload": "AQIDBAUGBwgJ"},
        "pkg/networkserver",
        "application_downlink_too_long",
        {"length": 9, "max": 8},
    ),
    "256 bytes": (
        {"frm_payload": "A" * 340 + "AA=="},
        "pkg/networkserver",
        "application_downlink_too_long",
        {"length": 256, "max": 8},
    ),
    "0 bytes": ({"frm_payload": ""}, "pkg/applicationserver", "no_payload", None),
    "no payload": ({"f_port": 1}, "pkg/applicationserver", "no_payload", None),
    "empty item": ({}, "pkg/applicationserver", "no_payload", None),
    "empty decoded payload": ({"decoded_payload": {}}, "pkg/applicationserver", "no_payload", None),
    "7 bytes decoded": (
        {"decoded_payload": {"bytes": [1] * 7}},
        "pkg/networkserver",
        "application_downlink_too_short",
        {"length": 7, "min": 8},
    ),
    "9 bytes decoded": (
        {"decoded_payload": {"bytes": [1] * 9}},
        "pkg/networkserver",
        "application_downlink_too_long",
        {"length": 9, "max": 8},
    ),
    "expired": (
        {"frm_payload": A, "expires_at": "2020-01-01T00:00:00Z"},
        "pkg/networkserver",
        "downlink_expired",
        None,
    ),
    "expired since for ever": (
        {"frm_payload": A, "expires_at": "0001-01-01T00:00:00+14:00"},
        "pkg/networkserver",
        "downlink_expired",
        None,
    ),
    "more attempts than the server makes": (
        {"frm_payload": A, "confirmed_retry": {"max_attempts": 33}},
        "pkg/applicationserver",
        "downlink_max_retries_invalid",
        {"max": 32},
    ),
}


@both_paths
@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_named_as_the_things_stack_names_it(
    case: str, name: str, push: Push, stored: Stored
) -> None:
    item, namespace, error_name, attributes = REFUSED[case]
    before = stored()

    answer = push({"frm_payload": B}, item, name=name)

    assert answer.status == 400
    error = answer.error
    assert (error["namespace"], error["name"]) == (namespace, error_name)
    assert error.get("attributes") == attributes
    assert error["@type"] == "type.googleapis.com/ttn.lorawan.v3.ErrorDetails"
    assert len(error["correlation_id"]) == 32
    assert answer.json["message"].startswith(f"error:{namespace}:{error_name} (")
    assert stored() == before


NOT_STORABLE = {
    "400 digits": int("9" * 400),
    "39 digits": int("9" * 39),
    "beyond 9.99e125": 1e126,
    "below 1e-130": 9e-131,
}


@pytest.mark.parametrize(
    ("item", "field"),
    [
        pytest.param({"frm_payload": "*"}, "frm_payload", id="no base64"),
        pytest.param({"frm_payload": "AQIDBAUGBwg=é"}, "frm_payload", id="no ASCII"),
        pytest.param({"frm_payload": "AQID BAUGBwg="}, "frm_payload", id="space inside"),
        pytest.param({"frm_payload": [1, 2, 3, 4, 5, 6, 7, 8]}, "frm_payload", id="an array"),
        pytest.param({"decoded_payload": {"temperature": 21}}, "decoded_payload", id="no formatter"),
        pytest.param({"decoded_payload": {"bytes": [256] * 8}}, "decoded_payload", id="no bytes"),
        pytest.param({"decoded_payload": {"bytes": [True] * 8}}, "decoded_payload", id="booleans"),
        pytest.param({"decoded_payload": [1]}, "decoded_payload", id="no object"),
        pytest.param(5, "downlinks[1]", id="item no object"),
        pytest.param(None, "downlinks[1]", id="item null"),
        pytest.param(
            {"frm_payload": A, "decoded_payload": {"text": "x" * 1400}}, "downlinks[1]", id="too large"
        ),
        pytest.param(
            {"frm_payload": A, "correlation_ids": ["é" * 100] * 7}, "downlinks[1]", id="too many ids"
        ),
        *(
            pytest.param({"frm_payload": A, "decoded_payload": {"n": [{"m": n}]}}, "decoded_payload", id=id_)
            for id_, n in NOT_STORABLE.items()
        ),
    ],
)
@both_paths
def test_other_bad_items_are_told_by_their_field(
    item: object, field: str, name: str, push: Push, stored: Stored
) -> None:
    before = stored()

    answer = push({"frm_payload": B}, item, name=name)

    assert answer.status == 400
    assert names(answer.error)[-1] == "validation"
    assert innermost(answer.error)["attributes"]["field"].startswith(field)
    assert stored() == before


@both_paths
@pytest.mark.parametrize(
    ("payload", "meant"),
    [
        ("0102030405060708", "AQIDBAUGBwg="),
        ("DEADbeefCAFEbabe", "3q2+78r+ur4="),
        ("0x0102030405060708", "AQIDBAUGBwg="),
        ("01-02-03-04-05-06-07-08", "AQIDBAUGBwg="),
    ],
)
def test_hex_is_refused_with_its_base64(payload: str, meant: str, name: str, push: Push) -> None:
    answer = push({"frm_payload": payload}, name=name)

    assert (answer.status, answer.error["name"]) == (400, "application_downlink_too_long")
    assert answer.error["attributes"]["max"] == 8
    assert f"`frm_payload` looks like hex, which is `{meant}` in base64" in answer.json["message"]
    assert push({"frm_payload": meant}, name=name).status == 200


@pytest.mark.parametrize("payload", ["01 02 03 04 05 06 07 08", "01:02:03:04:05:06:07:08"])
def test_hex_that_is_no_base64_is_refused_with_its_base64_too(payload: str, push: Push) -> None:
    answer = push({"frm_payload": payload})

    assert answer.status == 400
    reason = innermost(answer.error)["attributes"]["reason"]
    assert reason == "value must be base64; it looks like hex, which is `AQIDBAUGBwg=` in base64"


@pytest.mark.parametrize("payload", ["01020304050", "DEADBEEFCAF", "00000000000=", "0x123456789"])
def test_base64_of_8_bytes_that_looks_like_hex_is_taken(payload: str, push: Push) -> None:
    # The last digit of base64 carries bits that no byte needs.
    assert push({"frm_payload": payload}).status == 200


def test_messages_name_no_class_of_the_program(push: Push) -> None:
    assert "_Item" not in (push(5).text or "")


BODIES: dict[str, object] = {
    "garbage": "garbage",
    "truncated": '{"downlinks":[',
    "empty": "",
    "none": None,
    "an array": [{"frm_payload": A}],
    "a text": '"downlinks"',
    "not UTF-8": b'{"downlinks":"\xff"}',
    "NUL": '{"downlinks":"\\u0000"}',
    "exponent that fills the memory": '{"downlinks":[{"f_port":1e99999999}]}',
    "exponent beyond any number": '{"downlinks":[{"f_port":1e99999999999999999999}]}',
    "100,000 levels": "[" * 100_000,
}


@both_paths
@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_is_no_request_is_told_as_such(
    case: str, name: str, push: Push, invoke: Invoke, stored: Stored
) -> None:
    push({"frm_payload": A})
    before = stored()

    answers = [
        invoke(function, event(name, body=BODIES[case])) for function in ("queue_push", "queue_replace")
    ]

    for answer in answers:
        assert (answer.status, answer.error["name"]) == (400, "decode_body")
        assert answer.error["namespace"] == "pkg/applicationserver/io/web"
    assert stored() == before


def test_downlinks_that_are_no_list_are_refused(push: Push, invoke: Invoke, stored: Stored) -> None:
    push({"frm_payload": A})
    before = stored()

    answer = invoke("queue_replace", event("queue_push.json", body={"downlinks": {"frm_payload": A}}))

    assert answer.status == 400
    assert innermost(answer.error)["attributes"]["field"] == "downlinks"
    assert stored() == before


def test_a_body_over_the_limit_is_told_as_such(device: str, invoke: Invoke, stored: Stored) -> None:
    assert device
    before = stored()

    answer = invoke("queue_push", event("queue_push.json", body={"x": "x" * 2**20}))

    assert (answer.status, answer.error["name"]) == (400, "request_body_too_large")
    assert stored() == before


@pytest.mark.parametrize("function", ["queue_push", "queue_replace"])
def test_one_bad_item_leaves_the_queue_as_it_was(
    function: str, push: Push, invoke: Invoke, listed: Listed
) -> None:
    push({"frm_payload": A})
    items = [{"frm_payload": B}, {"frm_payload": "AQ=="}, {"frm_payload": C}]

    answer = invoke(function, event("queue_push.json", body={"downlinks": items}))

    assert (answer.status, answer.error["name"]) == (400, "application_downlink_too_short")
    assert listed() == [{"frm_payload": A}]


def test_the_first_bad_item_is_the_one_that_is_told(push: Push) -> None:
    answer = push({"frm_payload": A}, {"frm_payload": "AQ=="}, {"frm_payload": A, "f_port": 224})

    assert answer.error["name"] == "application_downlink_too_short"


@both_paths
def test_a_full_queue_takes_no_more(name: str, push: Push, stored: Stored) -> None:
    assert push(*[{"frm_payload": A}] * 100).status == 200
    before = stored()

    answer = push({"frm_payload": B}, name=name)

    assert answer.status == 429
    assert (answer.error["namespace"], answer.error["name"]) == (
        "pkg/networkserver",
        "downlink_queue_capacity",
    )
    assert answer.json["code"] == 8
    assert stored() == before


@pytest.mark.parametrize("waiting", [0, 1, 99])
def test_a_push_beyond_the_capacity_is_refused_whole(
    waiting: int, push: Push, stored: Stored, listed: Listed
) -> None:
    assert push(*[{"frm_payload": A}] * waiting).status == 200
    before = stored()

    assert push(*[{"frm_payload": B}] * (101 - waiting)).status == 429

    assert stored() == before
    assert push(*[{"frm_payload": B}] * (100 - waiting)).status == 200
    assert len(listed()) == 100


def test_a_replace_beyond_the_capacity_leaves_the_queue_as_it_was(
    push: Push, invoke: Invoke, stored: Stored
) -> None:
    push({"frm_payload": A})
    before = stored()

    answer = invoke("queue_replace", event("queue_push.json", body={"downlinks": [{"frm_payload": B}] * 101}))

    assert (answer.status, answer.error["name"]) == (429, "downlink_queue_capacity")
    assert stored() == before


@pytest.mark.parametrize("item", [{}, None, {"f_port": 224}], ids=["empty", "null", "bad"])
@pytest.mark.parametrize("function", ["queue_push", "queue_replace"])
def test_more_items_than_a_queue_holds_are_not_even_read(
    item: object, function: str, push: Push, invoke: Invoke, stored: Stored
) -> None:
    push({"frm_payload": A})
    before = stored()

    answer = invoke(function, event("queue_push.json", body={"downlinks": [item] * 16_000}))

    assert (answer.status, answer.error["name"]) == (429, "downlink_queue_capacity")
    assert stored() == before


def test_a_full_queue_can_be_replaced_by_a_full_one(push: Push, invoke: Invoke, listed: Listed) -> None:
    push(*[{"frm_payload": A}] * 100)

    answer = invoke("queue_replace", event("queue_push.json", body={"downlinks": [{"frm_payload": B}] * 100}))

    assert answer.status == 200
    assert listed() == [{"frm_payload": B}] * 100


ROUTES = [
    pytest.param("queue_push", "queue_push.json", id="push by webhook"),
    pytest.param("queue_push", "queue_push_as.json", id="push by application"),
    pytest.param("queue_replace", "queue_replace.json", id="replace"),
    pytest.param("queue_replace", "queue_clear.json", id="clear"),
    pytest.param("queue_list", "queue_list.json", id="list"),
]


@pytest.mark.parametrize(("function", "name"), ROUTES)
def test_an_unknown_device_is_not_found_and_not_made(
    function: str, name: str, invoke: Invoke, stored: Stored
) -> None:
    before = stored()

    answer = invoke(function, event(name))

    assert answer.status == 404
    error = answer.error
    assert (error["namespace"], error["name"]) == ("pkg/applicationserver", "device_not_found")
    assert error["attributes"] == {"device_uid": "demo.153fa"}
    assert "not found; add it with `POST /v1/devices` or `sigbridge devices add`" in answer.json["message"]
    assert answer.json["code"] == 5
    assert stored() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("application_id", "Demo", id="application in capitals"),
        pytest.param("application_id", "de", id="application of 2 characters"),
        pytest.param("application_id", "a" * 37, id="application of 37 characters"),
        pytest.param("webhook_id", "--invalid-id", id="webhook with edge hyphens"),
        pytest.param("webhook_id", "web--hook", id="webhook with a double hyphen"),
        pytest.param("device_id", "fa", id="device of 2 characters"),
        pytest.param("device_id", "\u212a53fa", id="device with a sign whose lower case is k"),
        pytest.param("device_id", "153fa-", id="device with an edge hyphen"),
        pytest.param("device_id", "153 fa", id="device with a space"),
        pytest.param("device_id", "", id="device empty"),
        pytest.param("device_id", "153fa\n", id="device with a newline"),
    ],
)
def test_an_identifier_that_breaks_the_rule_is_refused(
    field: str, value: str, device: str, invoke: Invoke, stored: Stored
) -> None:
    assert device
    before = stored()

    answer = invoke("queue_push", event("queue_push.json", path={field: value}))

    assert (answer.status, answer.error["name"]) == (400, "validation")
    assert answer.error["attributes"]["field"] == field
    assert stored() == before


@pytest.mark.parametrize("spelling", ["153fa", "153FA", "153Fa", "0153fa", "000153FA", "1-5-3fa"])
def test_a_device_is_found_however_its_path_is_written(
    spelling: str, device: str, invoke: Invoke, listed: Listed
) -> None:
    assert device

    assert invoke("queue_push", event("queue_push.json", path={"device_id": spelling})).status == 200

    assert len(listed()) == 1


def test_a_device_is_known_from_its_first_uplink_on(invoke: Invoke, listed: Listed) -> None:
    invoke("uplink", event("bidir_downlink.json"))

    assert invoke("queue_push", event("queue_push.json")).status == 200

    assert len(listed()) == 1


def bad_in_every_way(path: dict[str, str], key: str) -> Event:
    return event("queue_push.json", path=path, headers={"authorization": f"Bearer {key}"}, body="garbage")


def test_identifiers_are_checked_before_the_key_the_key_before_the_body_the_body_before_the_device(
    key: str, invoke: Invoke
) -> None:
    weak = str(issue_key("demo", "weak", [Right.TRAFFIC_READ]).token)
    steps = [
        ({"device_id": "NO", "application_id": "other"}, "nonsense", 400, "validation"),
        ({"application_id": "other"}, "nonsense", 401, "token"),
        ({"application_id": "other"}, weak, 403, "no_application_rights"),
        ({}, weak, 403, "insufficient_application_rights"),
        ({}, key, 400, "decode_body"),
    ]

    answers = [invoke("queue_push", bad_in_every_way(path, credential)) for path, credential, *_ in steps]
    unknown = invoke("queue_push", event("queue_push.json"))

    assert [(a.status, a.error["name"]) for a in answers] == [(status, name) for *_, status, name in steps]
    assert (unknown.status, unknown.error["name"]) == (404, "device_not_found")


@pytest.mark.parametrize(("function", "name"), ROUTES)
def test_another_application_s_path_is_forbidden_whether_it_exists_or_not(
    function: str, name: str, push: Push, invoke: Invoke, stored: Stored
) -> None:
    push({"frm_payload": A})
    before = stored()

    answer = invoke(function, event(name, path={"application_id": "other"}))

    assert answer.status == 403
    error = answer.error
    assert (error["namespace"], error["name"]) == ("pkg/auth/rights", "no_application_rights")
    assert error["attributes"] == {"uid": "other"}
    assert answer.json["code"] == 7
    assert stored() == before


@pytest.mark.parametrize(
    ("function", "name", "rights", "missing"),
    [
        pytest.param(
            "queue_push",
            "queue_push.json",
            set(Right) - {Right.TRAFFIC_DOWN_WRITE},
            "RIGHT_APPLICATION_TRAFFIC_DOWN_WRITE",
            id="push",
        ),
        pytest.param(
            "queue_replace",
            "queue_clear.json",
            set(Right) - {Right.TRAFFIC_DOWN_WRITE},
            "RIGHT_APPLICATION_TRAFFIC_DOWN_WRITE",
            id="replace",
        ),
        pytest.param(
            "queue_list",
            "queue_list.json",
            set(Right) - {Right.TRAFFIC_READ},
            "RIGHT_APPLICATION_TRAFFIC_READ",
            id="list",
        ),
    ],
)
def test_a_missing_right_is_named(
    function: str, name: str, rights: Sequence[Right], missing: str, push: Push, stored: Stored
) -> None:
    push({"frm_payload": A})
    key = used_key("demo", rights)
    before = stored()

    answer = call(function, event(name), key)

    assert (answer.status, answer.error["name"]) == (403, "insufficient_application_rights")
    assert answer.error["attributes"] == {"uid": "demo", "missing": [missing]}
    assert stored() == before


def test_a_downlink_that_expired_while_it_waited_is_listed_no_more(push: Push, listed: Listed) -> None:
    moment = time.time() + 3600
    push(
        {"frm_payload": A, "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))},
        {"frm_payload": B},
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sigbridge.downlinks.queue.now_ms", lambda: int(moment * 1000) + 1)
        later = listed()

    assert [item["frm_payload"] for item in later] == [B]
    assert [item["frm_payload"] for item in listed()] == [A, B]


def test_a_list_is_valid_json_whatever_was_pushed(push: Push, invoke: Invoke) -> None:
    item = '{"frm_payload":"AQIDBAUGBwg=","decoded_payload":{"x":1e400}}'

    pushed = invoke("queue_push", event("queue_push.json", body=f'{{"downlinks":[{item}]}}'))
    listed = invoke("queue_list", event("queue_list.json"))

    assert pushed.status in {200, 400}
    assert push({"frm_payload": B}).status == 200
    json.loads(listed.text or "", parse_constant=pytest.fail)


def push_under(invoke: Invoke, key: str, *payloads: str) -> Answer:
    body = {"downlinks": [{"frm_payload": payload} for payload in payloads]}
    return invoke("queue_push", event("queue_push.json", body=body, headers={"Idempotency-Key": key}))


@pytest.mark.usefixtures("device")
def test_a_push_repeated_under_its_idempotency_key_is_queued_once(invoke: Invoke, listed: Listed) -> None:
    first, again = push_under(invoke, "order 7", A, B), push_under(invoke, "order 7", A, B)
    other = push_under(invoke, "order 8", C)

    assert (first.status, again.status, other.status) == (200, 200, 200)
    assert first.headers["X-Downlink-Ids"] == again.headers["X-Downlink-Ids"]
    assert first.headers["X-Downlink-Ids"] != other.headers["X-Downlink-Ids"]
    assert [item["frm_payload"] for item in listed()] == [A, B, C]


@pytest.mark.usefixtures("device")
def test_a_push_repeated_after_the_downlink_left_queues_nothing(invoke: Invoke, listed: Listed) -> None:
    push_under(invoke, "order 7", A)
    invoke("queue_replace", event("queue_clear.json"))

    assert push_under(invoke, "order 7", A).status == 200
    assert listed() == []


@pytest.mark.usefixtures("device")
def test_a_refused_push_does_not_use_its_idempotency_key_up(invoke: Invoke, listed: Listed) -> None:
    full = push_under(invoke, "order 7", *[A] * 101)
    assert (full.status, full.error["name"]) == (429, "downlink_queue_capacity")

    assert push_under(invoke, "order 7", A).status == 200
    assert [item["frm_payload"] for item in listed()] == [A]


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("name", ["", "k" * 256])
def test_an_idempotency_key_has_1_to_255_characters(name: str, invoke: Invoke, listed: Listed) -> None:
    assert push_under(invoke, name, A).status == 400
    assert listed() == []


def test_an_idempotency_key_for_an_unknown_device_is_404(invoke: Invoke) -> None:
    assert push_under(invoke, "order 7", A).status == 404
