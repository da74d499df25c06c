"""What each occasion of steady traffic reads and writes is what the model of capacity reckons with."""

from collections import Counter
from typing import Any

import pytest
from benchmarks.capacity.access_patterns import ACCESS_PATTERNS

from sigbridge.devices.device_cache import forget_device
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.played_device import GIVEN_UP_AFTER, HOUR, PlayedDevice
from tests.functional.played_fleet import PlayedFleet
from tests.functional.store_accesses import accesses as accesses_of
from tests.functional.store_accesses import store_accesses

_BY_NAME = {pattern.name: pattern.accesses for pattern in ACCESS_PATTERNS}


def reckoned(*names: str) -> Counter[str]:
    """The accesses of these patterns."""
    return Counter(access.form for name in names for access in _BY_NAME[name])


def made(accesses: Counter[str]) -> Counter[str]:
    """The accesses that were counted, without the keys of indexes that they wrote."""
    return Counter({form: count for form, count in accesses.items() if not form.startswith("due ")})


def without_due(accesses: Counter[str]) -> Counter[str]:
    """Accesses without the queries of what is due: one finds many items."""
    return Counter({form: count for form, count in accesses.items() if not form.startswith("Query due ")})


def test_an_uplink(invoke: Invoke) -> None:
    invoke("uplink", event("uplink.json", body={"device": "153FA", "data": "00", "seqNumber": 1}))
    forget_device("demo", "153FA")

    with store_accesses() as accesses:
        invoke("uplink", event("uplink.json", body={"device": "153FA", "data": "00", "seqNumber": 2}))

    assert made(accesses) == reckoned("store a message", "look up a device")


def test_a_push_and_what_follows_from_it(played: PlayedDevice) -> None:
    played.push()
    forget_device("demo", played.id)

    with store_accesses() as accesses:
        played.push()

    assert made(accesses) == reckoned("push a downlink", "record that a downlink was queued")


def test_an_answer_and_what_follows_from_it(played: PlayedDevice) -> None:
    played.push()
    forget_device("demo", played.id)

    with store_accesses() as accesses, played.stream_delayed():
        played.ask()
        # The stream is followed by an instance of another function.
        forget_device("demo", played.id)

    assert made(accesses) == reckoned(
        "look up a device",
        "store a message",
        "claim a downlink",
        "look up a device",
        "record that a downlink was answered, and count the day's",
    )


def test_an_acknowledgement_and_what_follows_from_it(played: PlayedDevice) -> None:
    played.push()
    played.ask()
    forget_device("demo", played.id)

    with store_accesses() as accesses:
        played.acknowledge(0)

    assert made(accesses) == reckoned(
        "look up a device", "store an acknowledgement", "record what became of a downlink"
    )


def test_an_acknowledgement_that_does_not_come(played: PlayedDevice) -> None:
    played.push()
    played.ask()
    played.clock.wait(GIVEN_UP_AFTER)

    with store_accesses() as accesses:
        played.deadline()

    assert without_due(made(accesses)) == without_due(reckoned("end the wait for an acknowledgement"))


def test_a_report_and_what_follows_from_it(played: PlayedDevice, invoke: Invoke) -> None:
    played.ask()
    forget_device("demo", played.id)

    with store_accesses() as accesses:
        invoke("sigfox_service", event("sigfox_status.json", body={"device": played.id, "batt": "3.1"}))
        played.happened()

    assert made(accesses) == reckoned(
        "look up a device", "store a report", "note what a report tells of a device"
    )


def test_a_look_at_a_watched_device(fleet: PlayedFleet) -> None:
    fleet.add_type(keep_alive_seconds=HOUR)
    fleet.add("A1", type="tracker")
    fleet.say("A1")
    fleet.next_minute()
    fleet.clock.wait(HOUR // 2)
    fleet.say("A1")
    fleet.clock.wait(HOUR // 2)

    with store_accesses() as accesses:
        fleet.next_minute()

    assert without_due(made(accesses)) == without_due(reckoned("look at a watched device", "ask what is due"))


def keys(pk: str, sk: str) -> dict[str, Any]:
    """Keys as DynamoDB has them."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


@pytest.mark.parametrize(
    ("operation", "arguments", "forms"),
    [
        ("GetItem", {"Key": keys("KEY#a1", "KEY")}, ["GetItem KEY#* KEY"]),
        (
            "BatchGetItem",
            {"RequestItems": {"t": {"Keys": [keys("APP#a", "APP"), keys("APP#a", "DEVICE#1")]}}},
            ["BatchGetItem APP#* APP", "BatchGetItem APP#* DEVICE#*"],
        ),
        (
            "UpdateItem",
            {
                "Key": keys("DEVICE#a#1", "DOWNLINK#2#01"),
                "UpdateExpression": "SET uplink = :u, due_list = :l, due_at = :a",
                "ExpressionAttributeValues": {":l": {"S": "DOWNLINKS#7"}},
            },
            ["UpdateItem DEVICE#* DOWNLINK#* +due +answered", "due DOWNLINKS#*"],
        ),
        (
            "UpdateItem",
            {"Key": keys("DEVICE#a#1", "STATE"), "UpdateExpression": "SET answers_1.#uplink = :uplink"},
            ["UpdateItem DEVICE#* STATE"],
        ),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"Item": keys("APP#a", "ERASURE#1#2") | {"due_list": {"S": "E"}}}}]},
            ["TransactWriteItems Put APP#* ERASURE#* +due", "due E"],
        ),
        (
            "Query",
            {"IndexName": "due", "ExpressionAttributeValues": {":pk": {"S": "SILENCE"}}},
            ["Query due SILENCE"],
        ),
        ("Scan", {}, ["Scan"]),
        ("DescribeTable", {}, []),
    ],
)
def test_a_request_is_told_by_the_forms_of_its_keys(
    operation: str, arguments: dict[str, Any], forms: list[str]
) -> None:
    assert list(accesses_of(operation, arguments)) == forms


def test_requests_of_a_test_itself_are_not_counted(stored: Stored) -> None:
    with store_accesses() as accesses:
        stored()

    assert not accesses
