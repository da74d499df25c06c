"""`/v1/devices`: devices are created, listed by page, shown, changed and deleted."""

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.cursors import write_cursor
from sigbridge.applications import create_application
from sigbridge.clock import rfc3339
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device, set_parameter
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.api_key import Right
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.status import record_report
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import FAILURES, Failure, failing, is_key_look_up
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.many_devices import list_many
from tests.functional.played_device import HEX, MINUTE, Clock, PlayedDevice
from tests.functional.store_requests import store_requests

DATA = "deadbeefcafebabe"
SENSOR = {
    "id": "1A2B3C",
    "name": "Cold store",
    "type": "tracker",
    "tags": [{"key": "floor", "value": "2"}, {"key": "site", "value": "Lyon"}],
    "active": True,
    "payload_encoding": "base64",
}
MS = 1763770827000


@pytest.fixture
def sensor(management: Management) -> dict[str, Any]:
    """A device with all that a device can have, as it is told."""
    management.post("/v1/device-types", {"id": "tracker"})
    created = management.post("/v1/devices", SENSOR)
    assert created.status == 201
    told: dict[str, Any] = created.json
    return told


@pytest.fixture
def other(management: Management) -> Management:
    """The management API of another application."""
    assert management
    create_application("other")
    return Management(str(issue_key("other", "all rights", list(Right)).token))


def fields(answer: Answer) -> list[str]:
    """The fields that an answer finds fault with."""
    assert answer.status == 400
    return [error["field"] for error in answer.json["errors"]]


def report_of(device_id: str, service: Service, at: int, **facts: object) -> StoredReport:
    """A kept report of that moment."""
    return StoredReport(service, f"{at}#0", device_id, device_id, at, True, at, facts)


def test_a_device_is_created_with_all_that_it_has(clock: Clock, sensor: dict[str, Any]) -> None:
    assert sensor == SENSOR | {"created_at": rfc3339(clock.now_ms)}


def test_an_id_is_enough_in_any_spelling(management: Management) -> None:
    created = management.post("/v1/devices", {"id": "00-a2"})

    assert created.status == 201
    assert created.json == {
        "id": "A2",
        "name": "",
        "tags": [],
        "active": True,
        "created_at": created.json["created_at"],
    }


def test_null_is_as_if_nothing_were_said(management: Management) -> None:
    created = management.post("/v1/devices", {"id": "A2", "type": None, "payload_encoding": None})

    assert created.status == 201
    assert not {"type", "payload_encoding"} & created.json.keys()


def test_a_created_device_has_a_queue_at_once(management: Management, invoke: Invoke) -> None:
    management.post("/v1/devices", {"id": "153FA"})

    assert invoke("queue_push", event("queue_push.json")).status == 200

    assert management.get("/v1/devices/153fa").json["queue_length"] == 1


@pytest.mark.parametrize("spelling", ["1A2B3C", "1a-2b-3c", "001a2b3c"])
def test_a_listed_device_is_not_created_again(
    management: Management, sensor: dict[str, Any], spelling: str
) -> None:
    refused = management.post("/v1/devices", {"id": spelling, "name": "Other"})

    assert refused.status == 409
    assert refused.json == {"status": False, "message": "Device 1A2B3C exists already"}
    assert management.get("/v1/devices/1A2B3C").json["name"] == sensor["name"]


def test_a_device_that_registered_itself_is_not_created_again(management: Management, invoke: Invoke) -> None:
    invoke("uplink", event("uplink.json", body={"device": "153FA", "data": "00"}))

    assert management.post("/v1/devices", {"id": "153FA"}).status == 409


def tags(count: int) -> list[dict[str, str]]:
    """So many tags."""
    return [{"key": f"key {number}", "value": "x"} for number in range(count)]


