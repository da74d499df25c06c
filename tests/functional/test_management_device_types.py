"""`/v1/device-types`: device types are listed, created, changed and deleted."""

from typing import Any

import pytest

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge.store.rows import Key, Update
from sigbridge.store.table import update
from tests.functional.conftest import Stored
from tests.functional.management import Management

TRACKER = {
    "id": "5e74c318aa8aec41f9cc6b00",
    "name": "Tracker",
    "payload_encoding": "base64",
    "pad_downlinks": True,
    "downlink_data": "0102030405060708",
    "daily_downlinks": 2,
    "downlink_quota": "enforce",
    "keep_alive_seconds": 3600,
    "compute_answers": False,
}
YEAR = 31_536_000


def fields(answer: Any) -> list[str]:
    """The fields that an answer finds fault with."""
    assert answer.status == 400
    return [error["field"] for error in answer.json["errors"]]


def test_a_device_type_is_created_shown_and_listed(management: Management) -> None:
    created = management.post("/v1/device-types", TRACKER)

    assert (created.status, created.json) == (201, TRACKER)
    assert management.get(f"/v1/device-types/{TRACKER['id']}").json == TRACKER
    assert management.get("/v1/device-types").json == {"device_types": [TRACKER]}


def test_an_id_is_enough(management: Management) -> None:
    created = management.post("/v1/device-types", {"id": "tracker_2-b"})

    assert created.json == {
        "id": "tracker_2-b",
        "name": "tracker_2-b",
        "pad_downlinks": False,
        "compute_answers": False,
    }


def test_null_is_as_if_nothing_were_said(management: Management) -> None:
    body = dict.fromkeys(TRACKER, None) | {"id": "plain"}

    assert management.post("/v1/device-types", body).json == {
        "id": "plain",
        "name": "plain",
        "pad_downlinks": False,
        "compute_answers": False,
    }


def test_there_are_none_at_first_and_they_are_listed_in_the_order_of_their_ids(
    management: Management,
) -> None:
    assert management.get("/v1/device-types").json == {"device_types": []}
    for type_id in ("b", "a", "C", "10"):
        management.post("/v1/device-types", {"id": type_id})

    listed = management.get("/v1/device-types").json["device_types"]

    assert [each["id"] for each in listed] == ["10", "C", "a", "b"]


def test_a_second_one_of_an_id_is_refused_and_changes_nothing(management: Management) -> None:
    management.post("/v1/device-types", TRACKER)

    refused = management.post("/v1/device-types", {"id": TRACKER["id"], "name": "Other"})

    assert refused.status == 409
    assert refused.json == {
        "status": False,
        "message": "Device type '5e74c318aa8aec41f9cc6b00' exists already",
    }
    assert management.post("/v1/device-types", TRACKER).status == 409
    assert management.get("/v1/device-types").json == {"device_types": [TRACKER]}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {}),
        ({"name": "Beacon"}, {"name": "Beacon"}),
        ({"pad_downlinks": False}, {"pad_downlinks": False}),
        ({"pad_downlinks": None}, {"pad_downlinks": False}),
        ({"downlink_data": "DEADBEEFCAFEBABE"}, {"downlink_data": "deadbeefcafebabe"}),
        ({"downlink_data": None}, {"downlink_data": None}),
        ({"daily_downlinks": 0, "downlink_quota": None}, {"daily_downlinks": 0, "downlink_quota": None}),
        ({"payload_encoding": None}, {"payload_encoding": None}),
        ({"keep_alive_seconds": 60}, {"keep_alive_seconds": 60}),
        (
            {"keep_alive_seconds": None, "name": "x", "daily_downlinks": None},
            {"keep_alive_seconds": None, "name": "x", "daily_downlinks": None},
        ),
    ],
)
def test_what_is_sent_is_changed_and_the_rest_stays(
    management: Management, changes: dict[str, Any], told: dict[str, Any]
) -> None:
    management.post("/v1/device-types", TRACKER)

    changed = management.patch(f"/v1/device-types/{TRACKER['id']}", changes)

    assert changed.status == 200
    assert changed.json == {name: value for name, value in (TRACKER | told).items() if value is not None}
    assert management.get(f"/v1/device-types/{TRACKER['id']}").json == changed.json


