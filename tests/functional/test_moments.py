"""Moments that senders tell: what is not believed, and what counts instead."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.applications import SettingsChange, change_application
from sigbridge.clock import rfc3339
from sigbridge.devices import register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.downlinks import push_downlinks, queued_downlinks, reply_to_messages
from sigbridge.messages import store_messages
from sigbridge.model.downlink import Downlink
from sigbridge.model.message import MessagePart, Network, ReceivedMessage
from sigbridge.model.report import ReceivedReport
from sigbridge.model.service import Service
from sigbridge.model.settings import DownlinkQuota
from sigbridge.reports import store_reports
from sigbridge.status import status_of
from sigbridge.store.table import query_prefix
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.management import Management
from tests.functional.played_device import DAY, HEX, HOUR, MINUTE, Clock, PlayedDevice
from tests.functional.store_requests import store_requests

DEVICE = "153FA"
END_OF_THE_CLOCK = 4_294_967_295
MS_OF_A_DAY = DAY * 1000

type Body = Mapping[str, Any]


def message(time: int | None, seq_number: int | None = 1, **content: Any) -> ReceivedMessage:
    """A message of Sigfox."""
    return ReceivedMessage(DEVICE, DEVICE, Network.SIGFOX, time=time, seq_number=seq_number, **content)


def shown(management: Management) -> list[dict[str, Any]]:
    """The messages of the device, the newest first."""
    found: list[dict[str, Any]] = management.get(f"/v1/devices/{DEVICE}/messages").json["messages"]
    return found


def allow(daily_downlinks: int) -> None:
    """Let the quota be enforced."""
    change_application(
        "demo", SettingsChange(daily_downlinks=daily_downlinks, downlink_quota=DownlinkQuota.ENFORCE)
    )
    forget_cached_devices()


def test_a_time_far_ahead_is_not_believed_and_shown_as_it_was_sent(
    clock: Clock, invoke: Invoke, management: Management
) -> None:
    body = {"device": DEVICE, "time": END_OF_THE_CLOCK, "data": "0a", "seqNumber": 1}
    assert invoke("uplink", event("uplink.json", body=body)).status == 200

    [told] = shown(management)

    assert told["time"] == told["received_at"] == rfc3339(clock.now_ms)
    assert told["sent_time"] == "2106-02-07T06:28:15.000Z"
    assert [warning["field"] for warning in told["warnings"]] == ["time"]


@pytest.mark.parametrize(("ahead", "believed"), [(-30 * DAY, True), (0, True), (DAY, True), (DAY + 1, False)])
def test_a_time_is_believed_up_to_a_day_ahead(
    ahead: int, believed: bool, key: str, clock: Clock, management: Management
) -> None:
    assert key
    sent = clock.now_ms + ahead * 1000

    [stored] = store_messages("demo", [message(sent)]).messages

    assert (not stored.message.warnings) is believed
    [told] = shown(management)
    assert told["time"] == rfc3339(sent if believed else clock.now_ms)
    assert ("sent_time" not in told) is believed


def test_what_is_warned_of_names_the_item_of_the_request(key: str, clock: Clock) -> None:
    assert key
    far = clock.now_ms + 2 * MS_OF_A_DAY

    receipt = store_messages("demo", [message(clock.now_ms), message(far)])

    assert [[fault.index for fault in each.message.warnings] for each in receipt.messages] == [[], [1]]


def test_messages_of_one_moment_that_are_not_believed_stay_several(
    key: str, clock: Clock, management: Management
) -> None:
    assert key
    far = clock.now_ms + 2 * MS_OF_A_DAY

    store_messages("demo", [message(far), message(far + 1), message(far, 2)])

    assert len(shown(management)) == 3


def test_both_parts_of_a_message_meet_although_its_time_is_not_believed(
    key: str, clock: Clock, management: Management
) -> None:
    assert key
    for time, unread in ((clock.now_ms + 9 * MS_OF_A_DAY, None), (None, "noon")):
        told = {"time": time, "unread_time": unread}
        store_messages("demo", [message(**told, radio={"rssi": -120})])
        clock.wait(25)
        store_messages("demo", [message(**told, part=MessagePart.ADVANCED, radio={"lqi": "GOOD"})])

    assert [(told["radio"], told["advanced"]) for told in shown(management)] == [
        ({"rssi": -120}, {"lqi": "GOOD"})
    ] * 2


def test_the_same_unreadable_time_is_another_message_the_day_after(
    key: str, clock: Clock, management: Management
) -> None:
    assert key
    for wait in (0, 7 * MINUTE, DAY):
        clock.wait(wait)
        store_messages("demo", [message(None, None, unread_time="never")])

    assert len(shown(management)) == 2


@pytest.mark.parametrize("ahead", [-30 * DAY, 0, 30 * MINUTE])
def test_a_believed_message_is_one_request(ahead: int, key: str, clock: Clock) -> None:
    assert key
    register_device("demo", DEVICE)
    store_messages("demo", [message(clock.now_ms, 0)])

    with store_requests() as requests:
        store_messages("demo", [message(clock.now_ms + ahead * 1000)])

    assert requests == Counter({"PutItem": 1})


SENT = st.one_of(
    st.fixed_dictionaries({"time": st.integers(0, 10**13 - 1)}),
    st.fixed_dictionaries({"ahead": st.integers(-2 * MS_OF_A_DAY, 2 * MS_OF_A_DAY)}),
    st.fixed_dictionaries({"unread_time": st.text(max_size=40)}),
)
# Sigfox repeats a callback for 7 minutes.
WAITS = st.lists(st.integers(0, 2 * MINUTE), min_size=1, max_size=3)


@given(sent=SENT, waits=WAITS, seq_number=st.none() | st.integers(0, 4095))
def test_i1_i2_i8_any_sent_time_makes_one_message_and_one_answer(
    sent: Mapping[str, Any], waits: list[int], seq_number: int | None, key: str, clock: Clock
) -> None:
    """Deliveries as Sigfox repeats them, however nonsensical their time is."""
    assert key
    device_id = secrets.token_hex(4).upper()
    register_device("demo", device_id)
    push_downlinks("demo", device_id, [Downlink(payload=HEX) for _ in range(2)])
    time = clock.now_ms + sent["ahead"] if "ahead" in sent else sent.get("time")
    delivery = replace(message(time, seq_number, unread_time=sent.get("unread_time")), device_id=device_id)

    answers = set()
    for wait in (0, *waits):
        clock.wait(wait)
        [stored] = store_messages("demo", [delivery]).messages
        [reply] = reply_to_messages("demo", [stored], clock.now_ms)
        answers.add((stored.key, reply.answer.payload))

    assert len(answers) == 1
    handed_out = sum(payload is not None for _, payload in answers)
    assert len(queued_downlinks("demo", device_id)) == 2 - handed_out
    assert stored.repeated
    assert len(list(query_prefix(f"DEVICE#demo#{device_id}", "MSG#"))) == 1


@pytest.mark.parametrize("ahead", [10 * MINUTE, 2 * HOUR, 40_000 * DAY])
def test_i7_a_repeat_of_a_callback_from_the_future_is_late_when_its_first_delivery_was_long_ago(
    ahead: int, played: PlayedDevice
) -> None:
    callback = {**played.uplink(), "time": played.clock.seconds + ahead}
    assert played.ask(callback) is None
    played.push()
    played.clock.wait(MINUTE)

    assert played.ask({**callback, "data": "ff"}) is None
    assert len(played.queue()) == 1


def test_a_device_whose_clock_is_at_its_end_has_a_quota_of_today(played: PlayedDevice) -> None:
    allow(1)
    played.push({}, {})

    answers = []
    for number in range(2):
        played.clock.wait(MINUTE)
        answers.append(played.ask({**played.uplink(), "time": END_OF_THE_CLOCK + number}))

    assert answers == [HEX, None]


@pytest.mark.parametrize("ahead", [0, 13 * HOUR, 15 * HOUR, DAY - 1])
def test_a_message_from_tomorrow_spends_the_quota_of_today(ahead: int, played: PlayedDevice) -> None:
    """It is ten o'clock."""
    allow(1)
    played.push(*[{}] * 4)

    answers = [played.ask({**played.uplink(), "time": played.clock.seconds + ahead})]
    played.clock.wait(HOUR)
    answers.append(played.ask())
    played.clock.wait(DAY)
    answers += [played.ask(), played.ask()]

    assert answers == [HEX, None, HEX, None]


