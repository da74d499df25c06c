"""`/v1/devices?state=`: lists of the devices that are in a state, verified by whoever reads them."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from sigbridge.applications import UnknownApplication
from sigbridge.clock import rfc3339
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service
from sigbridge.status import Status, devices_in_state, record_report, state_lists, states_among
from sigbridge.store import state_lists as stored_lists
from sigbridge.store import table
from sigbridge.store.rows import Key
from sigbridge.store.state_lists import Entry
from tests.functional.conftest import Stored
from tests.functional.failing_store import failing, throttled
from tests.functional.played_device import DAY, HOUR, MINUTE, PAYLOAD
from tests.functional.played_fleet import PlayedFleet
from tests.functional.store_requests import store_requests

type Tell = Callable[[str], object]


@pytest.fixture
def a1(fleet: PlayedFleet) -> str:
    """A device that was heard of an hour ago, beside another one."""
    fleet.add("A1", "B2")
    fleet.clock.wait(HOUR)
    return "A1"


def tellers(fleet: PlayedFleet) -> dict[str, Tell]:
    """What Sigfox says of a device in each state."""
    return {
        "off_contract": lambda id_: fleet.report("event", id_, eventType="OFF_CONTRACT"),
        "out_of_sequence": lambda id_: fleet.report("event", id_, eventType="OUT_OF_SEQUENCE"),
        "silent": lambda id_: fleet.report("error", id_, severity="ERROR", info="?"),
        "over_quota": lambda id_: fleet.report("acknowledge", id_, infoCode=3),
    }


STATES = ("off_contract", "out_of_sequence", "silent", "over_quota")
ENDED_BY_A_MESSAGE = STATES[:3]


@pytest.mark.parametrize("state", STATES)
def test_a_device_is_listed_in_the_state_that_a_report_tells_of(
    state: str, fleet: PlayedFleet, a1: str
) -> None:
    moment = rfc3339(fleet.clock.now_ms)

    tellers(fleet)[state](a1)

    assert fleet.in_state(state) == {a1: moment}
    assert all(fleet.in_state(other) == {} for other in STATES if other != state)
    assert fleet.states() == {"A1": state, "B2": "ok"}
    assert fleet.in_state("ok") == {"B2": ""}
    assert (fleet.show(a1)["state"], fleet.show(a1)["since"]) == (state, moment)


@pytest.mark.parametrize("state", ENDED_BY_A_MESSAGE)
@pytest.mark.parametrize("reader", ["its list", "the list of all"])
def test_a_message_ends_a_state_and_the_next_reader_takes_the_device_off_the_list(
    state: str, reader: str, fleet: PlayedFleet, a1: str, stored: Stored
) -> None:
    tellers(fleet)[state](a1)
    fleet.clock.wait(MINUTE)
    fleet.say(a1)
    assert len(stored("STATE#")) == 1

    if reader == "its list":
        assert fleet.in_state(state) == {}
    else:
        assert fleet.states() == {"A1": "ok", "B2": "ok"}

    assert stored("STATE#") == []


@pytest.mark.parametrize("state", ENDED_BY_A_MESSAGE)
def test_a_state_that_comes_again_is_listed_again(state: str, fleet: PlayedFleet, a1: str) -> None:
    for _ in range(2):
        tellers(fleet)[state](a1)
        assert list(fleet.in_state(state)) == [a1]
        fleet.clock.wait(MINUTE)
        fleet.say(a1)
        assert fleet.in_state(state) == {}
        fleet.clock.wait(MINUTE)


def test_a_renewed_contract_ends_the_state(fleet: PlayedFleet, a1: str) -> None:
    tellers(fleet)["off_contract"](a1)
    fleet.clock.wait(MINUTE)
    fleet.report("event", a1, eventType="TOKEN_RENEWAL")

    assert fleet.in_state("off_contract") == {}


def test_a_quota_ends_with_its_day(fleet: PlayedFleet, a1: str, stored: Stored) -> None:
    tellers(fleet)["over_quota"](a1)
    [entry] = stored("STATE#")
    midnight = (fleet.clock.seconds // DAY + 1) * DAY
    assert entry["expires_at"] == midnight

    fleet.clock.wait_until(midnight - 1)
    assert list(fleet.in_state("over_quota")) == [a1]
    fleet.clock.wait_until(midnight)

    assert fleet.in_state("over_quota") == {}
    assert fleet.states() == {"A1": "ok", "B2": "ok"}


def test_answers_beyond_the_quota_list_a_device_too(fleet: PlayedFleet, a1: str) -> None:
    fleet.done("PATCH", "/v1/application", {"daily_downlinks": 1})
    fleet.call("queue_push", a1, body={"downlinks": [{"frm_payload": PAYLOAD}] * 3})
    assert fleet.ask(a1).status == 200
    assert fleet.in_state("over_quota") == {}
    fleet.clock.wait(MINUTE)
    exceeded_at = rfc3339(fleet.clock.seconds * 1000)
    assert fleet.ask(a1).status == 200
    fleet.clock.wait(MINUTE)
    assert fleet.ask(a1).status == 200

    assert fleet.in_state("over_quota") == {a1: exceeded_at}
    shown = fleet.show(a1)
    assert (shown["state"], shown["since"]) == ("over_quota", exceeded_at)


def test_a_device_is_listed_in_its_most_serious_state_alone(fleet: PlayedFleet, a1: str) -> None:
    for state in reversed(STATES):
        tellers(fleet)[state](a1)
        assert list(fleet.in_state(state)) == [a1]
        assert fleet.state(a1) == state
    assert {state: list(fleet.in_state(state)) for state in STATES} == {
        "off_contract": [a1],
        "out_of_sequence": [],
        "silent": [],
        "over_quota": [],
    }

    fleet.clock.wait(MINUTE)
    fleet.say(a1)

    assert list(fleet.in_state("over_quota")) == [a1]


@pytest.mark.parametrize("device_id", ["STATE", "APP", "0", "_._", "Z" * 64])
def test_any_id_can_be_listed(device_id: str, fleet: PlayedFleet) -> None:
    fleet.add(device_id)

    tellers(fleet)["silent"](device_id)

    assert list(fleet.in_state("silent")) == [device_id]
    assert fleet.states() == {device_id: "silent"}


@pytest.mark.usefixtures("a1")
def test_a_device_of_another_application_is_not_listed(fleet: PlayedFleet) -> None:
    report = StoredReport(Service.ERROR, "1#0", "A1", "A1", 1, True, 1, {"severity": "ERROR"})
    record_report("other", "A1", report)

    assert fleet.in_state("silent") == {}
    with pytest.raises(UnknownApplication):
        devices_in_state("other", Status.SILENT, None, 10)


# Pages


def silence(count: int) -> list[str]:
    """Registers so many devices that Sigfox misses."""
    ids = [f"{number:03X}" for number in range(256, 256 + count)]
    for device_id in ids:
        table.put_new(Key(f"DEVICE#demo#{device_id}", "DEVICE"), _device(device_id))
        report = StoredReport(Service.ERROR, "1#0", device_id, device_id, 1, True, 1, {"severity": "ERROR"})
        record_report("demo", device_id, report)
    return ids


def _device(device_id: str) -> dict[str, Any]:
    return {"listed_in": "APP#demo", "id": device_id, "registered_at": 1, "payload_encoding": None}


def test_a_list_is_read_by_page(fleet: PlayedFleet) -> None:
    ids = silence(7)
    pages = []
    after: str | None = None
    while True:
        page = devices_in_state("demo", Status.SILENT, after, 3)
        pages.append([status.device_id for status in page.devices])
        after = page.next_after
        if after is None:
            break

    assert pages == [ids[:3], ids[3:6], ids[6:]]
    assert list(fleet.in_state("silent")) == ids


def test_a_page_is_complete_when_it_holds_exactly_what_there_is(fleet: PlayedFleet) -> None:
    assert fleet
    ids = silence(3)

    page = devices_in_state("demo", Status.SILENT, None, 3)

    assert ([status.device_id for status in page.devices], page.next_after) == (ids, None)


def test_a_page_of_devices_that_are_well_again_is_short_and_the_next_one_is_not_lost(
    fleet: PlayedFleet,
) -> None:
    ids = silence(6)
    for device_id in ids[:4]:
        fleet.say(device_id)

    first = devices_in_state("demo", Status.SILENT, None, 3)
    second = devices_in_state("demo", Status.SILENT, first.next_after, 3)

    assert (first.devices, first.next_after) == ((), ids[2])
    assert [status.device_id for status in second.devices] == ids[4:]


def test_only_devices_between_two_ids_and_among_the_wanted_ones_are_told_of(fleet: PlayedFleet) -> None:
    assert fleet
    ids = silence(6)

    assert list(states_among("demo", ids[1], ids[4])) == ids[1:5]
    assert list(states_among("demo", ids[1], ids[4], {ids[0], ids[2]})) == [ids[2]]
    assert states_among("demo", "200", "300") == {}


def test_what_reading_costs(fleet: PlayedFleet) -> None:
    assert fleet
    ids = silence(120)
    states_among("demo", ids[0], ids[0])

    with store_requests() as of_none:
        states_among("demo", "F00", "FFF")
    with store_requests() as of_twenty:
        states_among("demo", ids[0], ids[19])
    with store_requests() as of_a_page:
        devices_in_state("demo", Status.SILENT, None, 100)

    assert of_none == {"Query": 5}
    assert of_twenty == {"Query": 5 + 20, "BatchGetItem": 2}
    assert of_a_page == {"Query": 1 + 100, "BatchGetItem": 2}


# Repeats, failures, races


def test_changes_that_are_followed_twice_leave_the_same_lists(
    fleet: PlayedFleet, a1: str, stored: Stored
) -> None:
    for state in STATES:
        tellers(fleet)[state](a1)
        tellers(fleet)[state]("B2")
        fleet.clock.wait(MINUTE)
    fleet.say("B2")
    before = fleet.states()
    lists = stored("STATE#")

    fleet.follow(fleet.stream.seen)

    assert fleet.states() == before == {"A1": "off_contract", "B2": "over_quota"}
    assert [entry for entry in lists if entry["sk"].endswith(a1)] == [
        entry for entry in stored("STATE#") if entry["sk"].endswith(a1)
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_reports_does_not_matter(order: tuple[int, ...], fleet: PlayedFleet, a1: str) -> None:
    moments = [fleet.clock.now_ms + minutes * 60_000 for minutes in range(3)]
    types = ("OFF_CONTRACT", "TOKEN_RENEWAL", "OFF_CONTRACT")
    for position in order:
        moment = moments[position]
        facts = {"event_type": types[position]}
        report = StoredReport(Service.EVENT, f"{moment}#0", a1, a1, moment, True, moment, facts)
        record_report("demo", a1, report)

    assert fleet.in_state("off_contract") == {a1: rfc3339(moments[2])}


def test_a_reader_does_not_take_off_what_was_told_since_it_looked(
    fleet: PlayedFleet, a1: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device is out of contract again, between a look at its messages and the end of the older entry."""
    tellers(fleet)["off_contract"](a1)
    fleet.clock.wait(MINUTE)
    fleet.say(a1)
    fleet.clock.wait(MINUTE)
    read = state_lists.find_last_message

    def meanwhile(application_id: str, device_id: str) -> Any:
        message = read(application_id, device_id)
        monkeypatch.setattr(state_lists, "find_last_message", read)
        tellers(fleet)["off_contract"](a1)
        return message

    monkeypatch.setattr(state_lists, "find_last_message", meanwhile)
    states_among("demo", a1, a1)

    assert list(fleet.in_state("off_contract")) == [a1]


