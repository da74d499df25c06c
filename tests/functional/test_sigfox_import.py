"""Importing a group's device types and devices from Sigfox, against a Sigfox with a state of its own."""

from contextlib import suppress
from typing import Any

import pytest

from sigbridge.errors import StoreUnavailable
from sigbridge.jobs import due_jobs, run_job
from sigbridge.messages import Network, ReceivedMessage, store_messages
from sigbridge.model.api_key import Right
from sigbridge.model.job import JobKind
from sigbridge.provisioning import api_client
from sigbridge.provisioning.api_client import Surroundings
from sigbridge.provisioning.importing import import_from_sigfox
from sigbridge.store import sigfox_device_types, sigfox_devices
from sigfox_simulator.sigfox_api import SigfoxBackend
from sigfox_simulator.sigfox_api.requests import Request
from tests.functional.conftest import Stored, used_key
from tests.functional.failing_store import failing, unreachable
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import CONTRACT, DEVICE_TYPE, GROUP, LOGIN, PASSWORD
from tests.functional.store_requests import store_requests

MINUTE, DAY = 60, 86_400
# More than an import of so few devices takes.
LONG = 2 * 3_600
type Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _sigfox(
    sigfox_api_url: str,
    sigfox_backend: SigfoxBackend,
    management: Management,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The application is connected; who waits for Sigfox moves the clock."""
    assert sigfox_api_url
    body = {"login": LOGIN, "password": PASSWORD, "group_id": GROUP}
    assert management.put("/v1/sigfox", body).status == 200
    world = Surroundings(sleep=clock.wait)
    monkeypatch.setattr(api_client, "Surroundings", lambda: world)
    sigfox_backend.requests.clear()


@pytest.fixture
def fleet(sigfox_backend: SigfoxBackend) -> SigfoxBackend:
    """A group with 5 devices, which are three pages."""
    sigfox_backend.page_size = 2
    add_devices(sigfox_backend, 5)
    return sigfox_backend


def add_devices(backend: SigfoxBackend, count: int) -> None:
    for number in range(1, count + 1):
        backend.add_device(DEVICE_TYPE, f"{number:X}", "0123456789ABCDEF", f"Sensor {number}")


def order(management: Management) -> str:
    answer = management.post("/v1/sigfox/import")
    assert answer.status == 202
    return str(answer.json["id"])


def work(clock: Clock, for_s: int = MINUTE) -> None:
    """Has what is due worked on, once."""
    for job in due_jobs(clock.now_ms):
        run_job(job, {JobKind.SIGFOX_IMPORT: import_from_sigfox}, clock.now_ms + for_s * 1000)


def shown(management: Management, job_id: str) -> Json:
    answer: Json = management.get(f"/v1/jobs/{job_id}").json
    return answer


def imported(management: Management, clock: Clock) -> Json:
    """Imports, and gives the job as it is then."""
    job_id = order(management)
    for _ in range(LONG // MINUTE):
        work(clock)
        job = shown(management, job_id)
        if "ended_at" in job:
            return job
        clock.wait(MINUTE)
    pytest.fail("the import does not end")


def given_up(management: Management, clock: Clock) -> Json:
    """Has an import fail for a day, and gives the job as it is then."""
    job_id = order(management)
    for wait_s in (MINUTE, LONG, DAY):
        work(clock)
        assert shown(management, job_id)["state"] == "waiting"
        clock.wait(wait_s)
    work(clock)
    return shown(management, job_id)


def of_ours(stored: Stored) -> list[Json]:
    """What an import writes, without the moments at which it does."""
    moments = {"registered_at", "imported_at", "generation", "at"}
    kinds = {"DEVICE", "SIGFOX", "STATE"}
    records = [
        record
        for record in stored()
        if (record["sk"] in kinds and record["pk"].startswith("DEVICE#"))
        or record["sk"] == "APP"
        or record["sk"].startswith(("SIGFOXTYPE#", "LISTED#"))
    ]
    return [{name: value for name, value in each.items() if name not in moments} for each in records]


def names(management: Management) -> dict[str, str]:
    return {each["id"]: each["name"] for each in management.get("/v1/devices", limit=100).json["devices"]}


def test_a_fleet_is_imported_page_by_page(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock, stored: Stored
) -> None:
    add_devices(sigfox_backend, 250)

    job = imported(management, clock)

    assert (job["kind"], job["state"]) == ("sigfox_import", "done")
    assert job["progress"] == {
        "looked_at": 251,
        "changed": 251,
        "failed": 0,
        "problems": [],
        "notes": ["Sigfox lists all of the application's devices: 250"],
    }
    assert len(stored("DEVICE#demo#", "DEVICE")) == len(stored("DEVICE#demo#", "SIGFOX")) == 250
    device = management.get("/v1/devices/1F").json
    assert (device["name"], device["type"], device["state"]) == ("Sensor 31", DEVICE_TYPE, "never_heard")
    [device_type] = management.get("/v1/device-types").json["device_types"]
    assert (device_type["id"], device_type["name"]) == (DEVICE_TYPE, "Weather stations")
    assert device_type["daily_downlinks"] == 4
    asked = [(each.path, each.query.get("offset")) for each in sigfox_backend.requests]
    assert asked == [
        ("/contract-infos/", None),
        ("/device-types/", None),
        ("/devices/", None),
        ("/devices/", "100"),
        ("/devices/", "200"),
    ]
    assert_that_a_second_import_changes_nothing(management, clock, stored)


def assert_that_a_second_import_changes_nothing(management: Management, clock: Clock, stored: Stored) -> None:
    """A page of devices that are as they were takes six requests to the store."""
    before = of_ours(stored)

    with store_requests() as counted:
        job = imported(management, clock)

    assert (job["progress"]["looked_at"], job["progress"]["changed"]) == (251, 0)
    assert of_ours(stored) == before
    # Of three pages, of which the last is half a page; then 250 devices are counted.
    assert counted["BatchGetItem"] == 2 * 3 + 3
    assert counted["BatchWriteItem"] == 4 + 4 + 2
    assert counted["TransactWriteItems"] == 0


def test_an_import_that_has_not_ended_is_not_ordered_twice(management: Management, clock: Clock) -> None:
    first = order(management)

    assert order(management) == first
    work(clock)
    assert shown(management, first)["state"] == "done"
    assert order(management) != first


def test_an_import_needs_both_rights_and_a_connection(management: Management) -> None:
    for rights in ([Right.SIGFOX_WRITE], [Right.DEVICES_WRITE]):
        few = Management(used_key("demo", rights))
        assert few.post("/v1/sigfox/import").status == 403

    management.delete("/v1/sigfox")
    answer = management.post("/v1/sigfox/import")
    assert (answer.status, "is not connected to Sigfox" in answer.json["message"]) == (404, True)


# Ours


def test_what_the_user_chose_stays_and_the_rest_follows(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    for id_ in ("A1", "B2", "C3"):
        sigfox_backend.add_device(DEVICE_TYPE, id_, "0123456789ABCDEF", f"Sigfox's {id_}")
    management.post("/v1/device-types", {"id": "own", "name": "My own"})
    management.post("/v1/devices", {"id": "B2", "name": "Mine", "type": "own", "tags": []})
    management.post("/v1/devices", {"id": "C3", "tags": [{"key": "site", "value": "Lyon"}]})
    imported(management, clock)
    assert names(management) == {"A1": "Sigfox's A1", "B2": "Mine", "C3": "Sigfox's C3"}
    c3 = management.get("/v1/devices/C3").json
    assert (c3["type"], c3["tags"]) == (DEVICE_TYPE, [{"key": "site", "value": "Lyon"}])
    assert management.get("/v1/devices/B2").json["type"] == "own"

    management.patch("/v1/devices/C3", {"name": "Edited", "active": False})
    sigfox_backend.add_contract(GROUP, "contract2", "Silver", bidir=False)
    sigfox_backend.add_device_type(GROUP, "type2", "Meters", "contract2", keep_alive=3600)
    for id_ in ("A1", "B2", "C3"):
        device = sigfox_backend.device(id_)
        device["name"] = f"New {id_}"
        sigfox_backend.move_device(device, sigfox_backend.device_types["type2"])
    job = imported(management, clock)

    assert names(management) == {"A1": "New A1", "B2": "Mine", "C3": "Edited"}
    assert [management.get(f"/v1/devices/{id_}").json["type"] for id_ in ("A1", "B2", "C3")] == [
        "type2",
        "own",
        "type2",
    ]
    assert not management.get("/v1/devices/C3").json["active"]
    # The new type, A1 and C3, and B2, of which is known now what Sigfox calls its type.
    assert job["progress"]["changed"] == 4


def test_a_callback_that_names_sigfox_s_type_leaves_the_one_that_the_user_chose(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    sigfox_backend.add_device(DEVICE_TYPE, "B2", "0123456789ABCDEF")
    management.post("/v1/device-types", {"id": "own", "name": "My own"})
    management.post("/v1/devices", {"id": "B2", "type": "own"})
    imported(management, clock)

    told = ReceivedMessage("B2", "B2", Network.SIGFOX, radio={"device_type_id": DEVICE_TYPE})
    store_messages("demo", [told])

    assert management.get("/v1/devices/B2").json["type"] == "own"


def test_a_name_follows_one_that_was_changed_in_sigfox_from_here(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    device = sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF", "Boat")
    imported(management, clock)

    sigfox_devices.change("demo", "A1", {"name": "Ship"})
    device["name"] = "Ship"
    imported(management, clock)

    assert names(management) == {"A1": "Ship"}


def test_a_type_that_the_user_chose_after_an_import_stays(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF")
    imported(management, clock)
    management.post("/v1/device-types", {"id": "own", "name": "My own"})

    management.patch("/v1/devices/A1", {"type": "own"})
    imported(management, clock)

    assert management.get("/v1/devices/A1").json["type"] == "own"


def test_settings_of_types_follow_until_the_user_chooses(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    path = f"/v1/device-types/{DEVICE_TYPE}"
    [contract] = [sigfox_backend.contracts[CONTRACT]]
    in_sigfox = sigfox_backend.device_types[DEVICE_TYPE]
    management.post("/v1/device-types", {"id": DEVICE_TYPE, "name": "Mine", "keep_alive_seconds": 7200})
    imported(management, clock)
    found = management.get(path).json
    assert (found["name"], found["daily_downlinks"], found["keep_alive_seconds"]) == ("Mine", 4, 7200)

    contract["maxDownlinkFrames"] = 2
    in_sigfox |= {"name": "Other", "keepAlive": 3600}
    imported(management, clock)
    found = management.get(path).json
    assert (found["name"], found["daily_downlinks"], found["keep_alive_seconds"]) == ("Mine", 2, 7200)

    management.patch(path, {"daily_downlinks": 1})
    contract["maxDownlinkFrames"] = 3
    imported(management, clock)
    assert management.get(path).json["daily_downlinks"] == 1


def test_devices_are_listed_where_unknown_ones_are_rejected_too(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    management.patch("/v1/application", {"unknown_devices": "reject"})
    sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF", "Boat")

    imported(management, clock)

    assert names(management) == {"A1": "Boat"}


def test_what_sigfox_does_not_list_stays_and_is_counted(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    for id_ in ("A1", "B2"):
        sigfox_backend.add_device(DEVICE_TYPE, id_, "0123456789ABCDEF", "Boat")
    management.post("/v1/devices", {"id": "gateway-7", "network": "generic"})
    imported(management, clock)
    del sigfox_backend.devices["00A1"], sigfox_backend.device_types[DEVICE_TYPE]
    clock.wait(1)

    job = imported(management, clock)

    assert names(management).keys() == {"A1", "B2", "GATEWAY7"}
    assert len(management.get("/v1/device-types").json["device_types"]) == 1
    assert management.get("/v1/devices/A1/sigfox").json["name"] == "Boat"
    assert job["progress"]["notes"] == [
        "Sigfox lists 1 of the application's 3 devices; the others are as they were"
    ]


def test_devices_of_another_group_are_not_imported(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    sigfox_backend.add_group("below", "Orchards", parent=GROUP)
    sigfox_backend.add_group("other", "Not ours")
    for group, id_ in (("below", "B2"), ("other", "C3")):
        sigfox_backend.add_contract(group, f"contract-{group}", "Gold")
        sigfox_backend.add_device_type(group, f"type-{group}", f"Of {group}", f"contract-{group}")
        sigfox_backend.add_device(f"type-{group}", id_, "0123456789ABCDEF", id_)

    imported(management, clock)

    assert names(management) == {"B2": "B2"}
    types = {each["id"] for each in management.get("/v1/device-types").json["device_types"]}
    assert types == {DEVICE_TYPE, "type-below"}


# Faults


def test_a_page_that_fails_midway_is_asked_for_again(
    fleet: SigfoxBackend, management: Management, clock: Clock, stored: Stored
) -> None:
    job_id = order(management)
    fleet.fail_next(500, path="/devices/", times=3, skip=1)

    work(clock)

    job = shown(management, job_id)
    assert (job["state"], job["progress"]["looked_at"]) == ("waiting", 3)
    assert job["progress"]["notes"] == ["Sigfox's API answered with status 500"]
    work(clock)
    assert shown(management, job_id)["progress"]["looked_at"] == 3
    clock.wait(5 * MINUTE)
    work(clock)
    job = shown(management, job_id)
    assert (job["state"], job["progress"]["looked_at"]) == ("done", 6)
    assert len(stored("DEVICE#demo#", "DEVICE")) == 5


def test_an_import_of_another_group_begins_anew_when_that_is_connected_meanwhile(
    fleet: SigfoxBackend, management: Management, clock: Clock, stored: Stored
) -> None:
    fleet.add_group("other", "Others")
    fleet.add_contract("other", "contract2", "Gold")
    fleet.add_device_type("other", "type2", "Meters", "contract2")
    fleet.add_device("type2", "FACE", "0123456789ABCDEF", "Meter")
    job_id = order(management)
    fleet.fail_next(500, path="/devices/", times=3, skip=1)
    work(clock)

    clock.wait(5 * MINUTE)
    other = {"login": LOGIN, "password": PASSWORD, "group_id": "other"}
    assert management.put("/v1/sigfox", other).status == 200
    assert order(management) == job_id
    work(clock)

    assert shown(management, job_id)["state"] == "done"
    assert [each["id"] for each in stored("DEVICE#demo#FACE", "DEVICE")] == ["FACE"]


def test_a_page_that_fails_for_a_day_fails_the_import_and_nothing_is_called_done(
    fleet: SigfoxBackend, management: Management, clock: Clock, stored: Stored
) -> None:
    fleet.fail_next(500, path="/devices/", times=1_000, skip=2)

    job = given_up(management, clock)

    assert (job["state"], job["progress"]["looked_at"]) == ("failed", 5)
    assert job["progress"]["problems"] == [{"problem": "Sigfox's API answered with status 500", "count": 1}]
    assert len(stored("DEVICE#demo#", "DEVICE")) == 4
    assert len([each for each in fleet.requests if each.path == "/devices/"]) < 50


def test_a_busy_sigfox_is_waited_for(fleet: SigfoxBackend, management: Management, clock: Clock) -> None:
    job_id = order(management)
    fleet.fail_next(429, path="/devices/", times=4, skip=1)

    work(clock)
    job = shown(management, job_id)
    assert (job["state"], job["progress"]["looked_at"]) == ("waiting", 3)
    clock.wait(MINUTE)
    work(clock)

    assert shown(management, job_id)["state"] == "done"


def test_a_next_page_on_another_host_is_not_asked(
    fleet: SigfoxBackend, management: Management, clock: Clock
) -> None:
    fleet.next_host = "192.0.2.1"

    job = given_up(management, clock)

    assert job["state"] == "failed"
    assert "another host" in job["progress"]["problems"][0]["problem"]


@pytest.mark.parametrize(
    ("following", "says"),
    [
        (["/devices/?offset=0"], "its own next one"),
        (["/devices/?offset=1", "/devices/?offset=0"], "in a circle"),
        (["/devices/?offset=1", "/devices/?offset=2", "/devices/?offset=0"], "in a circle"),
        (["/groups/?limit=100"], "something else as the next page"),
    ],
)
def test_a_next_page_that_leads_nowhere_ends_the_import(
    following: list[str],
    says: str,
    fleet: SigfoxBackend,
    sigfox_api_url: str,
    management: Management,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def url(_pages: object, request: Request, _offset: int) -> str:
        position = int(request.query.get("offset", "0"))
        return f"{sigfox_api_url}{following[position % len(following)]}"

    monkeypatch.setattr(type(fleet.pages), "_url", url)

    job = given_up(management, clock)

    assert job["state"] == "failed"
    assert says in job["progress"]["problems"][0]["problem"]


def test_refused_credentials_end_the_import(
    fleet: SigfoxBackend, management: Management, clock: Clock
) -> None:
    fleet.users = {"login": "changed"}

    job = imported(management, clock)

    assert job["state"] == "failed"
    assert "refuses the credentials" in job["progress"]["problems"][0]["problem"]
    assert len(fleet.requests) == 1


def test_contracts_that_may_not_be_seen_are_left_out(
    fleet: SigfoxBackend, management: Management, clock: Clock
) -> None:
    fleet.forbid("/contract-infos/*")

    job = imported(management, clock)

    assert job["state"] == "done"
    assert "may not see contracts" in job["progress"]["notes"][0]
    [device_type] = management.get("/v1/device-types").json["device_types"]
    assert "daily_downlinks" not in device_type


def test_a_group_that_may_not_be_seen_ends_the_import(
    fleet: SigfoxBackend, management: Management, clock: Clock
) -> None:
    fleet.forbid("/devices/*")

    job = imported(management, clock)

    assert job["state"] == "failed"
    assert "lacks a right" in job["progress"]["problems"][0]["problem"]


@pytest.mark.parametrize("asked", range(1, 6))
def test_an_answer_that_is_lost_changes_nothing_in_the_end(
    asked: int, fleet: SigfoxBackend, management: Management, clock: Clock, stored: Stored
) -> None:
    job_id = order(management)
    fleet.crash_after(asked)
    work(clock)
    assert shown(management, job_id)["state"] == "waiting"

    fleet.mend()
    clock.wait(5 * MINUTE)
    work(clock)

    assert shown(management, job_id)["state"] == "done"
    assert len(stored("DEVICE#demo#", "SIGFOX")) == 5


def test_a_crash_after_any_write_changes_nothing_in_the_end(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock, stored: Stored
) -> None:
    sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF", "Boat")
    imported(management, clock)
    wanted = of_ours(stored)
    for number in range(1, 40):
        management.delete("/v1/devices/A1")
        management.delete(f"/v1/device-types/{DEVICE_TYPE}")
        job_id = order(management)
        crashed = _work_with_crash(clock, number)
        clock.wait(LONG)
        work(clock)
        assert shown(management, job_id)["state"] == "done"
        assert of_ours(stored) == wanted, number
        if not crashed:
            break
    else:
        pytest.fail("it makes more requests than were tried")


def _work_with_crash(clock: Clock, after: int) -> bool:
    """Works on what is due until the store has answered so often; returns whether it came to that."""
    asked = 0

    def is_over(_request: Json) -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with suppress(StoreUnavailable), failing(unreachable, is_over):
        work(clock)
    return asked > after


def test_a_sigfox_that_drifts_from_its_description_is_imported(
    fleet: SigfoxBackend, management: Management, clock: Clock
) -> None:
    fleet.drifting = True
    device = fleet.device("3")
    device |= {"lastCom": "1764000000", "state": "9", "addedLater": {"x": [None]}, "location": None}

    job = imported(management, clock)

    assert (job["state"], job["progress"]["failed"]) == ("done", 0)
    known = management.get("/v1/devices/3/sigfox").json
    assert (known["last_com"], known["state"]) == ("2025-11-24T16:00:00.000Z", "unknown (9)")


def test_devices_that_cannot_be_read_are_errors_by_row(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF", "Boat")
    sigfox_backend.add_device(DEVICE_TYPE, "B2", "0123456789ABCDEF", "Ship")["id"] = "0x1F"
    sigfox_backend.add_device_type(GROUP, "no id", "Odd", CONTRACT)

    job = imported(management, clock)

    assert (job["state"], job["progress"]["changed"], job["progress"]["failed"]) == ("done", 2, 2)
    errors = management.get(f"/v1/jobs/{job['id']}/errors").json["errors"]
    assert [each["row"] for each in errors] == ["no id", "0x1F"]
    assert names(management) == {"A1": "Boat"}


# What is known of a device


@pytest.fixture
def boat(sigfox_backend: SigfoxBackend) -> Json:
    """A device as Sigfox has it."""
    sigfox_backend.contracts[CONTRACT]["options"] = [{"id": "messageHistory", "parameters": {"duration": 1}}]
    return sigfox_backend.add_device(DEVICE_TYPE, "A1", "0123456789ABCDEF", "Boat", lat=43.456, lng=6.524)


def test_what_sigfox_knows_is_shown(boat: Json, management: Management, clock: Clock) -> None:
    boat |= {"state": 6, "lqi": 2, "lastCom": clock.now_ms, "sequenceNumber": 42}
    imported(management, clock)

    known = management.get("/v1/devices/A1/sigfox").json

    assert known["pac"] == "0123456789ABCDEF"
    assert known["location"] == {"lat": 43.456, "lng": 6.524}
    assert (known["state"], known["com_state"], known["lqi"]) == ("suspended", "not_seen", "GOOD")
    assert known["seq_number"] == 42
    assert known["token"]["state"] == "ok"
    assert known["contract"] == {
        "id": CONTRACT,
        "name": "Platinum",
        "allows_downlinks": True,
        "daily_uplinks": 140,
        "daily_downlinks": 4,
        "history_days": 30,
    }
    # Suspended there; here its messages are still taken.
    assert management.get("/v1/devices/A1").json["active"]


def test_a_pac_is_shown_to_who_may_write_to_sigfox(boat: Json, management: Management, clock: Clock) -> None:
    assert boat["pac"]
    imported(management, clock)
    reader = Management(used_key("demo", [Right.DEVICES_READ]))

    assert "pac" not in reader.get("/v1/devices/A1/sigfox").json
    assert reader.get("/v1/devices/A1/sigfox", refresh="true").status == 403


def test_what_was_never_imported_is_asked_for(
    boat: Json, sigfox_backend: SigfoxBackend, management: Management
) -> None:
    assert boat["id"] == "00A1"
    assert management.get("/v1/devices/A1/sigfox").status == 404
    management.post("/v1/devices", {"id": "A1"})
    answer = management.get("/v1/devices/A1/sigfox")
    assert (answer.status, "refresh=true" in answer.json["message"]) == (404, True)

    known = management.get("/v1/devices/00A1/sigfox", refresh="true").json

    assert (known["id"], known["name"]) == ("A1", "Boat")
    assert management.get("/v1/devices/A1/sigfox").json == known
    assert management.get("/v1/devices/A1").json["name"] == "Boat"
    assert [each.path for each in sigfox_backend.requests] == ["/devices/"]


def test_a_device_that_sigfox_does_not_have_is_not_found(management: Management) -> None:
    management.post("/v1/devices", {"id": "A1"})

    answer = management.get("/v1/devices/A1/sigfox", refresh="true")

    assert (answer.status, "Sigfox has no device A1" in answer.json["message"]) == (404, True)


def test_contracts_tell_whether_they_take_devices(
    sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    sigfox_backend.add_contract(GROUP, "full", "Full", max_tokens=1)["tokensInUse"] = 1
    sigfox_backend.add_contract(GROUP, "over", "Over")["activationEndTime"] = clock.now_ms - 1
    sigfox_backend.add_contract(GROUP, "some", "Some", max_tokens=10, bidir=False)

    contracts = {each["id"]: each for each in management.get("/v1/sigfox/contracts").json["contracts"]}

    takes = {id_: each["takes_devices"] for id_, each in contracts.items()}
    assert takes == {CONTRACT: True, "full": False, "over": False, "some": True}
    slots = {id_: each.get("free_slots") for id_, each in contracts.items()}
    assert slots == {CONTRACT: None, "full": 0, "over": None, "some": 10}
    assert not contracts["some"]["allows_downlinks"]


def test_contracts_of_types_tell_how_far_back_and_whether_downlinks(
    boat: Json, sigfox_backend: SigfoxBackend, management: Management, clock: Clock
) -> None:
    assert boat
    sigfox_backend.add_contract(GROUP, "silver", "Silver", bidir=False)
    sigfox_backend.add_device_type(GROUP, "meters", "Meters", "silver")

    imported(management, clock)

    known = {each.id: each for each in sigfox_device_types.of_application("demo")}
    assert (known[DEVICE_TYPE].history_days, known[DEVICE_TYPE].allows_downlinks) == (30, True)
    assert (known["meters"].history_days, known["meters"].allows_downlinks) == (3, False)