BAD_FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "x" * 101}, ["name"]),
    ({"name": 5}, ["name"]),
    ({"name": None}, ["name"]),
    ({"type": "unknown"}, ["type"]),
    ({"type": "a b"}, ["type"]),
    ({"type": 5}, ["type"]),
    ({"tags": {"site": "Lyon"}}, ["tags"]),
    ({"tags": None}, ["tags"]),
    ({"tags": ["site"]}, ["tags[0]"]),
    ({"tags": [{"key": "site"}]}, ["tags[0].value"]),
    ({"tags": [{"key": "site", "value": "Lyon"}, {"key": "", "value": 5}]}, ["tags[1].key", "tags[1].value"]),
    ({"tags": [{"key": "x" * 101, "value": "Lyon"}]}, ["tags[0].key"]),
    ({"tags": [{"key": "site", "value": "x" * 1001}]}, ["tags[0].value"]),
    ({"tags": [{"key": "site", "value": "Lyon", "colour": "red"}]}, ["tags[0].colour"]),
    ({"tags": [{"key": "site", "value": "Lyon"}, {"key": "site", "value": "Nice"}]}, ["tags"]),
    ({"tags": tags(51)}, ["tags"]),
    ({"tags": [tag | {"value": "x" * 1000} for tag in tags(32)]}, ["tags"]),
    ({"active": "yes"}, ["active"]),
    ({"active": 0}, ["active"]),
    ({"active": None}, ["active"]),
    ({"payload_encoding": "binary"}, ["payload_encoding"]),
    ({"colour": "red", "size": 5}, ["colour", "size"]),
    ({"created_at": "2026-01-01T00:00:00Z"}, ["created_at"]),
]


@pytest.mark.parametrize(("content", "faults"), BAD_FIELDS)
def test_bad_fields_are_named_and_nothing_is_stored(
    management: Management, sensor: dict[str, Any], content: dict[str, Any], faults: list[str]
) -> None:
    assert fields(management.post("/v1/devices", {"id": "153FA"} | content)) == faults
    assert fields(management.patch("/v1/devices/1A2B3C", content)) == faults

    assert [each["id"] for each in management.get("/v1/devices").json["devices"]] == ["1A2B3C"]
    assert management.get("/v1/devices/1A2B3C").json.items() >= sensor.items()


@pytest.mark.parametrize("device_id", ["", "--", "a/b", "a#b", "é", "x" * 65, "a,b", 5, None])
def test_a_bad_id_is_named(management: Management, device_id: object) -> None:
    assert fields(management.post("/v1/devices", {"id": device_id})) == ["id"]


def test_an_id_is_needed(management: Management) -> None:
    assert fields(management.post("/v1/devices", {"name": "Cold store"})) == ["id"]


def test_a_missing_type_is_told_in_words(management: Management) -> None:
    refused = management.post("/v1/devices", {"id": "153FA", "type": "unknown"})

    assert refused.json["errors"] == [{"field": "type", "message": "there is no device type 'unknown'"}]


def test_the_bounds_of_fields_are_taken(management: Management) -> None:
    longest = [{"key": f"{number:0100d}", "value": "é" * 30 + "x" * 300} for number in range(50)]
    body = {"id": "x" * 64, "name": "n" * 100, "tags": longest}

    created = management.post("/v1/devices", body)

    assert created.status == 201
    assert created.json["tags"] == longest


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {}),
        ({"name": "Freezer"}, {"name": "Freezer"}),
        ({"name": ""}, {"name": ""}),
        ({"type": "beacon"}, {"type": "beacon"}),
        ({"type": None}, {"type": None}),
        ({"tags": []}, {"tags": []}),
        (
            {"tags": [{"key": "b", "value": ""}, {"key": "a", "value": "é"}]},
            {"tags": [{"key": "a", "value": "é"}, {"key": "b", "value": ""}]},
        ),
        ({"active": False}, {"active": False}),
        ({"payload_encoding": "hex"}, {"payload_encoding": "hex"}),
        ({"payload_encoding": None, "name": "x"}, {"payload_encoding": None, "name": "x"}),
    ],
)
def test_what_is_sent_is_changed_and_the_rest_stays(
    management: Management, sensor: dict[str, Any], changes: dict[str, Any], told: dict[str, Any]
) -> None:
    management.post("/v1/device-types", {"id": "beacon"})

    changed = management.patch("/v1/devices/1a2b3c", changes)

    assert changed.status == 200
    assert changed.json == {name: value for name, value in (sensor | told).items() if value is not None}
    assert management.get("/v1/devices/1A2B3C").json.items() >= changed.json.items()