def test_a_deleted_one_is_gone_and_can_be_made_again(management: Management) -> None:
    management.post("/v1/device-types", TRACKER)
    management.post("/v1/device-types", {"id": "other"})

    deleted = management.delete(f"/v1/device-types/{TRACKER['id']}")

    assert (deleted.status, deleted.text or "") == (204, "")
    assert management.get(f"/v1/device-types/{TRACKER['id']}").status == 404
    assert management.delete(f"/v1/device-types/{TRACKER['id']}").status == 404
    assert [each["id"] for each in management.get("/v1/device-types").json["device_types"]] == ["other"]
    assert management.post("/v1/device-types", TRACKER).status == 201


def test_the_devices_of_a_deleted_one_keep_its_id(management: Management) -> None:
    management.post("/v1/device-types", {"id": "tracker"})
    management.post("/v1/devices", {"id": "1A2B3C", "type": "tracker"})

    management.delete("/v1/device-types/tracker")

    assert management.get("/v1/devices/1A2B3C").json["type"] == "tracker"


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_unknown_one_is_not_found(management: Management, method: str) -> None:
    body = ({"name": "x"},) if method == "patch" else ()

    answer = getattr(management, method)("/v1/device-types/unknown", *body)

    assert answer.status == 404
    assert answer.json == {"status": False, "message": "There is no device type 'unknown'"}


def test_a_change_of_nothing_in_an_unknown_one_is_not_found(management: Management) -> None:
    assert management.patch("/v1/device-types/unknown", {}).status == 404


BAD_FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": ""}, ["name"]),
    ({"name": "x" * 101}, ["name"]),
    ({"name": 5}, ["name"]),
    ({"payload_encoding": "binary"}, ["payload_encoding"]),
    ({"pad_downlinks": "yes"}, ["pad_downlinks"]),
    ({"pad_downlinks": 1}, ["pad_downlinks"]),
    ({"compute_answers": "yes"}, ["compute_answers"]),
    ({"compute_answers": True}, ["compute_answers"]),
    ({"downlink_data": ""}, ["downlink_data"]),
    ({"downlink_data": "010203040506070"}, ["downlink_data"]),
    ({"downlink_data": "01020304050607080"}, ["downlink_data"]),
    ({"downlink_data": "zz02030405060708"}, ["downlink_data"]),
    ({"downlink_data": "0102030405060708\n"}, ["downlink_data"]),
    ({"daily_downlinks": -1}, ["daily_downlinks"]),
    ({"daily_downlinks": 1001}, ["daily_downlinks"]),
    ({"daily_downlinks": "4"}, ["daily_downlinks"]),
    ({"daily_downlinks": 1.5}, ["daily_downlinks"]),
    ({"daily_downlinks": True}, ["daily_downlinks"]),
    ({"downlink_quota": "ignore"}, ["downlink_quota"]),
    ({"keep_alive_seconds": 59}, ["keep_alive_seconds"]),
    ({"keep_alive_seconds": YEAR + 1}, ["keep_alive_seconds"]),
    ({"colour": "red", "size": 3}, ["colour", "size"]),
    ({"name": "", "keep_alive_seconds": 0, "colour": 1}, ["keep_alive_seconds", "name", "colour"]),
]


@pytest.mark.parametrize(("content", "faults"), BAD_FIELDS)
def test_bad_fields_are_named_and_nothing_is_stored(
    management: Management, content: dict[str, Any], faults: list[str]
) -> None:
    management.post("/v1/device-types", {"id": "tracker"})
    before = management.get("/v1/device-types").json

    assert sorted(fields(management.post("/v1/device-types", {"id": "x"} | content))) == sorted(faults)
    assert sorted(fields(management.patch("/v1/device-types/tracker", content))) == sorted(faults)
    assert management.get("/v1/device-types").json == before


