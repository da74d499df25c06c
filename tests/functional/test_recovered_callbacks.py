"""Callbacks that Sigfox could not deliver are read and stored as if they had come."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.credentials import Right, issue_key
from sigbridge.downlinks import quota_of
from sigbridge.provisioning.replay import Recovered
from sigbridge.store import table
from sigbridge.store.rows import Key
from tests.functional.change_stream import ChangeStream
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.management import Management
from tests.functional.played_device import DAY, HOUR, Clock, PlayedDevice
from tests.functional.played_fleet import PlayedFleet
from tests.functional.undelivered import BASE_URL, connected, entry_of, replay, undelivered

INGESTED = [
    ("uplink", "uplink.json"),
    ("uplink", "uplink_base64.json"),
    ("uplink", "uplink_form.json"),
    ("uplink", "uplink_generic_array.json"),
    ("uplink", "uplink_query.json"),
    ("uplink", "uplink_tagoio.json"),
    ("batch_uplink", "batch_uplink.json"),
    ("batch_uplink", "batch_uplink_form.json"),
    ("bidir_downlink", "bidir_downlink.json"),
    ("bidir_downlink", "bidir_downlink_batch.json"),
    ("sigfox_service", "sigfox_acknowledge.json"),
    ("sigfox_service", "sigfox_acknowledge_batch.json"),
    ("sigfox_service", "sigfox_data_advanced.json"),
    ("sigfox_service", "sigfox_event.json"),
    ("sigfox_service", "sigfox_status.json"),
]
_MARKS = {"recovered", "advanced_recovered"}
# What is of each delivery.
_OF_THE_DELIVERY = {"delivery", "advanced_delivery", "received_at", "advanced_at", "expires_at", "group"}


def told(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What items say, but for what is of their delivery."""
    return [
        {name: value for name, value in record.items() if name not in _OF_THE_DELIVERY} for record in records
    ]


def without_marks(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What items say; each must be marked."""
    marked = told(records)
    for record in marked:
        assert record.keys() & _MARKS
    return [{name: value for name, value in record.items() if name not in _MARKS} for record in marked]


@pytest.mark.parametrize(("function", "name"), INGESTED)
def test_a_recovered_callback_is_stored_as_if_it_had_come_and_marked(
    function: str,
    name: str,
    invoke: Invoke,
    key: str,
    stored: Stored,
    clock: Clock,  # noqa: ARG001
) -> None:
    assert invoke(function, event(name)).status < 300
    came = {sort: told(stored(sk=sort)) for sort in ("MSG#", "EVENT#")}
    forget(stored)

    result = replay(undelivered(event(name), key))

    recovered = {sort: without_marks(stored(sk=sort)) for sort in ("MSG#", "EVENT#")}
    assert recovered == came
    assert result.problems == ()
    count = len(came["MSG#"]) + len(came["EVENT#"])
    assert (result.recovered.stored, result.recovered.known) == (count, 0)


def forget(stored: Stored) -> None:
    """Deletes messages and reports behind everybody's back."""
    found = [*stored(sk="MSG#"), *stored(sk="EVENT#")]
    table.delete_all([Key(record["pk"], record["sk"]) for record in found])


@pytest.mark.parametrize(("function", "name"), INGESTED)
def test_what_came_is_not_stored_twice_nor_marked(
    function: str, name: str, invoke: Invoke, key: str, stored: Stored
) -> None:
    invoke(function, event(name))
    before = stored()

    result = replay(undelivered(event(name), key))

    assert stored() == before
    assert result.recovered.stored == 0


def test_a_message_is_recovered_once(key: str, stored: Stored) -> None:
    entry = undelivered(event("uplink.json"), key)

    results = [replay(entry).recovered for _ in range(2)]

    assert results == [Recovered(callbacks=1, messages=1), Recovered(callbacks=1, known=1)]
    assert len(stored(sk="MSG#")) == 1


@pytest.mark.parametrize("service", ["uplink", "sigfox/status"])
def test_what_says_no_time_is_of_sigfoxs_and_so_recovered_once(
    service: str, key: str, stored: Stored, clock: Clock
) -> None:
    moment = clock.now_ms - 2 * HOUR * 1000
    callback = {
        "url": f"{BASE_URL}/{service}",
        "headers": {"authorization": key},
        "body": {"device": "153FA", "data": "00", "batt": "3.1", "temp": "20", "x": "1"},
        "contentType": "application/json",
        "method": "POST",
    }

    for _ in range(2):
        replay(entry_of(callback, moment + 400))
        clock.wait(60)

    [record] = stored(sk="MSG#") if service == "uplink" else stored(sk="EVENT#")
    assert record["time"] == moment
    assert record["sk"].split("#")[1] == str(moment)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/uplink",
        "http://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/uplink",
        f"{BASE_URL}.example/uplink",
        f"{BASE_URL}/v1/data",
        f"{BASE_URL}/",
        f"{BASE_URL}/sigfox/",
        f"{BASE_URL}/sigfox/status/x",
        f"{BASE_URL}/uplink/batch/x",
        "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com@elsewhere.example/uplink",
    ],
)
def test_callbacks_of_others_are_left(url: str, stored: Stored, key: str) -> None:
    before = stored()
    callback = {"url": url, "headers": {"authorization": key}, "body": {"device": "1", "data": "00"}}

    assert replay(entry_of(callback)).recovered == Recovered(callbacks=1, foreign=1)
    assert stored() == before


