"""Keep-alive: devices of which nothing is heard for longer than their type allows."""

from typing import Any

import pytest

from sigbridge.clock import rfc3339
from sigbridge.errors import StoreUnavailable
from sigbridge.status import silence_monitor
from sigbridge.store import table
from sigbridge.store.due import shard_of
from sigbridge.store.rows import Key, Update
from tests.functional.conftest import Counted, Stored
from tests.functional.failing_store import failing, throttled
from tests.functional.played_device import DAY, HOUR, MINUTE
from tests.functional.played_fleet import PlayedFleet


@pytest.fixture
def tracker(fleet: PlayedFleet) -> str:
    """A device that is expected to be heard of every hour, and was just now."""
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("A1", type="tracker")
    fleet.say("A1")
    fleet.next_minute()
    return "A1"


def looks(stored: Stored) -> dict[str, int]:
    """When watched devices are to be looked at, epoch ms, by their ids."""
    return {r["pk"].split("#")[2]: int(r["due_at"]) for r in stored("DEVICE#", "CONDITION") if "due_at" in r}


def test_a_device_is_silent_when_nothing_was_heard_of_it_for_longer_than_its_type_allows(
    fleet: PlayedFleet, tracker: str
) -> None:
    silent_at = rfc3339(fleet.clock.now_ms + HOUR * 1000)
    fleet.wait(HOUR - 1)
    assert (fleet.state(tracker), fleet.in_state("silent")) == ("ok", {})

    fleet.wait(MINUTE)

    shown = fleet.show(tracker)
    assert (shown["state"], shown["since"], shown["conditions"]) == ("silent", silent_at, ["silent"])
    assert fleet.in_state("silent") == {tracker: silent_at}
    assert fleet.states() == {tracker: "silent"}


def test_a_device_is_shown_as_silent_at_once_and_in_the_list_of_the_silent_within_a_minute(
    fleet: PlayedFleet, tracker: str
) -> None:
    fleet.clock.wait(HOUR)
    assert fleet.state(tracker) == "silent"
    assert fleet.states() == {tracker: "silent"}
    assert fleet.in_state("silent") == {}

    fleet.next_minute()

    assert list(fleet.in_state("silent")) == [tracker]


def test_a_message_ends_the_silence_and_the_next_one_is_found_too(fleet: PlayedFleet, tracker: str) -> None:
    fleet.wait(HOUR)
    fleet.say(tracker)
    assert (fleet.state(tracker), fleet.in_state("silent")) == ("ok", {})
    fleet.wait(MINUTE)
    silent_at = rfc3339(fleet.clock.now_ms + (HOUR - MINUTE) * 1000)

    fleet.wait(HOUR - MINUTE)

    assert fleet.in_state("silent") == {tracker: silent_at}


def test_a_silence_that_nobody_saw_end_does_not_hide_the_next_one(fleet: PlayedFleet, tracker: str) -> None:
    fleet.wait(HOUR)
    fleet.say(tracker)
    silent_at = rfc3339(fleet.clock.now_ms + HOUR * 1000)

    fleet.wait(2 * HOUR)

    assert fleet.in_state("silent") == {tracker: silent_at}


def test_a_device_that_never_sent_is_not_silent_until_it_has_sent(fleet: PlayedFleet, stored: Stored) -> None:
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add_unheard("A1", type="tracker")
    for _ in range(3):
        fleet.wait(HOUR)
        assert (fleet.state("A1"), fleet.states()) == ("never_heard", {"A1": "never_heard"})
        assert list(looks(stored)) == ["A1"]

    fleet.say("A1")
    silent_at = rfc3339(fleet.clock.seconds * 1000 + HOUR * 1000)
    for _ in range(3):
        fleet.wait(HOUR)

    assert fleet.in_state("silent") == {"A1": silent_at}
    assert fleet.in_state("never_heard") == {}


def test_a_device_registered_by_its_message_is_watched(fleet: PlayedFleet) -> None:
    fleet.add_type("5d8cdc8fea06bb6e41234567", keep_alive_seconds=HOUR)
    fleet.say("A1", deviceTypeId="5d8cdc8fea06bb6e41234567")
    fleet.next_minute()

    fleet.wait(HOUR)

    assert list(fleet.in_state("silent")) == ["A1"]