def test_an_id_can_not_be_changed(management: Management, sensor: dict[str, Any]) -> None:
    assert sensor
    assert fields(management.patch("/v1/devices/1A2B3C", {"id": "153FA"})) == ["id"]


@pytest.mark.parametrize(
    ("method", "body"), [("get", ()), ("patch", ({"name": "x"},)), ("patch", ({},)), ("delete", ())]
)
def test_a_device_of_another_application_is_as_unknown_as_any(
    management: Management, sensor: dict[str, Any], other: Management, method: str, body: tuple[Any, ...]
) -> None:
    assert sensor

    foreign = getattr(other, method)("/v1/devices/1A2B3C", *body)
    unknown = getattr(management, method)("/v1/devices/FFFF", *body)

    assert foreign.status == unknown.status == 404
    assert foreign.json == {"status": False, "message": "Device 1A2B3C is not known"}
    assert unknown.json == {"status": False, "message": "Device FFFF is not known"}


def test_applications_list_devices_of_their_own(
    management: Management, sensor: dict[str, Any], other: Management
) -> None:
    assert sensor
    assert other.get("/v1/devices").json == {"devices": []}
    assert other.post("/v1/devices", {"id": "1A2B3C"}).status == 201
    other.patch("/v1/devices/1A2B3C", {"name": "mine"})

    assert management.get("/v1/devices/1A2B3C").json["name"] == SENSOR["name"]


@pytest.mark.parametrize("device_id", ["a$b", "x" * 65, "---"])
@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_path_that_names_no_device_is_refused(management: Management, device_id: str, method: str) -> None:
    assert fields(getattr(management, method)(f"/v1/devices/{device_id}")) == ["device_id"]


@pytest.mark.parametrize(
    ("right", "reading", "writing"),
    [(Right.DEVICES_READ, 200, 403), (Right.DEVICES_WRITE, 403, 200), (Right.TRAFFIC_READ, 403, 403)],
)
def test_rights_are_needed(sensor: dict[str, Any], right: Right, reading: int, writing: int) -> None:
    assert sensor
    limited = Management(str(issue_key("demo", "limited", [right]).token))

    assert limited.get("/v1/devices").status == reading
    assert limited.get("/v1/devices/1A2B3C").status == reading
    assert limited.post("/v1/devices", {"id": "1A2B3C"}).status == (409 if writing == 200 else 403)
    assert limited.patch("/v1/devices/1A2B3C", {}).status == writing
    assert limited.delete("/v1/devices/1A2B3C").status == (202 if writing == 200 else 403)


def test_a_deleted_device_is_gone_and_can_be_created_anew(
    management: Management, sensor: dict[str, Any], stored: Stored
) -> None:
    assert sensor

    deleted = management.delete("/v1/devices/1a-2b-3c")

    assert (deleted.status, deleted.json) == (202, {"status": True})
    assert management.get("/v1/devices/1A2B3C").status == 404
    assert management.delete("/v1/devices/1A2B3C").status == 404
    assert management.get("/v1/devices").json == {"devices": []}
    assert stored("DEVICE#demo#1A2B3C", "STATE") == []
    assert management.post("/v1/devices", {"id": "1A2B3C"}).json["name"] == ""


