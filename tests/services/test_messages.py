"""What becomes of messages, whoever brings them: each is stored once (I8)."""

from dataclasses import replace

import pytest

from sigbridge.applications import SettingsChange, change_application
from sigbridge.devices import InactiveDevice, UnknownDevice, change_device, register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.errors import InvalidInput
from sigbridge.messages import (
    ConflictingPayload,
    MessagePart,
    MessageReceipt,
    Network,
    ReceivedMessage,
    StoredMessage,
    Variable,
    WrittenPayload,
    store_messages,
)
from sigbridge.model.settings import UnknownDevices
from tests.functional.played_device import Clock
from tests.services.fake_store import Items

pytestmark = pytest.mark.usefixtures("application")


@pytest.fixture
def message(clock: Clock) -> ReceivedMessage:
    """What an uplink callback says."""
    return ReceivedMessage(
        "153FA",
        "153fa",
        Network.SIGFOX,
        time=clock.now_ms - 1_000,
        seq_number=7,
        payload=WrittenPayload("00ff"),
        radio={"rssi": -120},
    )


def store(*received: ReceivedMessage) -> list[MessageReceipt]:
    return list(store_messages("demo", received).messages)


def only(items: Items) -> StoredMessage:
    """The one message that there is."""
    [message] = items.messages.values()
    return message


def test_a_message_is_stored_once_however_often_it_comes(items: Items, message: ReceivedMessage) -> None:
    first, again = store_messages("demo", [message]), store_messages("demo", [message])

    assert (first.accepted, first.duplicates) == (1, 0)
    assert (again.accepted, again.duplicates) == (0, 1)
    assert again.group == first.group == only(items).group
    assert (only(items).payload, only(items).radio) == ("00ff", {"rssi": -120})


def test_a_repeat_within_one_request_is_one_too(items: Items, message: ReceivedMessage) -> None:
    assert sorted(stored.repeated for stored in store(message, message)) == [False, True]
    assert only(items).amendments == 0


def test_both_parts_of_a_message_are_one(items: Items, message: ReceivedMessage, clock: Clock) -> None:
    [first] = store(message)
    clock.wait(25)
    added = replace(message, part=MessagePart.ADVANCED, payload=None, radio={"lqi": "GOOD"})
    [second] = store(added)

    assert (first.repeated, second.repeated) == (False, False)
    whole = only(items)
    assert (whole.radio, whole.advanced, whole.payload) == ({"rssi": -120}, {"lqi": "GOOD"}, "00ff")
    assert whole.advanced_at == clock.now_ms


def test_what_a_repeat_says_more_is_filled_in(items: Items, message: ReceivedMessage, clock: Clock) -> None:
    store(replace(message, payload=None))
    store(replace(message, variables=(Variable("t", 20),)))

    assert (only(items).payload, only(items).variables) == ("00ff", (Variable("t", 20),))
    assert (only(items).amendments, only(items).amended_at) == (1, clock.now_ms)


def test_what_a_repeat_says_otherwise_is_kept_beside_the_first(
    items: Items, message: ReceivedMessage, clock: Clock
) -> None:
    store(message)
    [conflicting] = store(replace(message, payload=WrittenPayload("11")))
    store(replace(message, payload=WrittenPayload("11")))

    assert only(items).payload == "00ff"
    assert only(items).conflicts == (ConflictingPayload("11", clock.now_ms),)
    assert "differs from 00ff" in conflicting.message.warnings[0].message


def test_a_time_that_is_not_believed_is_kept_beside_that_of_reception(
    items: Items, message: ReceivedMessage, clock: Clock
) -> None:
    far = replace(message, time=clock.now_ms + 2 * 86_400_000)
    came_at = clock.now_ms
    store(far)
    clock.wait(60)
    [again] = store(far)

    assert again.repeated
    assert (only(items).time, only(items).sent_time) == (came_at, far.time)


def test_a_payload_that_can_not_be_read_stores_nothing(items: Items, message: ReceivedMessage) -> None:
    with pytest.raises(InvalidInput):
        store(message, replace(message, seq_number=8, payload=WrittenPayload("no hex")))

    assert (items.messages, items.devices) == ({}, {})


def test_a_message_registers_its_device(items: Items, message: ReceivedMessage) -> None:
    store(replace(message, radio={"device_type_id": "5e74c318"}))

    assert items.devices["demo", "153FA"].type == "5e74c318"


def test_devices_that_are_not_wanted_are_refused(items: Items, message: ReceivedMessage) -> None:
    change_application("demo", SettingsChange(unknown_devices=UnknownDevices.REJECT))
    with pytest.raises(UnknownDevice):
        store(message)
    assert items.messages == {}

    register_device("demo", "153FA")

    assert not store(message)[0].repeated


def test_of_an_inactive_device_nothing_is_taken(items: Items, message: ReceivedMessage) -> None:
    store(message)
    change_device("demo", "153FA", {"active": False})
    forget_cached_devices()

    other = replace(message, device_id="A1", device_as_received="A1")
    receipt = store_messages("demo", [replace(message, seq_number=8), other])

    assert (receipt.inactive, receipt.accepted) == (frozenset({"153FA"}), 1)
    with pytest.raises(InactiveDevice):
        store(replace(message, seq_number=8))
    assert len(items.messages) == 2