def test_a_device_that_speaks_is_looked_at_once_in_its_keep_alive_time(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    moved: set[int] = set()
    for _ in range(6 * 3):
        fleet.wait(10 * MINUTE)
        fleet.say(tracker)
        moved |= set(looks(stored).values())

    assert fleet.in_state("silent") == {}
    assert len(moved) <= 4
    assert stored("STATE#") == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rule_holds_for_devices_that_were_there_before_it(fleet: PlayedFleet, when: str) -> None:
    content = {"keep_alive_seconds": HOUR} if when == "before" else {}
    fleet.add("A1", "A2")
    fleet.add_type(**content)
    fleet.change("A1", type="tracker")
    fleet.clock.wait(DAY)
    if when == "after":
        fleet.change_type(keep_alive_seconds=HOUR)

    fleet.next_minute()
    fleet.next_minute()

    assert list(fleet.in_state("silent")) == ["A1"]


def test_a_stricter_rule_finds_devices_silent_that_were_not(fleet: PlayedFleet, tracker: str) -> None:
    fleet.wait(30 * MINUTE)
    silent_at = rfc3339(fleet.clock.now_ms - 20 * MINUTE * 1000)
    fleet.change_type(keep_alive_seconds=10 * MINUTE)

    fleet.next_minute()
    fleet.next_minute()

    assert fleet.in_state("silent") == {tracker: silent_at}


@pytest.mark.parametrize("seconds", [DAY, None])
def test_a_rule_that_is_relaxed_or_ends_finds_devices_well_that_were_silent(
    seconds: int | None, fleet: PlayedFleet, tracker: str
) -> None:
    fleet.wait(HOUR)
    assert list(fleet.in_state("silent")) == [tracker]

    fleet.change_type(keep_alive_seconds=seconds)

    assert (fleet.state(tracker), fleet.in_state("silent")) == ("ok", {})
    fleet.wait(DAY)
    assert list(fleet.in_state("silent")) == ([] if seconds is None else [tracker])


def test_a_rule_that_comes_back_holds_again(fleet: PlayedFleet, tracker: str) -> None:
    fleet.change_type(keep_alive_seconds=None)
    fleet.wait(HOUR)
    fleet.change_type(keep_alive_seconds=HOUR)

    fleet.next_minute()
    fleet.next_minute()

    assert list(fleet.in_state("silent")) == [tracker]


def test_nobody_waits_for_a_device_whose_type_is_deleted(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    fleet.done("DELETE", "/v1/device-types/tracker")

    fleet.wait(HOUR)

    assert fleet.state(tracker) == "ok"
    assert looks(stored) == {}


def test_a_device_of_another_type_comes_under_its_rule(fleet: PlayedFleet, tracker: str) -> None:
    fleet.add_type("meter", keep_alive_seconds=10 * MINUTE)
    fleet.change(tracker, type="meter")
    fleet.next_minute()

    fleet.wait(10 * MINUTE)

    assert list(fleet.in_state("silent")) == [tracker]


def test_a_device_that_is_switched_off_is_not_silent_until_it_is_switched_on(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    fleet.change(tracker, active=False)
    fleet.wait(2 * HOUR)
    assert (fleet.state(tracker), fleet.in_state("silent")) == ("ok", {})
    assert looks(stored) == {}

    fleet.change(tracker, active=True)
    fleet.next_minute()

    assert list(fleet.in_state("silent")) == [tracker]


def test_messages_that_are_forgotten_were_heard_all_the_same(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    """The keep-alive time is longer than messages are kept."""
    fleet.done("PATCH", "/v1/application", {"retention_days": 1})
    fleet.change_type(keep_alive_seconds=5 * DAY)
    fleet.wait(HOUR)
    table.delete_all([Key(message["pk"], message["sk"]) for message in stored(sk="MSG#")])
    fleet.wait(10 * HOUR)
    fleet.say(tracker)
    silent_at = rfc3339(fleet.clock.now_ms + 5 * DAY * 1000)
    for _ in range(9):
        fleet.wait(DAY // 2)
        for message in stored(sk="MSG#"):
            if message["expires_at"] <= fleet.clock.seconds:
                table.delete_all([Key(message["pk"], message["sk"])])
        assert fleet.state(tracker) == "ok"
        assert fleet.in_state("silent") == {}

    fleet.wait(DAY // 2)

    assert stored(sk="MSG#") == []
    assert fleet.in_state("silent") == {tracker: silent_at}


def test_sigfox_and_the_keep_alive_agree_on_the_first_to_tell(fleet: PlayedFleet, tracker: str) -> None:
    fleet.report("error", tracker, severity="ERROR", info="?")
    told_at = rfc3339(fleet.clock.now_ms)

    assert fleet.in_state("silent") == {}  # of the second of its message
    fleet.clock.wait(MINUTE)
    fleet.report("error", tracker, severity="ERROR", info="?")
    told_at = rfc3339(fleet.clock.now_ms)
    fleet.wait(2 * HOUR)

    assert fleet.in_state("silent") == {tracker: told_at}
    assert fleet.show(tracker)["since"] == told_at


# Many devices


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are followed in steps of 10 devices, two of them in a run."""
    monkeypatch.setattr(silence_monitor, "_STEP", 10)
    monkeypatch.setattr(silence_monitor, "_STEPS_IN_A_RUN", 2)


@pytest.fixture
def many(fleet: PlayedFleet, small_steps: None) -> list[str]:  # noqa: ARG001 - before anything happens
    """Devices of a type without a rule, with others among them."""
    fleet.add_type()
    devices = [
        {"id": f"{number:03X}", "type": "tracker" if number % 3 else None} for number in range(256, 301)
    ]
    fleet.done("POST", "/v1/devices/import", {"devices": devices})
    with fleet.stream_delayed():
        for device in devices:
            fleet.say(str(device["id"]))
    return [str(device["id"]) for device in devices if device["type"]]


def test_devices_of_a_type_come_under_a_new_rule_step_by_step(
    fleet: PlayedFleet, many: list[str], stored: Stored
) -> None:
    fleet.change_type(keep_alive_seconds=HOUR)
    found = []
    for _ in range(3):
        fleet.next_minute()
        found.append(len(looks(stored)))

    assert found == [14, 27, 30]
    assert stored("APP#demo", "WATCH#") == []
    fleet.wait(HOUR)
    assert list(fleet.in_state("silent")) == many


def test_a_rule_that_changes_while_its_devices_are_gone_through_is_begun_anew(
    fleet: PlayedFleet, many: list[str], stored: Stored
) -> None:
    fleet.change_type(keep_alive_seconds=DAY)
    fleet.wait(MINUTE)
    fleet.change_type(keep_alive_seconds=HOUR)
    [order] = stored("APP#demo", "WATCH#")
    assert "after" not in order

    for _ in range(3):
        fleet.next_minute()
    fleet.wait(HOUR)

    assert list(fleet.in_state("silent")) == many


def test_an_order_is_gone_on_with_where_the_time_ended_or_the_store_failed(
    fleet: PlayedFleet, many: list[str], stored: Stored
) -> None:
    fleet.change_type(keep_alive_seconds=HOUR)
    fleet.next_minute(remaining_ms=10_000)
    assert looks(stored) == {}
    with failing(throttled, lambda request: "after" in str(request)), pytest.raises(StoreUnavailable):
        fleet.next_minute()

    for _ in range(4):
        fleet.next_minute()
    fleet.wait(HOUR)

    assert list(fleet.in_state("silent")) == many


def test_an_order_of_an_application_without_its_type_ends(fleet: PlayedFleet, stored: Stored) -> None:
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.done("DELETE", "/v1/device-types/tracker")

    fleet.next_minute()

    assert stored("APP#demo", "WATCH#") == []


# Repeats, failures, races


def test_changes_that_are_followed_twice_leave_the_same(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    fleet.wait(HOUR)
    fleet.say(tracker)
    silent_at = rfc3339(fleet.clock.now_ms + HOUR * 1000)

    fleet.follow(fleet.stream.seen)
    for _ in range(2):
        fleet.wait(HOUR)

    assert fleet.in_state("silent") == {tracker: silent_at}
    assert looks(stored) == {}
    assert stored("APP#demo", "WATCH#") == []


def test_a_change_that_is_not_of_a_rule_looks_at_nothing(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    before = looks(stored)
    fleet.clock.wait(MINUTE)

    fleet.change(tracker, name="Pump", tags=[{"key": "site", "value": "Lyon"}])
    fleet.change_type(name="Trackers", pad_downlinks=True)
    fleet.done("PATCH", "/v1/application", {"daily_downlinks": 3})
    fleet.say(tracker)

    assert looks(stored) == before
    assert stored("APP#demo", "WATCH#") == []


def test_one_device_that_can_not_be_looked_at_does_not_stop_the_others(
    fleet: PlayedFleet, tracker: str, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.add("A2", type="tracker")
    foreign: list[dict[str, Any]] = [
        {"pk": "DEVICE#nowhere", "sk": "CONDITION"},
        {"pk": "DEVICE#demo#A2", "sk": "CONDITION", "heard_at": "yesterday"},
    ]
    for item in foreign:
        key = Key(item.pop("pk"), item.pop("sk"))
        table.delete_all([key])
        table.put_new(key, {"due_list": "SILENCE#00", "due_at": 1, **item})
    counted()

    fleet.wait(HOUR)

    assert counted()["LeftUndone"] == 2
    assert caplog.text.count("nothing can be done") == 2
    assert list(fleet.in_state("silent")) == [tracker]


def test_a_look_that_fails_is_made_a_minute_later(fleet: PlayedFleet, tracker: str) -> None:
    fleet.add("A2", type="tracker")
    fleet.next_minute()
    fleet.clock.wait(HOUR)

    def concerns_one(request: dict[str, Any]) -> bool:
        return "DEVICE#demo#A2" in str(request)

    with failing(throttled, concerns_one), pytest.raises(StoreUnavailable):
        fleet.next_minute()
    assert list(fleet.in_state("silent")) == [tracker]

    fleet.next_minute()
    assert list(fleet.in_state("silent")) == [tracker, "A2"]


def test_a_look_does_not_move_a_look_that_something_else_asked_for(
    fleet: PlayedFleet, tracker: str, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule becomes stricter, and the device is watched anew, while it is looked at by the old rule."""
    fleet.clock.wait(HOUR)
    fleet.say(tracker)
    fleet.clock.wait(MINUTE)
    read = silence_monitor.find_last_message

    def meanwhile(application_id: str, device_id: str) -> Any:
        message = read(application_id, device_id)
        silence_monitor.stored_conditions.watch(application_id, device_id, fleet.clock.now_ms)
        return message

    monkeypatch.setattr(silence_monitor, "find_last_message", meanwhile)
    fleet.next_minute()

    assert looks(stored) == {tracker: fleet.clock.now_ms}


def test_a_device_without_its_application_is_not_looked_at_any_more(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    assert tracker
    table.delete_all([Key("APP#demo", "APP")])

    fleet.wait(HOUR)

    assert looks(stored) == {}


def test_a_device_that_is_not_listed_any_more_is_not_looked_at_any_more(
    fleet: PlayedFleet, tracker: str, stored: Stored
) -> None:
    table.delete_all([Key(f"DEVICE#demo#{tracker}", "DEVICE")])

    fleet.wait(HOUR)

    assert looks(stored) == {}


def test_an_item_that_only_its_index_knows_is_left_alone(fleet: PlayedFleet, tracker: str) -> None:
    """The index lags behind: the device was looked at a moment ago."""
    key = Key(f"DEVICE#demo#{tracker}", "CONDITION")
    later = fleet.clock.now_ms + DAY * 1000
    table.update(Update(key, "SET due_at = :later", "attribute_exists(pk)", {":later": later}))

    work = silence_monitor.look_for_silence(
        shard_of("demo", tracker), fleet.clock.now_ms + 2 * DAY * 1000, fleet.clock.now_ms + DAY * 1000
    )

    assert (work.looked_at, work.failed, dict(work.left_out)) == (1, 0, {})