ROUTES: list[tuple[str, str, object]] = [
    ("GET", "/v1/devices", None),
    ("GET", "/v1/devices/1A2B3C", None),
    ("POST", "/v1/devices", {"id": "153FA"}),
    ("PATCH", "/v1/devices/1A2B3C", {"name": "x"}),
    ("DELETE", "/v1/devices/1A2B3C", None),
    ("POST", "/v1/devices/import", [{"id": "153FA"}]),
    ("GET", "/v1/device-types", None),
    ("POST", "/v1/device-types", {"id": "beacon"}),
    ("PATCH", "/v1/device-types/tracker", {"name": "x"}),
    ("DELETE", "/v1/device-types/tracker", None),
]


@pytest.mark.usefixtures("sensor")
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_store_that_fails_is_503(
    management: Management, method: str, path: str, body: object, failure: Failure
) -> None:
    management.get("/v1/application")

    with failing(failure, lambda request: not is_key_look_up(request)):
        refused = management.request(method, path, {}, body)

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"


# --- One device ---------------------------------------------------------------------------------------


def test_a_device_of_which_nothing_is_known_is_shown(management: Management, sensor: dict[str, Any]) -> None:
    assert management.get("/v1/devices/1A2B3C").json == sensor | {
        "state": "never_heard",
        "since": sensor["created_at"],
        "conditions": ["never_heard"],
        "over_quota": False,
        "quota": {"limit": 4, "used": 0},
        "queue_length": 0,
        "in_flight": [],
    }


def test_a_device_is_shown_with_what_is_known_of_it(management: Management, played: PlayedDevice) -> None:
    played.ask()
    moment = played.clock.now_ms
    for service, facts in (
        (Service.STATUS, {"batt": 3, "temp": 21}),
        (Service.ERROR, {"severity": "ERROR", "info": "No message received"}),
    ):
        report = StoredReport(
            service, f"{moment}#0", played.id, played.id, moment + 1, True, moment + 1, facts
        )
        record_report("demo", played.id, report)

    told = management.get(f"/v1/devices/{played.id}").json

    assert told["state"] == "silent"
    assert told["conditions"] == ["silent"]
    assert told["battery"]["volts"] == 3
    assert told["temperature"]["celsius"] == 21
    assert told["last_message"].keys() == {"time", "seq_number", "payload"}
    assert told["since"].endswith("Z")


def test_it_tells_of_a_device_what_the_state_tells(
    management: Management, played: PlayedDevice, invoke: Invoke
) -> None:
    played.push({}, {})
    played.ask()

    state = invoke("device_state", event("device_state.json")).json
    device_id = state.pop("device_id")

    assert management.get(f"/v1/devices/{device_id}").json.items() >= state.items()


def in_flight(management: Management, played: PlayedDevice) -> list[tuple[str, int]]:
    """The downlinks that are shown to be in flight, with their attempts."""
    told = management.get(f"/v1/devices/{played.id}").json
    return [(flight["id"], flight["attempt"]) for flight in told["in_flight"]]


def test_what_waits_in_the_queue_is_counted_and_what_has_expired_is_not(
    management: Management, played: PlayedDevice
) -> None:
    played.push({}, {}, {})
    played.push_expiring(10)
    assert management.get(f"/v1/devices/{played.id}").json["queue_length"] == 4

    played.clock.wait(MINUTE)

    assert management.get(f"/v1/devices/{played.id}").json["queue_length"] == 3


def test_an_answered_downlink_is_in_flight_until_it_is_acknowledged(
    management: Management, played: PlayedDevice
) -> None:
    [id_, _] = played.push({}, {})
    uplink = played.uplink()
    played.ask(uplink)

    told = management.get(f"/v1/devices/{played.id}").json

    assert told["queue_length"] == 1
    [flight] = told["in_flight"]
    assert flight == {
        "id": id_,
        "payload": HEX,
        "attempt": 1,
        "uplink": {"time": flight["uplink"]["time"], "seq_number": uplink["seqNumber"]},
    }
    played.acknowledge(0)
    assert in_flight(management, played) == []


