"""Deleting a device: nothing of it stays, and nothing of the one that is listed after it goes."""

from itertools import pairwise
from typing import Any

import pytest

from sigbridge.clock import rfc3339
from sigbridge.deletion import erase_device, erasing
from sigbridge.devices import DeviceCache, UnknownDevice
from sigbridge.errors import StoreUnavailable
from sigbridge.model.sigfox_device import SigfoxDevice
from sigbridge.settings import settings
from sigbridge.store import erasures, sigfox_devices, table, transactions
from sigbridge.store.connections import client
from sigbridge.store.rows import Key, NewItem, Span
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.failing_store import failing, throttled
from tests.functional.lambdas import Context, event, handler
from tests.functional.management import Management
from tests.functional.played_device import DAY, HOUR, MINUTE, PAYLOAD
from tests.functional.played_fleet import PlayedFleet

# As many as are deleted while the caller waits.
FEW = 200
MANY = 2 * FEW


def everything_about(device_id: str, stored: Stored) -> set[str]:
    """The kinds of items that are stored of a device, besides what is left to do."""
    items = [
        *stored(f"DEVICE#demo#{device_id}"),
        *(entry for entry in stored("STATE#demo#") if entry["sk"] == f"LISTED#{device_id}"),
    ]
    return {item["sk"].split("#")[0] for item in items}


def live(fleet: PlayedFleet, device_id: str) -> None:
    """Everything happens to a device that leaves something behind."""
    fleet.say(device_id)
    data = [{"variable": "level", "value": 3}]
    fleet.done("POST", f"/v1/devices/{device_id}/data", data)
    fleet.done("PUT", f"/v1/devices/{device_id}/parameters/interval", {"value": "60"})
    fleet.done("PUT", f"/v1/devices/{device_id}/parameters/downlinkData", {"value": "00" * 8})
    body = {"downlinks": [{"frm_payload": PAYLOAD, "confirmed": True}] * 2}
    push = fleet.call("queue_push", device_id, body=body, headers={"Idempotency-Key": "order-7"})
    assert push.status == 200
    assert fleet.ask(device_id).status == 200
    fleet.clock.wait(MINUTE)
    fleet.report("event", device_id, eventType="OFF_CONTRACT")
    fleet.report("status", device_id, batt=3)
    known = SigfoxDevice(device_id, "Boat", imported_at=fleet.clock.now_ms)
    sigfox_devices.put_all("demo", [known])


KINDS = {
    *("CONDITION", "DATA", "DEVICE", "DOWNLINK", "EVENT", "LISTED"),
    *("MSG", "PARAM", "PUSH", "SIGFOX", "STATE"),
}


@pytest.fixture
def device(fleet: PlayedFleet, stored: Stored) -> str:
    """A device of which there is something of every kind, beside another such one."""
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("153FA", "A1", type="tracker")
    for device_id in ("A1", "153FA"):
        live(fleet, device_id)
    fleet.next_minute()
    assert everything_about("153FA", stored) == KINDS
    return "153FA"


def fill(device_id: str, count: int) -> None:
    """Gives a device so many messages more, which came long ago."""
    dynamodb = client()
    for start in range(0, count, 25):
        requests: Any = [
            {"PutRequest": {"Item": _message(device_id, number)}}
            for number in range(start, min(count, start + 25))
        ]
        dynamodb.batch_write_item(RequestItems={settings().table_name: requests})


def count_of(device_id: str) -> int:
    """How many items there are beside a device."""
    span = Span(f"DEVICE#demo#{device_id}", "!", "~", attributes=("sk",))
    return sum(1 for _ in table.in_order(span))


def _message(device_id: str, number: int) -> dict[str, Any]:
    moment = 1_763_770_000_000 + number
    texts = {"pk": f"DEVICE#demo#{device_id}", "sk": f"MSG#{moment:013d}#{number}", "group": "0"}
    texts |= {"device": device_id, "network": "sigfox"}
    numbers = {"time": moment, "received_at": moment, "expires_at": 9_999_999_999}
    return {name: {"S": text} for name, text in texts.items()} | {
        name: {"N": str(value)} for name, value in numbers.items()
    }


def test_a_device_is_gone_with_all_that_belonged_to_it(
    fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    answer = fleet.delete(device)

    assert (answer.status, answer.json) == (202, {"status": True})
    assert everything_about(device, stored) == set()
    assert everything_about("A1", stored) == KINDS
    assert fleet.states() == {"A1": "off_contract"}
    assert list(fleet.in_state("off_contract")) == ["A1"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/parameters"),
        ("PUT", "/parameters/interval"),
        ("DELETE", "/parameters/interval"),
        ("GET", "/data"),
        ("POST", "/data"),
    ],
)
def test_a_deleted_device_is_unknown(method: str, path: str, fleet: PlayedFleet, device: str) -> None:
    fleet.delete(device)
    bodies = {"PATCH": {"name": "x"}, "PUT": {"value": "1"}, "POST": [{"variable": "x", "value": 1}]}

    answer = fleet.request(method, f"/v1/devices/{device}{path}", bodies.get(method))

    assert (answer.status, answer.json["message"]) == (404, "Device 153FA is not known")