def test_a_message_from_tomorrow_is_over_the_quota_of_today(played: PlayedDevice, invoke: Invoke) -> None:
    change_application("demo", SettingsChange(daily_downlinks=1))
    forget_cached_devices()
    played.push({}, {})

    for _ in range(2):
        played.clock.wait(MINUTE)
        played.ask({**played.uplink(), "time": played.clock.seconds + 20 * HOUR})

    state = invoke("device_state", event("device_state.json", path={"device_id": DEVICE.lower()})).json
    assert state["over_quota"]
    assert state["quota"]["used"] == 2


def last_message(clock: Clock) -> int | None:
    """The sequence number of the last message."""
    last = status_of("demo", DEVICE, clock.now_ms).last_message
    return None if last is None else last.seq_number


@pytest.mark.parametrize("ahead", [0, 1, 2 * HOUR, DAY - MINUTE, DAY + 1, 40_000 * DAY])
def test_the_last_message_is_the_one_that_came_last_if_the_others_say_to_be_from_the_future(
    ahead: int, key: str, clock: Clock
) -> None:
    assert key
    for number in range(3):
        store_messages("demo", [message(clock.now_ms + (ahead - number * HOUR) * 1000, number)])
        clock.wait(MINUTE)
    store_messages("demo", [message(clock.now_ms, 9)])

    assert last_message(clock) == 9