def test_a_name_can_not_be_taken_away(management: Management) -> None:
    management.post("/v1/device-types", {"id": "tracker"})

    assert fields(management.patch("/v1/device-types/tracker", {"name": None})) == ["name"]


def test_an_id_can_not_be_changed(management: Management) -> None:
    management.post("/v1/device-types", {"id": "tracker"})

    assert fields(management.patch("/v1/device-types/tracker", {"id": "other"})) == ["id"]


@pytest.mark.parametrize("type_id", ["", "a b", "a.b", "a#b", "é", "x" * 65, "tracker\n", 5, None])
def test_a_bad_id_is_named(management: Management, type_id: object) -> None:
    assert fields(management.post("/v1/device-types", {"id": type_id})) == ["id"]


def test_an_id_is_needed(management: Management) -> None:
    assert fields(management.post("/v1/device-types", {"name": "Tracker"})) == ["id"]


@pytest.mark.parametrize("keep_alive", [60, YEAR])
def test_the_bounds_of_a_keep_alive_are_taken(management: Management, keep_alive: int) -> None:
    body = {"id": "x" * 64, "keep_alive_seconds": keep_alive, "name": "x" * 100, "daily_downlinks": 1000}

    assert management.post("/v1/device-types", body).status == 201


def test_there_are_a_hundred_at_most(management: Management) -> None:
    for number in range(100):
        assert management.post("/v1/device-types", {"id": f"type-{number}"}).status == 201

    refused = management.post("/v1/device-types", {"id": "one-more"})

    assert refused.status == 400
    assert refused.json["message"] == "An application has at most 100 device types"
    assert len(management.get("/v1/device-types").json["device_types"]) == 100
    management.delete("/v1/device-types/type-5")
    assert management.post("/v1/device-types", {"id": "one-more"}).status == 201


def test_an_application_from_before_there_were_device_types_gets_its_first_one(
    management: Management, stored: Stored
) -> None:
    key = Key("APP#demo", "APP")
    update(Update(key, "REMOVE device_types", "attribute_exists(pk)", {}))
    assert management.get("/v1/device-types").json == {"device_types": []}
    assert management.get("/v1/device-types/tracker").status == 404
    assert management.patch("/v1/device-types/tracker", {"name": "x"}).status == 404
    assert management.delete("/v1/device-types/tracker").status == 404

    assert management.post("/v1/device-types", TRACKER).status == 201

    assert management.get("/v1/device-types").json == {"device_types": [TRACKER]}
    [application] = stored("APP#demo", "APP")
    assert application["name"] == "demo"


def test_settings_and_device_types_do_not_get_in_each_others_way(management: Management) -> None:
    management.post("/v1/device-types", TRACKER)
    management.patch("/v1/application", {"name": "Greenhouse"})

    assert management.get("/v1/device-types").json == {"device_types": [TRACKER]}
    assert management.get("/v1/application").json["name"] == "Greenhouse"


def test_applications_have_device_types_of_their_own(management: Management) -> None:
    create_application("other")
    other = Management(str(issue_key("other", "all", list(Right)).token))
    management.post("/v1/device-types", TRACKER)

    assert other.get("/v1/device-types").json == {"device_types": []}
    assert other.get(f"/v1/device-types/{TRACKER['id']}").status == 404
    assert other.delete(f"/v1/device-types/{TRACKER['id']}").status == 404


@pytest.mark.parametrize(
    ("right", "reading", "writing"),
    [(Right.DEVICES_READ, 200, 403), (Right.DEVICES_WRITE, 403, 201), (Right.TRAFFIC_READ, 403, 403)],
)
def test_rights_are_needed(management: Management, right: Right, reading: int, writing: int) -> None:
    assert management
    limited = Management(str(issue_key("demo", "limited", [right]).token))

    assert limited.get("/v1/device-types").status == reading
    assert limited.post("/v1/device-types", {"id": "x"}).status == writing
    assert limited.patch("/v1/device-types/x", {}).status == (200 if writing == 201 else 403)
    assert limited.delete("/v1/device-types/x").status == (204 if writing == 201 else 403)