def test_an_answer_is_in_flight_before_the_stream_tells_of_it(
    management: Management, played: PlayedDevice
) -> None:
    [id_] = played.push()
    with played.stream_delayed():
        played.ask()
        assert in_flight(management, played) == [(id_, 1)]
    assert in_flight(management, played) == [(id_, 1)]


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_is_not_acknowledged_is_given_up(
    management: Management, played: PlayedDevice, confirmed: bool
) -> None:
    [id_] = played.push({"confirmed": confirmed, "confirmed_retry": {"max_attempts": 1}})
    played.ask()
    played.clock.wait(9 * MINUTE)
    assert in_flight(management, played) == [(id_, 1)]

    played.give_up()

    assert in_flight(management, played) == []


def test_the_next_attempt_is_in_flight_alone(management: Management, played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.acknowledge(4)
    assert in_flight(management, played) == []

    played.clock.wait(MINUTE)
    played.ask()

    assert in_flight(management, played) == [(id_, 2)]


def test_several_are_in_flight_in_the_order_of_their_uplinks(
    management: Management, played: PlayedDevice
) -> None:
    ids = played.push({}, {}, {})
    for _ in ids:
        played.clock.wait(MINUTE)
        played.ask()

    assert in_flight(management, played) == [(id_, 1) for id_ in ids]


def test_a_parameter_is_in_flight_too(management: Management, played: PlayedDevice) -> None:
    set_parameter("demo", played.id, "downlinkData", DATA)
    played.ask()

    [flight] = management.get(f"/v1/devices/{played.id}").json["in_flight"]

    assert flight["payload"] == DATA


def test_the_quota_of_today_is_told(management: Management, played: PlayedDevice) -> None:
    management.patch("/v1/application", {"daily_downlinks": 1})
    forget_cached_devices()
    played.push({}, {})
    for _ in range(2):
        played.clock.wait(MINUTE)
        played.ask()

    told = management.get(f"/v1/devices/{played.id}").json

    assert told["quota"] == {"limit": 1, "used": 2}
    assert (told["over_quota"], told["state"]) == (True, "over_quota")


# --- The list -----------------------------------------------------------------------------------------


def pages(management: Management, **query: object) -> list[list[dict[str, Any]]]:
    """All pages of a list, by following its cursors."""
    found: list[list[dict[str, Any]]] = []
    while True:
        answer = management.get("/v1/devices", **query)
        assert answer.status == 200, answer.text
        found.append(answer.json["devices"])
        if "next_cursor" not in answer.json:
            return found
        query["cursor"] = answer.json["next_cursor"]
        assert len(found) < 200


def ids(management: Management, **query: object) -> list[str]:
    """The ids of all devices of a list."""
    return [device["id"] for page in pages(management, **query) for device in page]


def test_there_are_no_devices_at_first(management: Management) -> None:
    assert management.get("/v1/devices").json == {"devices": []}


def test_a_listed_device_is_told_with_its_state(management: Management, sensor: dict[str, Any]) -> None:
    never_heard = {"state": "never_heard", "since": sensor["created_at"], "queue_length": 0}
    assert management.get("/v1/devices").json == {"devices": [sensor | never_heard]}


def test_listed_devices_are_told_with_their_last_message_battery_and_queue(
    management: Management, invoke: Invoke
) -> None:
    for id_ in ("A1", "A2"):
        register_device("demo", id_)
    invoke(
        "uplink",
        event("uplink.json", body={"device": "A1", "time": 1763770827, "data": "0f", "seqNumber": 7}),
    )
    record_report("demo", "A1", report_of("A1", Service.STATUS, MS, batt=Decimal("3.05"), temp=21))
    waiting = [{"frm_payload": "AQIDBAUGBwg="}, {"frm_payload": "AQIDBAUGBwg="}]
    invoke("queue_push", event("queue_push.json", body={"downlinks": waiting}, path={"device_id": "0000a1"}))

    heard, unheard = management.get("/v1/devices").json["devices"]

    assert heard["last_message"] == {"time": "2025-11-22T00:20:27.000Z", "seq_number": 7, "payload": "0f"}
    assert heard["battery"]["volts"] == 3.05
    assert (heard["state"], heard["queue_length"]) == ("ok", 2)
    detail = management.get("/v1/devices/A1").json
    assert heard == {name: detail[name] for name in heard}
    assert (unheard["state"], unheard["queue_length"]) == ("never_heard", 0)
    assert not {"last_message", "battery"} & unheard.keys()
    assert management.get("/v1/devices", state="ok").json["devices"] == [heard]
    assert management.get("/v1/devices", state="never_heard").json["devices"] == [unheard]


def test_a_page_of_devices_costs_a_query_for_each_and_batches(management: Management) -> None:
    list_many(100)
    management.get("/v1/devices", limit=100)

    with store_requests() as requests:
        management.get("/v1/devices", limit=100)

    assert requests == {"Query": 1 + 5 + 100, "BatchGetItem": 1 + 4}


def test_devices_come_in_the_order_of_their_ids_page_by_page(management: Management) -> None:
    expected = sorted(f"{number:X}" for number in range(1, 24))
    for id_ in expected:
        register_device("demo", id_)

    found = pages(management, limit=5)

    assert [[device["id"] for device in page] for page in found] == [
        expected[start : start + 5] for start in range(0, 23, 5)
    ]


@pytest.mark.parametrize(("count", "sizes"), [(50, [50]), (51, [50, 1]), (100, [50, 50])])
def test_there_are_fifty_in_a_page_unless_something_else_is_asked_for(
    management: Management, count: int, sizes: list[int]
) -> None:
    list_many(count)

    assert [len(page) for page in pages(management)] == sizes


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"state": "well"}, "state"),
        ({"prefix": "a/b"}, "prefix"),
        ({"prefix": "x" * 65}, "prefix"),
        ({"type": "x" * 65}, "type"),
        ({"tag": ""}, "tag"),
        ({"tag": ":Lyon"}, "tag"),
        ({"tag": ["site", ""]}, "tag"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_query_is_named(management: Management, query: dict[str, object], field: str) -> None:
    assert fields(management.get("/v1/devices", **query)) == [field]


def test_a_cursor_belongs_to_its_query(management: Management, other: Management) -> None:
    for each in ("A1", "A2", "A3"):
        register_device("demo", each)
    cursor = management.get("/v1/devices", limit=1).json["next_cursor"]

    assert ids(management, cursor=cursor, limit=100) == ["A2", "A3"]
    for query in ({"prefix": "A"}, {"type": "x"}, {"tag": "site"}, {"state": "ok"}):
        assert fields(management.get("/v1/devices", cursor=cursor, **query)) == ["cursor"]
    assert fields(other.get("/v1/devices", cursor=cursor)) == ["cursor"]


@pytest.mark.parametrize("position", ["", "a", "A#", "x" * 5000, "\udfff", "~", "Z" * 65])
def test_a_forged_cursor_is_refused(management: Management, position: str) -> None:
    register_device("demo", "A1")
    for state in (None, "silent"):
        forged = write_cursor(position, ["demo", None, [], state, ""])
        query = {"state": state} if state else {}

        assert fields(management.get("/v1/devices", cursor=forged, **query)) == ["cursor"]


def test_a_device_that_comes_or_goes_between_pages_does_not_move_the_others(
    management: Management,
) -> None:
    for each in ("B1", "B2", "B3", "B4"):
        register_device("demo", each)
    first = management.get("/v1/devices", limit=2).json

    register_device("demo", "A0")
    register_device("demo", "B25")
    management.delete("/v1/devices/B2")

    assert ids(management, limit=2, cursor=first["next_cursor"]) == ["B25", "B3", "B4"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"prefix": "a"}, ["A1", "A2", "AA"]),
        ({"prefix": "a-a"}, ["AA"]),
        ({"prefix": "C"}, []),
        ({"type": "tracker"}, ["A1", "B1"]),
        ({"type": "unknown"}, []),
        ({"type": "tracker", "prefix": "A"}, ["A1"]),
        ({"tag": "site"}, ["A1", "A2", "B1"]),
        ({"tag": "site:Lyon"}, ["A1", "B1"]),
        ({"tag": "site:"}, ["A2"]),
        ({"tag": "site:lyon"}, []),
        ({"tag": "note:a:b,c"}, ["A2"]),
        ({"tag": "note:a:b"}, []),
        ({"tag": ["site:Lyon", "floor:2"]}, ["B1"]),
        ({"tag": ["site", "note"]}, ["A2"]),
        ({"tag": "é ö:&="}, ["AA"]),
        ({"tag": "site:Lyon", "type": "tracker", "prefix": "B", "state": "never_heard"}, ["B1"]),
    ],
)
def test_filters_leave_the_devices_that_fit_all_of_them(
    management: Management, query: dict[str, object], expected: list[str]
) -> None:
    management.post("/v1/device-types", {"id": "tracker"})
    for id_, type_id, told in (
        ("A1", "tracker", {"site": "Lyon"}),
        ("A2", None, {"site": "", "note": "a:b,c"}),
        ("AA", None, {"é ö": "&="}),
        ("B1", "tracker", {"site": "Lyon", "floor": "2"}),
    ):
        as_listed = [{"key": key, "value": value} for key, value in told.items()]
        management.post("/v1/devices", {"id": id_, "type": type_id, "tags": as_listed})

    assert ids(management, limit=1, **query) == expected
    assert ids(management, **query) == expected


