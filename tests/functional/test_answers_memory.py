"""How long answers are remembered, and that remembering them does not make a device's state grow."""

import json

import pytest

from sigbridge.devices import register_device
from sigbridge.downlinks import answer_uplink, push_downlinks, queued_downlinks
from sigbridge.downlinks.answering import answer_uplink_within
from sigbridge.model.claim import ClaimRequest
from sigbridge.model.downlink import Downlink
from tests.functional.conftest import Stored

MINUTE = 60_000
START = 1_795_300_200_000


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("minutes", [1, 10, 30, 40, 60, 80, 1440])
def test_a_devices_state_stays_small_whatever_the_rhythm_in_which_it_asks(
    minutes: int, stored: Stored
) -> None:
    register_device("demo", "153FA")

    # The fastest of them crosses eight periods; what is remembered grows in the first four.
    for number in range(80):
        moment = START + number * minutes * MINUTE
        answer_uplink(ClaimRequest("demo", "153FA", f"{moment:013d}#{number}", moment))

    [state] = stored("DEVICE#demo#153FA", "STATE")
    assert len(json.dumps(state, default=str)) < 4_000


@pytest.mark.usefixtures("application")
def test_i2_as_often_as_a_device_can_ask_it_is_answered_and_remembered() -> None:
    register_device("demo", "153FA")
    push_downlinks("demo", "153FA", [Downlink(payload=f"{number:016x}") for number in range(100)])
    # Every 20 s, and Sigfox repeats a callback within 8 minutes.
    moments = [START + number * 20_000 for number in range(100)]
    uplinks = [f"{moment:013d}#{number}" for number, moment in enumerate(moments)]

    for number, (moment, uplink) in enumerate(zip(moments, uplinks, strict=True)):
        first = answer_uplink(ClaimRequest("demo", "153FA", uplink, moment))
        assert (first.payload, first.repeated) == (f"{number:016x}", False)
        oldest = max(number - 24, 0)
        again = answer_uplink(ClaimRequest("demo", "153FA", uplinks[oldest], moment))
        assert (again.payload, again.repeated) == (f"{oldest:016x}", True)


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("quota", [None, 1000])
def test_i1_who_asks_more_than_a_device_can_gets_each_downlink_once_and_is_forgotten(
    quota: int | None, stored: Stored
) -> None:
    register_device("demo", "153FA")
    push_downlinks("demo", "153FA", [Downlink(payload=f"{number:016x}") for number in range(100)])

    def ask(number: int) -> str | None:
        asking = ClaimRequest("demo", "153FA", f"{START + number:013d}#{number}", START + 1000)
        return (answer_uplink(asking) if quota is None else answer_uplink_within(quota, asking)).payload

    answers = [ask(number) for number in range(90)]
    repeats = [ask(number) for number in range(90)]

    assert answers == [f"{number:016x}" for number in range(90)]
    assert repeats[-24:] == answers[-24:]
    assert set(repeats[:-32]) == {None}
    assert len(queued_downlinks("demo", "153FA")) == 10
    [state] = stored("DEVICE#demo#153FA", "STATE")
    assert len(state["answers_0"] | state["answers_1"] | state["answers_2"] | state["answers_3"]) <= 32


@pytest.mark.usefixtures("application")
def test_callers_without_end_leave_a_state_of_a_few_kilobytes(stored: Stored) -> None:
    register_device("demo", "153FA")
    push_downlinks("demo", "153FA", [Downlink(payload="01" * 8)])

    for number in range(150):
        moment = START + number * 12_000
        uplink = f"{moment:013d}#{'9' * 15}"
        answer_uplink(ClaimRequest("demo", "153FA", uplink, moment, downlink_data="02" * 8))

    [state] = stored("DEVICE#demo#153FA", "STATE")
    assert len(json.dumps(state, default=str)) < 6_000


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("minutes", [1, 10, 20, 30, 40])
def test_callers_who_tell_moments_to_come_hold_no_later_uplink_back(minutes: int) -> None:
    register_device("demo", "153FA")
    for number in range(64):
        answer_uplink(ClaimRequest("demo", "153FA", f"{START * 5 + number:013d}#{number}", START))
    push_downlinks("demo", "153FA", [Downlink(payload="01" * 8)])
    later = START + minutes * MINUTE

    assert answer_uplink(ClaimRequest("demo", "153FA", f"{later:013d}#1", later)).payload == "01" * 8


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("skew", [-1, -500, 0, 500])
def test_i2_clocks_that_differ_at_the_end_of_a_period_do_not_change_an_answer(skew: int) -> None:
    register_device("demo", "153FA")
    downlinks = [Downlink(payload="01" * 8), Downlink(payload="02" * 8)]
    push_downlinks("demo", "153FA", downlinks)
    period_begins = START - START % (10 * MINUTE) + 10 * MINUTE

    first = answer_uplink(ClaimRequest("demo", "153FA", "u#1", period_begins))
    again = answer_uplink(ClaimRequest("demo", "153FA", "u#1", period_begins + skew))

    assert (first.payload, again.payload) == ("01" * 8, "01" * 8)
    assert queued_downlinks("demo", "153FA") == downlinks[1:]