def test_only_a_listed_device_is_deleted(fleet: PlayedFleet, stored: Stored) -> None:
    answer = fleet.delete("153FA")

    assert answer.status == 404
    assert stored(sk="ERASURE#") == []


@pytest.mark.parametrize("function", ["queue_push", "queue_replace", "queue_list", "device_state"])
def test_the_queue_of_a_deleted_device_is_unknown(function: str, fleet: PlayedFleet, device: str) -> None:
    fleet.delete(device)

    answer = fleet.call(function, device)

    assert (answer.status, answer.error["name"]) == (404, "device_not_found")


def test_what_is_left_to_do_ends_with_the_last_look(fleet: PlayedFleet, device: str, stored: Stored) -> None:
    fleet.delete(device)
    assert len(stored("APP#demo", "ERASURE#")) == 1
    fleet.wait(2 * MINUTE)
    assert len(stored("APP#demo", "ERASURE#")) == 1

    fleet.wait(13 * HOUR)

    assert stored("APP#demo", "ERASURE#") == []


def test_messages_that_came_after_the_deletion_go_too(
    fleet: PlayedFleet,
    device: str,
    management: Management,
    invoke: Invoke,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another instance of a function remembers the device for a minute."""
    monkeypatch.setattr(erasing, "forget_device", lambda *_device: None)
    DeviceCache.open("demo", [device])
    assert management.delete(f"/v1/devices/{device}").status == 202
    body = {"device": device, "time": fleet.clock.seconds, "data": "17", "seqNumber": 99}
    assert invoke("uplink", event("uplink.json", body=body)).status == 200
    assert invoke("sigfox_service", event("sigfox_error.json", body={**body, "info": "?"})).status == 200
    assert everything_about(device, stored) == {"EVENT", "MSG"}
    fleet.happened()

    fleet.wait(2 * MINUTE)

    assert everything_about(device, stored) == set()
    assert fleet.states() == {"A1": "off_contract"}


def test_a_device_that_asks_after_its_deletion_does_not_cost_others_their_answers(
    fleet: PlayedFleet, device: str, management: Management, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "forget_device", lambda *_device: None)
    DeviceCache.open("demo", [device])
    assert management.delete(f"/v1/devices/{device}").status == 202
    uplinks = [
        {"device": id_, "time": fleet.clock.seconds, "data": "00", "seqNumber": 9, "ack": True}
        for id_ in (device, "A1")
    ]

    alone = invoke("bidir_downlink", event("bidir_downlink.json", body=uplinks[0]))
    together = invoke("bidir_downlink", event("bidir_downlink.json", body=uplinks))

    assert (alone.status, alone.json["message"]) == (404, "Device 153FA is not known")
    assert together.status == 200
    assert together.json == {device: {"noData": True}, "A1": {"downlinkData": "0102030405060708"}}


# Many items


@pytest.fixture
def slow(fleet: PlayedFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """To delete 500 items takes 25 seconds."""
    delete = erasures.delete

    def slowly(parts: Any) -> None:
        delete(parts)
        fleet.clock.wait(len(parts) / 20)

    monkeypatch.setattr(erasures, "delete", slowly)


@pytest.mark.usefixtures("slow")
def test_thousands_of_items_are_deleted_in_the_background_as_far_as_time_allows(
    management: Management, device: str, stored: Stored
) -> None:
    """Nothing follows from these changes, so that nobody is told of them."""
    fill(device, 4_000)

    assert management.delete(f"/v1/devices/{device}").status == 202

    counts = [count_of(device)]
    assert counts[0] > 3_800
    assert management.get(f"/v1/devices/{device}").status == 404
    every_minute: Any = handler("every_minute")
    while counts[-1]:
        assert every_minute({}, Context("every_minute")) is None
        counts.append(count_of(device))
    steps = [before - after for before, after in pairwise(counts)]
    assert steps[:-1] == [1_000] * 3
    assert everything_about(device, stored) == set()
    assert everything_about("A1", stored) == KINDS


def test_as_many_as_the_caller_waits_for_are_deleted_at_once(fleet: PlayedFleet) -> None:
    fleet.add_unheard("B1", "B2")
    fill("B1", FEW)
    fill("B2", FEW + 1)

    fleet.delete("B1")
    fleet.delete("B2")

    assert (count_of("B1"), count_of("B2")) == (0, 1)
    fleet.next_minute()
    assert count_of("B2") == 0


def is_deletion_of_many(request: dict[str, Any]) -> bool:
    """Tells whether a request deletes items that are not deleted together."""
    return "RequestItems" in request and "DeleteRequest" in str(request)


def test_what_fails_while_the_caller_waits_is_done_later(
    fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    with failing(throttled, is_deletion_of_many):
        assert fleet.delete(device).status == 202
    assert "MSG" in everything_about(device, stored)

    fleet.wait(2 * MINUTE)

    assert everything_about(device, stored) == set()


def test_what_fails_in_the_background_is_gone_on_with(
    fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    fill(device, 700)
    fleet.delete(device)
    steps: list[None] = []

    def is_second_step(request: dict[str, Any]) -> bool:
        steps.extend([None] * is_deletion_of_many(request))
        return len(steps) > 20 and is_deletion_of_many(request)

    with failing(throttled, is_second_step), pytest.raises(StoreUnavailable):
        fleet.next_minute()
    assert 0 < len(stored(f"DEVICE#demo#{device}", "MSG#")) < 400

    fleet.next_minute()

    assert everything_about(device, stored) == set()


def test_a_deletion_that_fails_deletes_nothing(fleet: PlayedFleet, device: str, stored: Stored) -> None:
    before = stored()

    with failing(throttled, lambda request: "TransactItems" in request):
        answer = fleet.delete(device)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert stored() == before
    assert fleet.delete(device).status == 202


def test_one_erasure_that_can_not_be_read_does_not_stop_the_others(
    fleet: PlayedFleet, device: str, stored: Stored, counted: Counted
) -> None:
    table.put_new(Key("APP#demo", "ERASURE#?"), {"due_list": "ERASURES", "due_at": 1})
    fill(device, MANY)
    fleet.delete(device)
    counted()

    fleet.next_minute()

    assert counted()["LeftUndone"] == 1
    assert everything_about(device, stored) == set()


def test_an_item_of_a_kind_that_nobody_knows_goes_too(
    fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    fleet.delete(device)
    table.put_new(Key(f"DEVICE#demo#{device}", "WHAT#1"), {})
    table.put_new(Key(f"DEVICE#demo#{device}", "MSG#broken"), {})

    fleet.wait(2 * MINUTE)

    assert everything_about(device, stored) == set()


# Listed again


@pytest.mark.parametrize("erased_before", [True, False], ids=["after its erasure", "before its erasure"])
def test_a_device_that_is_listed_again_keeps_what_came_since(
    *, erased_before: bool, fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    fill(device, 1_000)
    fleet.clock.wait(1)
    old = {item["sk"] for item in stored(f"DEVICE#demo#{device}")} - {"DEVICE", "STATE", "CONDITION"}
    fleet.delete(device)
    if erased_before:
        fleet.next_minute()
    fleet.clock.wait(10)
    fleet.add(device, type="tracker", name="Second life")
    live(fleet, device)
    # It was sent before the deletion, and came after it.
    assert fleet.say(device, at=fleet.clock.seconds - HOUR).status == 200
    fleet.next_minute()
    new = {item["sk"]: item for item in stored(f"DEVICE#demo#{device}") if item["sk"] not in old}
    same_keys = {"PARAM#interval", "PARAM#downlinkData", "SIGFOX"}
    same_keys |= {sk for sk in old if sk.startswith("PUSH#")}

    fleet.wait(2 * MINUTE)
    fleet.wait(13 * HOUR)

    left = {item["sk"]: item for item in stored(f"DEVICE#demo#{device}")}
    # Nobody acknowledged the confirmed downlink of the second life, which is tried again.
    retried = {sk for sk in left if sk.endswith("#02") and f"{sk[:-1]}1" in new}
    assert left.keys() == new.keys() | same_keys | retried
    unchanged = {sk for sk in new if not sk.startswith(("STATE", "CONDITION", "DOWNLINK#"))}
    assert {sk: left[sk] for sk in unchanged} == {sk: new[sk] for sk in unchanged}
    assert stored(sk="ERASURE#") == []
    shown = fleet.show(device)
    assert (shown["name"], shown["conditions"]) == ("Second life", ["off_contract", "silent"])
    parameters = fleet.done("GET", f"/v1/devices/{device}/parameters")["parameters"]
    assert [parameter["key"] for parameter in parameters] == ["downlinkData", "interval"]


def test_a_device_that_comes_back_begins_empty(fleet: PlayedFleet, device: str) -> None:
    fill(device, MANY)
    fleet.delete(device)
    fleet.clock.wait(10)

    assert fleet.say(device).status == 200

    shown = fleet.show(device)
    assert (shown["state"], shown["queue_length"], shown.get("type")) == ("ok", 0, None)
    assert "battery" not in shown
    assert fleet.done("GET", f"/v1/devices/{device}/parameters")["parameters"] == []
    fleet.next_minute()
    listed = fleet.done("GET", f"/v1/devices/{device}/data", variables="payload")
    assert len(listed["data"]) == 1


def test_parameters_that_are_set_during_the_deletion_go_with_the_others(
    fleet: PlayedFleet, device: str, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = transactions.transact
    tries: list[None] = []

    def meanwhile(*writes: Any) -> None:
        if any(isinstance(write, NewItem) and "ERASURE#" in write.key.sk for write in writes):
            tries.append(None)
            if len(tries) == 1:
                path = f"/v1/devices/{device}/parameters/new"
                assert fleet.request("PUT", path, {"value": "1"}).status == 201
        together(*writes)

    monkeypatch.setattr(transactions, "transact", meanwhile)
    fill(device, MANY)

    fleet.delete(device)

    assert len(tries) == 2
    assert stored(f"DEVICE#demo#{device}", "PARAM#") == []


@pytest.fixture
def never_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters of a device change again and again."""
    monkeypatch.setattr(erasures, "_delisting", lambda device, _seen: table.Deletion(device, "pk = sk"))


@pytest.mark.usefixtures("never_settled")
def test_a_deletion_that_meets_changes_again_and_again_may_be_tried_again(
    fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    assert fleet.delete(device).status == 503
    assert everything_about(device, stored) == KINDS


# What follows from changes, and from time


def test_what_the_change_stream_brings_late_goes_too(
    fleet: PlayedFleet, device: str, stored: Stored, counted: Counted
) -> None:
    with fleet.stream_delayed():
        fleet.call("queue_push", device, body={"downlinks": [{"frm_payload": PAYLOAD, "confirmed": True}]})
        assert fleet.ask(device).status == 200
        uplink_time = fleet.clock.seconds
        fleet.clock.wait(35)
        for code in (0, 1):
            fleet.report("acknowledge", device, time=uplink_time + 35, infoCode=code)
        fleet.report("event", device, eventType="OFF_CONTRACT", time=fleet.clock.seconds + 1)
        fleet.delete(device)
        fleet.wait(10 * MINUTE)
        counted()
    assert "LeftUndone" not in counted()
    assert {"CONDITION", "DOWNLINK", "LISTED"} <= everything_about(device, stored)
    assert fleet.states() == {"A1": "off_contract"}

    fleet.wait(13 * HOUR)

    assert everything_about(device, stored) == set()


def test_deadlines_of_a_deleted_device_pass_in_silence(
    fleet: PlayedFleet, device: str, stored: Stored, counted: Counted
) -> None:
    """Its items are many, so that they are there when its downlinks expire or are given up."""
    expiring = {"frm_payload": PAYLOAD, "expires_at": rfc3339(fleet.clock.now_ms + 30_000)}
    fleet.call("queue_push", device, body={"downlinks": [expiring]})
    fill(device, MANY)
    fleet.delete(device)
    fleet.clock.wait(11 * MINUTE)
    counted()

    every_minute: Any = handler("every_minute")
    assert every_minute({}, Context("every_minute")) is None
    fleet.happened()

    assert "LeftUndone" not in counted()
    fleet.next_minute()
    fleet.wait(DAY)
    assert everything_about(device, stored) == set()


def test_nobody_waits_for_a_deleted_device(fleet: PlayedFleet, device: str, stored: Stored) -> None:
    fill(device, MANY)
    fleet.delete(device)
    fleet.clock.wait(2 * HOUR)

    for _ in range(3):
        fleet.next_minute()

    assert fleet.in_state("silent") == {}
    assert everything_about(device, stored) == set()


def test_a_deleted_device_can_be_deleted_again_after_it_came_back(
    fleet: PlayedFleet, device: str, stored: Stored
) -> None:
    fill(device, MANY)
    for _ in range(2):
        assert fleet.delete(device).status == 202
        fleet.clock.wait(1)
        fleet.say(device)
    assert fleet.delete(device).status == 202
    fleet.clock.wait(1)

    fleet.next_minute()

    assert everything_about(device, stored) == set()
    fleet.wait(DAY)
    assert stored(sk="ERASURE#") == []


def test_an_application_deletes_only_its_own_devices(fleet: PlayedFleet, device: str) -> None:
    with pytest.raises(UnknownDevice):
        erase_device("other", device)

    assert fleet.state(device) == "off_contract"
