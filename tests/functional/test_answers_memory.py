"""How long answers are remembered, and that remembering them does not make a device's state grow."""

import json

import pytest

from sigbridge.devices import register_device
from sigbridge.downlinks import Downlink, answer_uplink, push_downlinks, queued_downlinks
from sigbridge.store.device_states import Asking
from tests.functional.conftest import Stored

MINUTE = 60_000
START = 1_795_300_200_000


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("minutes", [1, 10, 30, 40, 60, 80, 1440])
def test_a_devices_state_stays_small_whatever_the_rhythm_in_which_it_asks(
    minutes: int, stored: Stored
) -> None:
    register_device("demo", "153FA")

    for number in range(200):
        moment = START + number * minutes * MINUTE
        answer_uplink(Asking("demo", "153FA", f"{moment:013d}#{number}", moment))

    [state] = stored("DEVICE#demo#153FA", "STATE")
    assert len(json.dumps(state, default=str)) < 4_000


@pytest.mark.usefixtures("application")
def test_a_device_that_asks_more_than_it_can_is_still_answered_and_remembered() -> None:
    register_device("demo", "153FA")
    push_downlinks("demo", "153FA", [Downlink(payload=f"{number:016x}") for number in range(100)])
    uplinks = [f"{START + number:013d}#{number}" for number in range(100)]

    answers = [answer_uplink(Asking("demo", "153FA", uplink, START + 1000)).payload for uplink in uplinks]

    assert answers == [f"{number:016x}" for number in range(100)]
    assert [
        answer_uplink(Asking("demo", "153FA", uplink, START + 2000)).payload for uplink in uplinks
    ] == answers


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("skew", [-1, -500, 0, 500])
def test_i2_clocks_that_differ_at_the_end_of_a_period_do_not_change_an_answer(skew: int) -> None:
    register_device("demo", "153FA")
    downlinks = [Downlink(payload="01" * 8), Downlink(payload="02" * 8)]
    push_downlinks("demo", "153FA", downlinks)
    period_begins = START - START % (10 * MINUTE) + 10 * MINUTE

    first = answer_uplink(Asking("demo", "153FA", "u#1", period_begins))
    again = answer_uplink(Asking("demo", "153FA", "u#1", period_begins + skew))

    assert (first.payload, again.payload) == ("01" * 8, "01" * 8)
    assert queued_downlinks("demo", "153FA") == downlinks[1:]