def test_the_base_url_may_have_a_path(key: str, stored: Stored) -> None:
    base_url = "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/$default"

    result = replay(undelivered(event("uplink.json"), key, base_url), connected(base_url))

    assert result.recovered.messages == 1
    assert stored(sk="MSG#")


@pytest.mark.usefixtures("application")
def test_the_keys_field_mapping_holds(stored: Stored) -> None:
    mapped = issue_key(
        "demo", "mapped", [Right.TRAFFIC_UP_WRITE], additional_parameter="serial=meter;payload=reading"
    )
    body = {"meter": "153FA", "reading": "0a0b", "time": 1763770827, "seqNumber": 2}
    callback = {"url": f"{BASE_URL}/uplink", "headers": {"Authorization": str(mapped.token)}, "body": body}

    assert replay(entry_of(callback)).recovered.messages == 1

    [message] = stored(sk="MSG#")
    assert (message["pk"], message["payload"]) == ("DEVICE#demo#153FA", "0a0b")


@pytest.mark.usefixtures("application")
def test_a_key_that_is_gone_or_anothers_maps_nothing(stored: Stored) -> None:
    gone = {"Authorization": "sbk_" + "a" * 16 + "_" + "b" * 52}
    body = {"device": "153FA", "data": "0a0b", "time": 1763770827}
    callback = {"url": f"{BASE_URL}/uplink", "headers": gone, "body": body}

    assert replay(entry_of(callback)).recovered.messages == 1
    assert stored(sk="MSG#")


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("uplink", {}, "Missing body information"),
        ("uplink", {"time": 1763770827, "data": "00"}, "is missing"),
        ("uplink", {"device": "153FA", "data": "zz", "seqNumber": 1, "time": 1763770827, "ack": "x"}, "hex"),
        ("sigfox/weather", {"device": "153FA"}, "no service 'weather'"),
        ("sigfox/acknowledge", {"device": "153FA", "time": 1763770827}, "infoCode"),
    ],
)
def test_what_can_not_be_read_is_counted_with_its_reason(
    path: str, body: object, reason: str, key: str
) -> None:
    callback = {"url": f"{BASE_URL}/{path}", "headers": {"authorization": key}, "body": body}

    result = replay(entry_of(callback))

    assert result.recovered == Recovered(callbacks=1, refused=1)
    [problem] = result.problems
    assert reason in problem


def test_no_key_is_in_what_comes_of_it(
    key: str, stored: Stored, capsys: pytest.CaptureFixture[str], management: Management
) -> None:
    secret = key.rpartition("_")[2]
    body = {"device": "153FA", "data": "00", "time": 1763770827, "note": f"key {key}"}
    query = urlencode({"Authorization": key, "more": key})
    good = {"url": f"{BASE_URL}/uplink?{query}", "headers": {"authorization": key}, "body": body}
    bad = good | {"body": {**body, "device": key}}

    results = [replay(entry_of(callback)) for callback in (good, bad)]

    assert results[0].recovered.messages == 1
    assert secret not in repr(results)
    assert secret not in json.dumps(stored(), default=str)
    assert secret not in str(management.get("/v1/devices/153fa/messages").json)
    captured = capsys.readouterr()
    assert secret not in captured.out + captured.err


