"""The routes that register and change devices in Sigfox."""

from collections.abc import Callable
from typing import Any

import pytest

from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.conftest import Stored
from tests.functional.management import Management
from tests.functional.sigfox_api import DEVICE_TYPE
from tests.functional.sigfox_jobs import OTHER_TYPE, PAC, Work

DEVICE = {"id": "00A1", "pac": PAC, "name": "Barn", "lat": 45.5, "lng": 4.75}
pytestmark = pytest.mark.usefixtures("connected")


def ids(*device_ids: str, **more: object) -> dict[str, object]:
    return {"ids": list(device_ids), **more}


def test_devices_are_registered_and_listed(
    sigfox_backend: SigfoxBackend, management: Management, work: Work
) -> None:
    sigfox_backend.add_unregistered("A1", PAC)
    sigfox_backend.add_unregistered("A2", PAC)
    body = {"device_type_id": DEVICE_TYPE, "devices": [DEVICE, {"id": "A2", "pac": "1" * 16}]}

    ordered = management.post("/v1/sigfox/devices", body)

    assert (ordered.status, ordered.json["kind"], ordered.json["progress"]["total"]) == (
        202,
        "sigfox_change",
        2,
    )
    work(ordered.json["id"])
    job = management.get(f"/v1/jobs/{ordered.json['id']}").json
    assert (job["state"], job["progress"]["changed"], job["progress"]["failed"]) == ("done", 1, 1)
    [error] = management.get(f"/v1/jobs/{job['id']}/errors").json["errors"]
    assert error["row"] == "A2"
    assert "Invalid PAC" in error["message"]
    assert management.get("/v1/devices/A1").json["name"] == "Barn"
    assert management.get("/v1/devices/A2").status == 404
    assert sigfox_backend.device("A1")["location"] == {"lat": 45.5, "lng": 4.75}


CHANGES: list[tuple[str, str, dict[str, Any], Callable[[Any], object], object]] = [
    ("POST", "/suspend", ids("A1"), lambda device: device["state"], 6),
    ("POST", "/resume", ids("A2"), lambda device: device["state"], 0),
    (
        "POST",
        "/unsubscribe",
        ids("A1", at="2030-01-31T12:00:00Z"),
        lambda device: device["unsubscriptionTime"],
        1_896_091_200_000,
    ),
    ("POST", "/restart", ids("A1"), lambda device: device["token"]["state"], 0),
    (
        "POST",
        "/transfer",
        ids("A1", device_type_id=OTHER_TYPE),
        lambda device: device["deviceType"]["id"],
        OTHER_TYPE,
    ),
    (
        "PATCH",
        "",
        {"devices": [{"id": "00a1", "automatic_renewal": False}]},
        lambda device: device["automaticRenewal"],
        False,
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "read", "expected"), CHANGES)
def test_devices_are_changed(
    method: str,
    path: str,
    body: dict[str, Any],
    read: Callable[[Any], object],
    expected: object,
    sigfox_backend: SigfoxBackend,
    management: Management,
    work: Work,
) -> None:
    sigfox_backend.add_device(DEVICE_TYPE, "A1", PAC)
    sigfox_backend.add_device(DEVICE_TYPE, "A2", PAC)["state"] = 6

    ordered = management.request(method, f"/v1/sigfox/devices{path}", {}, body)

    assert ordered.status == 202
    job = work(ordered.json["id"])
    assert (job.progress.changed, job.progress.failed) == (1, 0)
    [changed] = body.get("ids", ["A1"])
    assert read(sigfox_backend.device(changed)) == expected


def test_a_device_is_renamed_at_once_and_the_second_time_as_a_job(
    sigfox_backend: SigfoxBackend, management: Management
) -> None:
    sigfox_backend.limit()
    device = sigfox_backend.add_device(DEVICE_TYPE, "A1", PAC)
    management.post("/v1/devices", {"id": "A1"})

    first = management.patch("/v1/devices/00A1/sigfox", {"name": "Barn", "lat": 45.5, "lng": 4.75})
    second = management.patch("/v1/devices/A1/sigfox", {"automatic_renewal": False})

    assert (first.status, first.json) == (200, {})
    assert (device["name"], device["location"]) == ("Barn", {"lat": 45.5, "lng": 4.75})
    assert (second.status, second.json["job"]["state"]) == (202, "waiting")