def test_a_silence_found_since_a_reader_looked_is_not_taken_off(
    fleet: PlayedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader is so slow that the device is silent again, and looked at, before it ends the old entry."""
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("A1", type="tracker")
    fleet.next_minute()
    fleet.wait(HOUR)
    fleet.say("A1")
    leave = stored_lists.leave

    def late(application_id: str, entry: Entry) -> None:
        fleet.wait(HOUR)
        leave(application_id, entry)

    monkeypatch.setattr(stored_lists, "leave", late)
    states_among("demo", "A1", "A1")
    monkeypatch.setattr(stored_lists, "leave", leave)

    assert list(fleet.in_state("silent")) == ["A1"]


def test_a_device_that_is_not_watched_yet_stays_on_the_list(fleet: PlayedFleet, stored: Stored) -> None:
    """The store fails between the two steps that end a silence: the next reader makes them both."""
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("A1", type="tracker")
    fleet.next_minute()
    fleet.wait(HOUR)
    fleet.say("A1")

    with failing(throttled, lambda request: "due_list" in str(request)):
        assert fleet.in_state("silent") == {}
    assert len(stored("STATE#")) == 1

    with failing(throttled, lambda request: "LISTED#" in str(request.get("Key"))):
        assert fleet.in_state("silent") == {}
    assert len(stored("STATE#")) == 1
    fleet.wait(HOUR)
    assert list(fleet.in_state("silent")) == ["A1"]


def test_a_deleted_device_is_taken_off_by_the_next_reader(
    fleet: PlayedFleet, a1: str, stored: Stored
) -> None:
    """The change stream brings a report after the device was deleted."""
    tellers(fleet)["silent"](a1)
    table.delete_all([Key(f"DEVICE#demo#{a1}", "DEVICE")])
    fleet.happened()

    assert fleet.in_state("silent") == {}

    assert stored("STATE#") == []