def test_a_recovered_message_says_so(key: str, management: Management, clock: Clock) -> None:
    stream = ChangeStream(lambda: clock.now_ms)
    replay(undelivered(event("uplink.json"), key))

    device = json.loads(event("uplink.json")["body"])["device"]
    [message] = management.get(f"/v1/devices/{device}/messages").json["messages"]
    assert message["recovered"] is True
    assert stream.take()


def test_a_message_that_was_half_delivered_is_completed(
    key: str, invoke: Invoke, management: Management
) -> None:
    invoke("uplink", event("uplink.json"))
    uplink = json.loads(event("uplink.json")["body"])
    advanced = {"device": uplink["device"], "time": uplink["time"], "seqNumber": uplink["seqNumber"]}
    advanced |= {"lqi": "GOOD", "operatorName": "Operator"}

    replay(undelivered(event("sigfox_data_advanced.json", body=advanced), key))

    [message] = management.get(f"/v1/devices/{uplink['device']}/messages").json["messages"]
    assert message["advanced"]["lqi"] == "GOOD"
    assert message["received_at"]
    assert message["recovered"] is True


def test_another_payload_of_the_same_message_is_a_conflict(key: str, invoke: Invoke) -> None:
    invoke("uplink", event("uplink.json"))
    other = {**json.loads(event("uplink.json")["body"]), "data": "0a"}

    result = replay(undelivered(event("uplink.json", body=other), key))

    assert (result.recovered.conflicts, result.recovered.known) == (1, 1)


def test_i7_a_late_bidir_claims_nothing(key: str, played: PlayedDevice, counted: Counted) -> None:
    downlink = played.push_confirmed()
    uplink = played.uplink()
    played.clock.wait(2 * HOUR)

    result = replay(undelivered(event("bidir_downlink.json", body=uplink), key))
    played.happened()

    assert result.recovered.messages == 1
    assert played.queue() == [downlink]
    assert played.steps(downlink) == ["queued"]
    assert counted() == {}
    played.ask()
    assert played.queue() == []


def test_i7_not_even_one_that_is_recovered_in_time_claims(key: str, played: PlayedDevice) -> None:
    downlink = played.push_confirmed()

    replay(undelivered(event("bidir_downlink.json", body=played.uplink()), key))
    played.happened()

    assert played.queue() == [downlink]


def acknowledgement(played: PlayedDevice, code: int, key: str) -> dict[str, Any]:
    body = {"device": played.id, "time": played.last_uplink["time"] + 35, "infoCode": code}
    return undelivered(event("sigfox_acknowledge.json", body=body), key)


def test_a_recovered_acknowledgement_ends_an_attempt_that_is_open(key: str, played: PlayedDevice) -> None:
    [downlink] = played.push({"confirmed": True})
    played.ask()
    played.clock.wait(300)

    replay(acknowledgement(played, 0, key))
    played.happened()

    assert played.steps(downlink) == ["queued", "answered", "sent"]


def test_a_recovered_acknowledgement_ends_an_attempt_whose_wait_is_over(
    key: str, played: PlayedDevice
) -> None:
    [downlink] = played.push({"confirmed": True})
    played.ask()
    played.clock.wait(2 * HOUR)

    replay(acknowledgement(played, 0, key))
    played.happened()
    played.deadline()

    assert played.state(downlink) == "sent"
    assert played.queue() == []


def test_a_recovered_acknowledgement_withdraws_the_next_attempt_like_any_late_one(
    key: str, played: PlayedDevice
) -> None:
    downlink = played.push_confirmed(max_attempts=3)
    played.ask()
    entry = acknowledgement(played, 0, key)
    played.give_up()
    assert played.queue() == [downlink]
    played.clock.wait(2 * HOUR)

    for _ in range(2):
        replay(entry)
        played.happened()

    assert played.queue() == []
    assert played.state(downlink) == "sent"


