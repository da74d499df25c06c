"""What devices are answered (I1 to I7), and what becomes of each downlink."""

from typing import Any

import pytest

from sigbridge.applications import SettingsChange, change_application
from sigbridge.devices import UnknownDevice, register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.downlinks import (
    Downlink,
    DownlinkState,
    InvalidDownlink,
    QueueFull,
    Reply,
    Step,
    delete_downlink,
    downlink_history,
    downlink_history_of,
    end_what_is_due,
    push_downlinks,
    push_downlinks_once,
    queued_downlinks,
    replace_downlinks,
    reply_to_messages,
    waiting_downlinks,
)
from sigbridge.messages import Network, ReceivedMessage, store_messages
from sigbridge.model.device_state import Removal
from sigbridge.model.settings import DownlinkQuota
from sigbridge.reports import ReceivedReport, Service, store_reports
from sigbridge.settings import settings
from sigbridge.store.due import shard_of
from tests.functional.played_device import Clock
from tests.services.conftest import follow
from tests.services.fake_store import Items

DEVICE = ("demo", "153FA")


class Played:
    """A device and Sigfox Cloud, which speak to the services themselves."""

    def __init__(self, clock: Clock, items: Items) -> None:
        self.clock = clock
        self.items = items
        self._number = 0

    def message(self, **more: Any) -> ReceivedMessage:
        """The next message of the device."""
        self._number += 1
        told = {"time": self.clock.now_ms, "seq_number": self._number, **more}
        return ReceivedMessage(DEVICE[1], "153fa", Network.SIGFOX, **told)

    def deliver(self, message: ReceivedMessage) -> Reply | None:
        """Delivers a BIDIR callback; None where it asks for nothing."""
        stored = store_messages("demo", [message]).messages
        replies = reply_to_messages("demo", stored, self.clock.now_ms)
        follow(self.items)
        return replies[0] if replies else None

    def ask(self, message: ReceivedMessage | None = None, **more: Any) -> str | None:
        """What the device is told."""
        reply = self.deliver(message or self.message(**more))
        return None if reply is None else reply.answer.payload

    def acknowledge(self, code: int, **facts: object) -> None:
        """Sigfox says what became of the last answer."""
        self.clock.wait(20)
        told = {"info_code": code, **facts}
        report = ReceivedReport(Service.ACKNOWLEDGE, DEVICE[1], "153fa", self.clock.now_ms, told)
        store_reports("demo", [report])
        follow(self.items)

    def wait_for_acknowledgement(self) -> None:
        """Waits until it is given up, and the function that runs each minute says so."""
        self.clock.now_ms += settings().acknowledge_wait_ms + 1
        end_what_is_due(shard_of(*DEVICE), self.clock.now_ms, self.clock.now_ms + 1)
        follow(self.items)


@pytest.fixture
def played(application: object, clock: Clock, items: Items) -> Played:
    """The device 153FA, which is listed."""
    assert application
    register_device(*DEVICE)
    return Played(clock, items)


def downlink(number: int, **more: Any) -> Downlink:
    return Downlink(f"{number:016x}", **more)


def push(*downlinks: Downlink) -> list[str]:
    return push_downlinks(*DEVICE, downlinks)


def queue() -> list[str]:
    return [queued.payload for queued in queued_downlinks(*DEVICE)]


ONE, TWO = f"{1:016x}", f"{2:016x}"


# Handed out


def test_i1_i3_each_downlink_goes_to_one_uplink_the_first_one_first(played: Played) -> None:
    push(downlink(1), downlink(2))

    assert [played.ask(), played.ask(), played.ask()] == [ONE, TWO, None]


def test_i2_a_repeat_gets_the_first_answer_whatever_happened_since(played: Played) -> None:
    push(downlink(1), downlink(2))
    first = played.message()
    assert played.ask(first) == ONE
    replace_downlinks(*DEVICE, [downlink(3)])

    reply = played.deliver(first)

    assert reply is not None
    assert (reply.answer.payload, reply.answer.repeated) == (ONE, True)
    assert queue() == [f"{3:016x}"]


def test_i2_a_repeat_of_what_got_nothing_gets_nothing(played: Played) -> None:
    first = played.message()
    assert played.ask(first) is None
    push(downlink(1))

    assert played.ask(first) is None
    assert queue() == [ONE]


def test_i6_who_asks_for_nothing_gets_nothing(played: Played) -> None:
    push(downlink(1))

    assert played.ask(ack=False) is None
    assert queue() == [ONE]


def test_i7_who_comes_too_late_takes_nothing(played: Played, clock: Clock) -> None:
    push(downlink(1))

    reply = played.deliver(played.message(time=clock.now_ms - settings().radio_window_ms - 1))

    assert reply is not None
    assert (reply.late, reply.answer.payload) == (True, None)
    assert queue() == [ONE]


def test_what_has_expired_is_not_handed_out(played: Played, clock: Clock) -> None:
    expired, _ = push(downlink(1, expires_at=clock.now_ms + 1_000), downlink(2))
    clock.wait(2)

    assert queue() == [TWO]
    assert played.ask() == TWO
    assert downlink_history_of(*DEVICE, expired).state is DownlinkState.EXPIRED


def test_a_spent_quota_keeps_what_is_queued(played: Played, clock: Clock) -> None:
    change_application("demo", SettingsChange(daily_downlinks=1, downlink_quota=DownlinkQuota.ENFORCE))
    forget_cached_devices()
    push(downlink(1), downlink(2))

    assert [played.ask(), played.ask()] == [ONE, None]
    assert queue() == [TWO]
    clock.wait(86_400)
    assert played.ask() == TWO


# The queue