def silence(*device_ids: str, application_id: str = "demo") -> None:
    """Sigfox misses these devices."""
    facts = {"severity": "ERROR", "info": "No message received since 2025-11-20 15:36:21"}
    for id_ in device_ids:
        record_report(application_id, id_, report_of(id_, Service.ERROR, MS, **facts))


def test_devices_that_are_not_ok_are_listed_with_their_state(management: Management) -> None:
    for each in ("A1", "A2", "A3"):
        register_device("demo", each)
    silence("A2")

    listed = management.get("/v1/devices").json["devices"]

    assert [(device["id"], device["state"], device.get("since")) for device in listed] == [
        ("A1", "never_heard", listed[0]["created_at"]),
        ("A2", "silent", "2025-11-20T15:36:21.000Z"),
        ("A3", "never_heard", listed[2]["created_at"]),
    ]


def test_devices_are_listed_by_their_state(management: Management) -> None:
    every = [f"{letter}{number}" for letter in "ABC" for number in range(10)]
    for each in every:
        register_device("demo", each)
    silent = every[3:6] + every[12:19] + [every[29]]
    silence(*silent)
    for limit in (1, 4, 100):
        assert ids(management, state="silent", limit=limit) == silent
        assert ids(management, state="silent", limit=limit, prefix="B") == every[12:19]
        unheard = [each for each in every if each not in silent]
        assert ids(management, state="never_heard", limit=limit) == unheard
        assert ids(management, state="never_heard", limit=limit, prefix="C") == every[20:29]
        assert ids(management, state="ok", limit=limit) == []
    assert ids(management, state="off_contract") == []
    told = management.get("/v1/devices", state="silent", limit=1).json["devices"]
    assert [(device["state"], device["since"]) for device in told] == [("silent", "2025-11-20T15:36:21.000Z")]