def test_a_message_recovered_days_later_is_not_the_last_one(key: str, clock: Clock) -> None:
    assert key
    store_messages("demo", [message(clock.now_ms, 2)])
    clock.wait(MINUTE)
    store_messages("demo", [message(clock.now_ms - 3 * MS_OF_A_DAY, 1)])

    assert last_message(clock) == 2


@pytest.mark.parametrize("ahead", [2 * HOUR, DAY - MINUTE, 40_000 * DAY])
def test_a_report_from_the_future_does_not_hide_what_comes_after(
    ahead: int, played: PlayedDevice, invoke: Invoke
) -> None:
    for event_type, moment in (("ON_CONTRACT", ahead), ("OFF_CONTRACT", MINUTE)):
        facts = {"event_type": event_type}
        report = ReceivedReport(
            Service.EVENT, DEVICE, DEVICE, time=played.clock.now_ms + moment * 1000, facts=facts
        )
        store_reports("demo", [report])
        played.happened()
        played.clock.wait(2 * MINUTE)

    state = invoke("device_state", event("device_state.json", path={"device_id": DEVICE.lower()})).json
    assert state["state"] == "off_contract"


def test_an_acknowledgement_from_the_future_is_about_what_waits_for_one(played: PlayedDevice) -> None:
    [downlink_id] = played.push()
    played.ask()
    played.clock.wait(35)
    report = ReceivedReport(
        *(Service.ACKNOWLEDGE, DEVICE, DEVICE),
        time=END_OF_THE_CLOCK * 1000,
        facts={"info_code": 0, "downlink_ack": True},
    )

    store_reports("demo", [report])
    played.happened()

    assert played.state(downlink_id) == "sent"


def test_the_mark_of_a_message_goes_with_its_device(
    key: str, clock: Clock, management: Management, stored: Stored
) -> None:
    assert key
    store_messages("demo", [message(clock.now_ms + 2 * MS_OF_A_DAY)])
    assert len(stored(f"DEVICE#demo#{DEVICE}", "SENT#")) == 1

    assert management.delete(f"/v1/devices/{DEVICE}").status == 202

    assert stored(f"DEVICE#demo#{DEVICE}") == []