def test_i4_a_full_queue_takes_all_or_none(played: Played) -> None:
    assert played
    capacity = settings().queue_capacity
    push(*[downlink(number) for number in range(capacity - 1)])

    with pytest.raises(QueueFull):
        push(downlink(1), downlink(2))
    assert len(queue()) == capacity - 1
    push(downlink(1))
    with pytest.raises(QueueFull):
        replace_downlinks(*DEVICE, [downlink(1)] * (capacity + 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"payload": "00ff"},
        {"payload": "00" * 9},
        {"payload": ""},
        {"payload": "no hex at all!!!"},
        {"payload": ONE.upper().replace("0", "A")},
        {"payload": ONE, "f_port": 256},
        {"payload": ONE, "max_attempts": 33},
    ],
    ids=str,
)
def test_i5_what_no_device_can_be_sent_is_refused_below_http(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidDownlink):
        Downlink(**wrong)


def test_a_push_under_a_key_happens_once(played: Played, clock: Clock) -> None:
    assert played
    first = push_downlinks_once(*DEVICE, [downlink(1)], "order 7")

    assert push_downlinks_once(*DEVICE, [downlink(1)], "order 7") == first
    assert queue() == [ONE]
    clock.wait(86_401)
    assert push_downlinks_once(*DEVICE, [downlink(1)], "order 7") != first


@pytest.mark.usefixtures("application")
def test_a_device_that_is_not_listed_has_no_queue() -> None:
    with pytest.raises(UnknownDevice):
        push(downlink(1))
    with pytest.raises(UnknownDevice):
        replace_downlinks(*DEVICE, [])
    with pytest.raises(UnknownDevice):
        queue()


def test_what_is_taken_out_is_removed(played: Played) -> None:
    deleted, replaced = push(downlink(1), downlink(2))
    delete_downlink(*DEVICE, deleted)
    follow(played.items)
    replace_downlinks(*DEVICE, [downlink(3)])
    follow(played.items)

    [_, second, first] = downlink_history(*DEVICE, 9, None).lives
    assert [(life.downlink.id, life.state) for life in (first, second)] == [
        (deleted, DownlinkState.REMOVED),
        (replaced, DownlinkState.REMOVED),
    ]
    assert first.steps[-1].details == {"cause": Removal.DELETED.value}


# What became of them


def handed_out(played: Played, **more: Any) -> str:
    """A confirmed downlink that the device was just answered with."""
    [id_] = push(downlink(1, confirmed=True, **more))
    follow(played.items)
    assert played.ask() == ONE
    return id_


def test_what_is_acknowledged_was_sent(played: Played) -> None:
    id_ = handed_out(played)
    [flight] = waiting_downlinks(*DEVICE).in_flight
    assert flight.downlink.id == id_

    played.acknowledge(0)

    life = downlink_history_of(*DEVICE, id_)
    assert (life.state, [step.step for step in life.steps]) == (
        DownlinkState.SENT,
        [Step.QUEUED, Step.ANSWERED, Step.SENT],
    )
    assert (waiting_downlinks(*DEVICE).in_flight, queue()) == ((), [])


def test_i3_a_confirmed_downlink_that_failed_comes_back_to_the_head(played: Played) -> None:
    id_ = handed_out(played)
    push(downlink(2))

    played.acknowledge(4)

    assert queue() == [ONE, TWO]
    assert downlink_history_of(*DEVICE, id_).state is DownlinkState.QUEUED
    assert [played.ask(), played.ask()] == [ONE, TWO]


def test_one_that_nobody_acknowledges_comes_back_too(played: Played) -> None:
    handed_out(played)

    played.wait_for_acknowledgement()

    assert queue() == [ONE]


def test_what_is_not_confirmed_does_not_come_back(played: Played) -> None:
    [id_] = push(downlink(1))
    follow(played.items)
    assert played.ask() == ONE

    played.acknowledge(4)

    assert (queue(), downlink_history_of(*DEVICE, id_).state) == ([], DownlinkState.FAILED)


def test_attempts_come_to_an_end(played: Played) -> None:
    id_ = handed_out(played, max_attempts=2)
    played.wait_for_acknowledgement()
    assert played.ask() == ONE
    played.wait_for_acknowledgement()

    life = downlink_history_of(*DEVICE, id_)
    assert (queue(), life.state, life.downlink.attempt) == ([], DownlinkState.FAILED, 2)


def test_nothing_comes_back_after_a_replacement(played: Played) -> None:
    id_ = handed_out(played)
    replace_downlinks(*DEVICE, [downlink(2)])

    played.acknowledge(4)

    assert (queue(), downlink_history_of(*DEVICE, id_).state) == ([TWO], DownlinkState.SUPERSEDED)


def test_a_late_acknowledgement_takes_the_next_attempt_back(played: Played, clock: Clock) -> None:
    id_ = handed_out(played)
    answered_at = clock.now_ms
    played.wait_for_acknowledgement()
    assert queue() == [ONE]

    told = {"info_code": 0}
    store_reports("demo", [ReceivedReport(Service.ACKNOWLEDGE, "153FA", "153fa", answered_at + 20_000, told)])
    follow(played.items)

    assert (queue(), downlink_history_of(*DEVICE, id_).state) == ([], DownlinkState.SENT)


def test_a_change_that_is_handled_twice_changes_nothing(played: Played) -> None:
    handed_out(played)
    played.clock.wait(20)
    failed = ReceivedReport(Service.ACKNOWLEDGE, "153FA", "153fa", played.clock.now_ms, {"info_code": 4})
    store_reports("demo", [failed])
    played.items.changes *= 2
    follow(played.items)

    assert queue() == [ONE]