def test_a_list_by_state_knows_the_other_filters(management: Management) -> None:
    for each in ("A1", "A2", "A3", "A4"):
        register_device("demo", each)
    management.patch("/v1/devices/A2", {"tags": [{"key": "site", "value": "Lyon"}]})
    management.patch("/v1/devices/A3", {"tags": [{"key": "site", "value": "Lyon"}]})
    silence("A1", "A2")

    for limit in (1, 100):
        assert ids(management, state="silent", tag="site:Lyon", limit=limit) == ["A2"]
        assert ids(management, state="never_heard", tag="site:Lyon", limit=limit) == ["A3"]
        assert ids(management, state="silent", type="tracker", limit=limit) == []


def test_a_device_that_is_heard_again_leaves_the_list_of_the_silent(
    management: Management, invoke: Invoke
) -> None:
    register_device("demo", "153FA")
    silence("153FA")
    assert ids(management, state="silent") == ["153FA"]

    invoke("uplink", event("uplink.json", body={"device": "153FA", "data": "00"}))

    assert ids(management, state="silent") == []
    assert ids(management, state="ok") == ["153FA"]


def test_a_page_reads_a_thousand_devices_at_most(management: Management) -> None:
    list_many(1_050)
    management.patch("/v1/devices/1040.", {"tags": [{"key": "site", "value": "Lyon"}]})

    with store_requests() as requests:
        first = management.get("/v1/devices", tag="site")

    assert first.json["devices"] == []
    assert requests["Query"] <= 10
    second = management.get("/v1/devices", tag="site", cursor=first.json["next_cursor"]).json
    assert [device["id"] for device in second["devices"]] == ["1040."]
    assert "next_cursor" not in second