def test_a_recovered_refusal_ends_its_attempt_as_failed(key: str, played: PlayedDevice) -> None:
    downlink = played.push_confirmed(max_attempts=1)
    played.ask()
    played.clock.wait(2 * HOUR)

    replay(acknowledgement(played, 4, key))
    played.happened()

    assert played.state(downlink) == "failed"


def test_a_device_that_is_inactive_is_left_out(key: str, management: Management, stored: Stored) -> None:
    management.post("/v1/devices", {"id": "153FA"})
    management.patch("/v1/devices/153fa", {"active": False})

    result = replay(undelivered(event("bidir_downlink.json"), key))

    assert result.recovered == Recovered(callbacks=1, inactive=1)
    assert stored(sk="MSG#") == []


def test_an_unknown_device_is_taken_as_the_application_says(
    key: str, management: Management, stored: Stored
) -> None:
    management.patch("/v1/application", {"unknown_devices": "reject"})

    result = replay(undelivered(event("bidir_downlink.json"), key))

    assert (result.recovered.refused, stored(sk="MSG#")) == (1, [])
    management.patch("/v1/application", {"unknown_devices": "register"})


def test_a_recovered_message_wakes_no_silent_device(key: str, fleet: PlayedFleet, clock: Clock) -> None:
    fleet.add_type("meters", keep_alive_seconds=DAY)
    fleet.add("153FA", type="meters")
    heard = clock.seconds
    fleet.wait(3 * DAY)
    before = fleet.in_state("silent")["153FA"]

    for seconds in (2 * HOUR, HOUR):
        uplink = {"device": "153FA", "time": heard + seconds, "data": "00", "seqNumber": seconds}
        replay(undelivered(event("uplink.json", body=uplink), key))
    fleet.happened()

    # It was heard later than was known, and is silent since later.
    assert fleet.in_state("silent")["153FA"] > before


def test_a_recovered_message_that_is_newer_than_the_silence_ends_it(
    key: str, fleet: PlayedFleet, clock: Clock
) -> None:
    fleet.add_type("meters", keep_alive_seconds=DAY)
    fleet.add("153FA", type="meters")
    fleet.wait(3 * DAY)
    uplink = {"device": "153FA", "time": clock.seconds - 2 * HOUR, "data": "00", "seqNumber": 2}

    replay(undelivered(event("uplink.json", body=uplink), key))
    fleet.happened()

    assert fleet.in_state("silent") == {}
    assert fleet.states() == {"153FA": "ok"}


def test_a_recovered_message_spends_no_quota(key: str, played: PlayedDevice) -> None:
    played.push()
    missed = played.uplink()
    played.clock.wait(HOUR)

    replay(undelivered(event("bidir_downlink.json", body=missed), key))
    played.happened()

    assert quota_of("demo", played.id, played.clock.now_ms).used == 0


@given(order=st.permutations(range(6)))
def test_the_order_in_which_callbacks_are_recovered_does_not_matter(
    key: str, stored: Stored, clock: Clock, order: list[int]
) -> None:
    moment = clock.seconds - 600
    uplink = {"device": "153FA", "time": moment, "data": "0a", "seqNumber": 4, "ack": False}
    advanced = {"device": "153FA", "time": moment, "seqNumber": 4, "lqi": "GOOD", "data": "0a"}
    bodies = [
        ("bidir_downlink.json", uplink),
        ("sigfox_data_advanced.json", advanced),
        ("bidir_downlink.json", uplink),
        ("bidir_downlink.json", uplink | {"time": moment + 1, "seqNumber": 5}),
        ("sigfox_acknowledge.json", {"device": "153FA", "time": moment + 35, "infoCode": 1}),
        ("uplink.json", {"device": "153FA", "time": moment, "data": "0a"}),
    ]
    entries = [undelivered(event(name, body=body), key) for name, body in bodies]
    forget(stored)

    results = [replay(entries[position]).recovered for position in order]

    assert sum(result.stored for result in results) == 5
    records = sorted(told([*stored(sk="MSG#"), *stored(sk="EVENT#")]), key=lambda record: str(record["sk"]))
    assert [record["sk"].split("#")[0] for record in records] == ["EVENT", "MSG", "MSG", "MSG"]
    assert [record.get("advanced") for record in records if record.get("seq_number") == 4] == [
        {"lqi": "GOOD"}
    ]