def test_a_device_is_disengaged_and_replaced(sigfox_backend: SigfoxBackend, management: Management) -> None:
    sigfox_backend.add_device(DEVICE_TYPE, "A1", PAC)["sequenceNumber"] = 200
    sigfox_backend.add_device(OTHER_TYPE, "A2", PAC)
    management.post("/v1/devices", {"id": "A1"})

    assert management.post("/v1/devices/A1/sigfox/disengage").status == 204
    assert sigfox_backend.device("A1")["sequenceNumber"] == 0
    replaced = management.post("/v1/devices/A1/sigfox/replace", {"target_device_id": "A2"})
    assert replaced.status == 204
    assert sigfox_backend.device("A2")["deviceType"]["id"] == DEVICE_TYPE
    itself = management.post("/v1/devices/A1/sigfox/replace", {"target_device_id": "A1"})
    assert (itself.status, itself.json["message"]) == (400, "target_device_id: is the same device")

    refused = management.post("/v1/devices/A1/sigfox/replace", {"target_device_id": "FF"})
    assert (refused.status, "not found" in refused.json["message"]) == (400, True)


@pytest.fixture
def our_type(management: Management) -> str:
    management.post("/v1/device-types", {"id": DEVICE_TYPE})
    return DEVICE_TYPE


def test_a_device_is_created_in_sigfox_first(
    sigfox_backend: SigfoxBackend, management: Management, our_type: str
) -> None:
    sigfox_backend.add_unregistered("A1", PAC)
    body = DEVICE | {"type": our_type}

    wrong = management.post("/v1/devices", body | {"pac": "1" * 16}, sigfox="true")
    assert (wrong.status, "Invalid PAC" in wrong.json["message"]) == (400, True)
    assert management.get("/v1/devices/A1").status == 404

    sigfox_backend.fail_next(500, "POST", "/devices/", before=False)
    assert management.post("/v1/devices", body, sigfox="true").status == 503
    assert management.get("/v1/devices/A1").status == 404

    made = management.post("/v1/devices", body, sigfox="true")
    assert (made.status, made.json["id"], "job" in made.json) == (201, "A1", False)
    assert management.post("/v1/devices", body, sigfox="true").status == 409
    posts = [each for each in sigfox_backend.requests if (each.method, each.path) == ("POST", "/devices/")]
    assert len(posts) == 2


def test_a_device_that_is_elsewhere_is_created_and_transferred(
    sigfox_backend: SigfoxBackend, management: Management, our_type: str, work: Work
) -> None:
    sigfox_backend.add_device(OTHER_TYPE, "A1", PAC)

    made = management.post("/v1/devices", DEVICE | {"type": our_type}, sigfox="true")

    assert made.status == 201
    work(made.json["job"]["id"])
    assert sigfox_backend.device("A1")["deviceType"]["id"] == DEVICE_TYPE


def test_a_table_of_devices_is_imported_and_registered(
    sigfox_backend: SigfoxBackend, management: Management, our_type: str, work: Work
) -> None:
    for id_ in ("A1", "A2"):
        sigfox_backend.add_unregistered(id_, PAC)
    table = f"id,name,type,pac,lat,lng\n00A1,Barn,{our_type},{PAC},45.5,4.75\nA2,,{our_type},{'1' * 16},,\n"

    imported = management.request(
        "POST", "/v1/devices/import", {"sigfox": "true"}, table, {"content-type": "text/csv"}
    )

    assert (imported.status, imported.json["created"]) == (200, 2)
    [job] = imported.json["jobs"]
    work(job["id"])
    assert sigfox_backend.device("A1")["location"] == {"lat": 45.5, "lng": 4.75}
    [error] = management.get(f"/v1/jobs/{job['id']}/errors").json["errors"]
    assert error["row"] == "A2"


@pytest.mark.parametrize(
    ("query", "row", "field"),
    [
        ({"sigfox": "true"}, "A1,type1,", "row 1: pac"),
        ({"sigfox": "true"}, f"A1,,{PAC}", "row 1: type"),
        ({"sigfox": "true"}, f"GATEWAY7,type1,{PAC}", "row 1: id"),
        ({}, f"A1,type1,{PAC}", "row 1: pac"),
    ],
)
def test_rows_that_can_not_be_registered_are_named(
    query: dict[str, object], row: str, field: str, management: Management, our_type: str, stored: Stored
) -> None:
    assert our_type == "type1"
    headers = {"content-type": "text/csv"}

    refused = management.request("POST", "/v1/devices/import", query, f"id,type,pac\n{row}\n", headers)

    assert (refused.status, refused.json["errors"][0]["field"]) == (400, field)
    assert stored("DEVICE#", "DEVICE") == []