def test_a_page_of_a_hundred_costs_as_much_at_the_end_as_at_the_beginning(
    management: Management,
) -> None:
    list_many(301)
    query: dict[str, object] = {"limit": 100}
    costs = []
    for _ in range(3):
        with store_requests() as requests:
            page = management.get("/v1/devices", **query).json
        query["cursor"] = page["next_cursor"]
        costs.append(requests["Query"])
        assert requests["Scan"] == 0

    assert len(set(costs)) == 1


type ModelDevice = tuple[str | None, dict[str, str], bool]

NAMES = (f"fleet-{number}" for number in count())
IDS = st.text("AB_.", min_size=1, max_size=3)
TYPES = st.sampled_from([None, "tracker", "beacon"])
TAGS = st.dictionaries(st.sampled_from(["site", "floor"]), st.sampled_from(["", "1", "2"]))
FLEETS = st.dictionaries(IDS, st.tuples(TYPES, TAGS, st.booleans()), max_size=12)
QUERIES = st.fixed_dictionaries(
    {"limit": st.integers(1, 6)},
    optional={
        "prefix": st.text("AB_.", max_size=2),
        "type": st.sampled_from(["tracker", "beacon"]),
        "tag": st.lists(st.sampled_from(["site", "site:1", "floor:", "floor:2"]), min_size=1, max_size=2),
        "state": st.sampled_from(["ok", "silent", "never_heard"]),
    },
)


def is_wanted(id_: str, device: ModelDevice, query: dict[str, Any]) -> bool:
    """Tells whether a device of the model fits a query."""
    type_id, told, is_silent = device
    state = "silent" if is_silent else "never_heard"
    wanted = [tag.partition(":") for tag in query.get("tag", [])]
    return (
        id_.startswith(query.get("prefix", ""))
        and query.get("type", type_id) == type_id
        and query.get("state", state) == state
        and all(key in told and (not colon or told[key] == value) for key, colon, value in wanted)
    )


@pytest.mark.usefixtures("table")
@given(fleet=FLEETS, queries=st.lists(QUERIES, min_size=1, max_size=5))
def test_following_cursors_gives_every_device_that_fits_once(
    fleet: dict[str, ModelDevice], queries: list[dict[str, Any]]
) -> None:
    """Each example has an application of its own."""
    application_id = next(NAMES)
    create_application(application_id)
    mine = Management(str(issue_key(application_id, "all rights", list(Right)).token))
    for type_id in ("tracker", "beacon"):
        mine.post("/v1/device-types", {"id": type_id})
    for id_, (type_of_it, told, is_silent) in fleet.items():
        as_listed = [{"key": key, "value": value} for key, value in told.items()]
        mine.post("/v1/devices", {"id": id_, "type": type_of_it, "tags": as_listed})
        if is_silent:
            silence(id_, application_id=application_id)

    for query in queries:
        expected = sorted(id_ for id_, device in fleet.items() if is_wanted(id_, device, query))
        assert ids(mine, **query) == expected