REFUSED: list[tuple[str, str, object, str]] = [
    ("POST", "/v1/sigfox/devices", {"device_type_id": "t", "devices": []}, "devices"),
    ("POST", "/v1/sigfox/devices", {"device_type_id": "t", "devices": [{"id": "A1"}]}, "devices[0].pac"),
    ("POST", "/v1/sigfox/devices", {"device_type_id": "t", "devices": [DEVICE, DEVICE]}, "devices[1].id"),
    (
        "POST",
        "/v1/sigfox/devices",
        {"device_type_id": "t", "devices": [DEVICE | {"id": "GATEWAY7"}]},
        "devices[0].id",
    ),
    ("POST", "/v1/sigfox/devices", {"device_type_id": "../x", "devices": [DEVICE]}, "device_type_id"),
    ("POST", "/v1/sigfox/devices/suspend", {"ids": ["A1", "00A1"]}, "ids"),
    ("POST", "/v1/sigfox/devices/suspend", {"ids": ["../A1"]}, "ids[0]"),
    ("POST", "/v1/sigfox/devices/transfer", {"ids": ["A1"]}, "device_type_id"),
    ("POST", "/v1/sigfox/devices/unsubscribe", {"ids": ["A1"], "at": "soon"}, "at"),
    (
        "PATCH",
        "/v1/sigfox/devices",
        {"devices": [{"id": "A1", "keepHistory": True}]},
        "devices[0].keepHistory",
    ),
    ("PATCH", "/v1/devices/A1/sigfox", {"lat": 45.5}, "body"),
    ("PATCH", "/v1/devices/A1/sigfox", {"lat": 91, "lng": 0}, "lat"),
    ("PATCH", "/v1/devices/A1/sigfox", {"name": "x" * 101}, "name"),
    ("POST", "/v1/devices", {"id": "A1", "pac": PAC}, "pac"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), REFUSED)
def test_what_is_not_right_is_named(
    method: str,
    path: str,
    body: object,
    field: str,
    management: Management,
    sigfox_backend: SigfoxBackend,
    capsys: pytest.CaptureFixture[str],
) -> None:
    management.post("/v1/devices", {"id": "A1"})
    sigfox_backend.requests.clear()

    refused = management.request(method, path, {}, body)

    assert refused.status == 400
    assert refused.json["errors"][0]["field"] == field, refused.json
    assert PAC not in f"{refused.text}{capsys.readouterr()}"
    assert sigfox_backend.requests == []


def test_without_a_connection_nothing_is_ordered(management: Management) -> None:
    management.delete("/v1/sigfox")

    refused = management.post("/v1/sigfox/devices/suspend", {"ids": ["A1"]})

    assert (refused.status, "not connected" in refused.json["message"]) == (404, True)
    assert management.get("/v1/jobs").json == {"jobs": []}


@pytest.mark.parametrize("right", [Right.SIGFOX_WRITE, Right.DEVICES_WRITE])
@pytest.mark.parametrize(
    ("path", "body", "query"),
    [
        ("/v1/sigfox/devices/suspend", {"ids": ["A1"]}, {}),
        ("/v1/devices/A1/sigfox/disengage", None, {}),
        ("/v1/devices", DEVICE | {"type": DEVICE_TYPE}, {"sigfox": "true"}),
    ],
)
def test_both_rights_are_needed(path: str, body: object, query: dict[str, object], right: Right) -> None:
    key = Management(str(issue_key("demo", "one right", [right]).token))

    assert key.request("POST", path, query, body).status == 403


def test_pacs_are_in_no_log_and_no_answer(
    sigfox_backend: SigfoxBackend,
    management: Management,
    work: Work,
    stored: Stored,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sigfox_backend.add_unregistered("A1", "0" * 16)
    body = {"device_type_id": DEVICE_TYPE, "devices": [DEVICE]}

    ordered = management.post("/v1/sigfox/devices", body)
    work(ordered.json["id"])
    shown = management.get(f"/v1/jobs/{ordered.json['id']}/errors")

    assert PAC not in f"{ordered.text}{shown.text}{stored()}{capsys.readouterr()}"
