"""How many downlinks a device may have in a day (UTC): reported by default, enforced where that is wanted."""

import pytest

from sigbridge.applications import SettingsChange, change_application
from sigbridge.devices import set_parameter
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.settings import DownlinkQuota
from tests.functional.conftest import Counted, Invoke
from tests.functional.lambdas import event
from tests.functional.played_device import DAY, HEX, HOUR, MINUTE, PlayedDevice

DATA = "deadbeefcafebabe"


def allow(daily_downlinks: int, quota: DownlinkQuota = DownlinkQuota.ENFORCE) -> None:
    """Makes this the quota of the application's devices."""
    change_application("demo", SettingsChange(downlink_quota=quota, daily_downlinks=daily_downlinks))
    forget_cached_devices()


def ask_often(played: PlayedDevice, times: int) -> list[str | None]:
    """The device asks so often, a minute apart."""
    answers = []
    for _ in range(times):
        played.clock.wait(MINUTE)
        answers.append(played.ask())
    return answers


def test_more_downlinks_than_the_quota_allows_are_handed_out_and_counted(
    played: PlayedDevice, counted: Counted
) -> None:
    played.push(*[{}] * 6)

    assert ask_often(played, 4) == [HEX] * 4
    assert "DownlinksOverQuota" not in counted()

    assert ask_often(played, 2) == [HEX] * 2
    assert counted()["DownlinksOverQuota"] == 2


def test_those_over_the_quota_are_counted_alone_where_the_stream_is_behind(
    played: PlayedDevice, counted: Counted
) -> None:
    played.push(*[{}] * 6)
    with played.stream_delayed():
        ask_often(played, 6)

    assert counted()["DownlinksOverQuota"] == 2


def test_the_reported_quota_is_that_of_the_application(played: PlayedDevice, counted: Counted) -> None:
    allow(1, DownlinkQuota.REPORT)
    set_parameter("demo", played.id, "downlinkData", DATA)

    assert ask_often(played, 2) == [DATA, DATA]

    assert counted()["DownlinksOverQuota"] == 1


def test_an_overrun_that_sigfox_reports_is_told_of_the_device(played: PlayedDevice, invoke: Invoke) -> None:
    played.push()
    played.ask()

    played.acknowledge(3, downlinkOverusage="true")

    shown = invoke("device_state", event("device_state.json")).json
    assert shown["state"] == "over_quota"
    assert "quota" in shown


def test_a_device_over_an_enforced_quota_gets_nothing_and_its_downlink_waits(played: PlayedDevice) -> None:
    allow(2)
    *given, waiting = played.push({}, {}, {})

    assert ask_often(played, 3) == [HEX, HEX, None]

    assert played.queue() == [waiting]
    assert [played.state(id_) for id_ in [*given, waiting]] == ["answered", "answered", "queued"]


def test_i2_the_repeat_of_a_callback_over_the_quota_gets_nothing_too(played: PlayedDevice) -> None:
    allow(2)
    *_, waiting = played.push({}, {}, {})
    ask_often(played, 3)

    assert played.ask(played.last_uplink) is None
    allow(4)
    assert played.ask(played.last_uplink) is None
    assert played.queue() == [waiting]


def test_i2_the_repeat_of_an_answered_callback_gets_its_answer_though_the_quota_is_used_up(
    played: PlayedDevice,
) -> None:
    allow(1)
    played.push({}, {"frm_payload": "ERITFBUWFxg="})
    ask_often(played, 1)
    first = played.last_uplink
    ask_often(played, 1)

    assert played.ask(first) == HEX


def test_a_repeated_callback_counts_once(played: PlayedDevice) -> None:
    allow(2)
    played.push({}, {}, {})
    ask_often(played, 1)
    for _ in range(3):
        played.ask(played.last_uplink)

    assert ask_often(played, 2) == [HEX, None]


def test_the_quota_begins_anew_at_midnight_in_utc(played: PlayedDevice) -> None:
    allow(2)
    played.push(*[{}] * 5)
    # It is ten o'clock.
    played.clock.wait(14 * HOUR - 10 * MINUTE)
    assert ask_often(played, 3) == [HEX, HEX, None]

    played.clock.wait(7 * MINUTE)

    assert ask_often(played, 3) == [HEX, HEX, None]


def test_the_day_of_a_downlink_is_that_of_its_uplink(played: PlayedDevice) -> None:
    allow(1)
    played.push({}, {})
    played.clock.wait(14 * HOUR - 5)
    late = played.uplink()
    played.clock.wait(10)

    assert played.ask(late) == HEX
    assert played.ask() == HEX


def test_the_downlink_data_counts_too(played: PlayedDevice) -> None:
    allow(2)
    played.push()
    set_parameter("demo", played.id, "downlinkData", DATA)

    assert ask_often(played, 3) == [HEX, DATA, None]

    played.clock.wait(DAY)
    assert ask_often(played, 3) == [DATA, DATA, None]


def test_callbacks_that_got_nothing_do_not_count(played: PlayedDevice) -> None:
    allow(1)
    assert ask_often(played, 3) == [None] * 3
    played.push({}, {})

    assert ask_often(played, 2) == [HEX, None]


@pytest.mark.parametrize("code", [0, 4, 5])
def test_a_downlink_counts_whatever_sigfox_says_of_it(code: int, played: PlayedDevice) -> None:
    allow(1)
    played.push({}, {})
    ask_often(played, 1)
    played.acknowledge(code)

    assert ask_often(played, 1) == [None]


def test_i3_a_retry_counts_again_and_waits_at_the_head(played: PlayedDevice) -> None:
    allow(2)
    id_ = played.push_confirmed()
    [other] = played.push()
    for _ in range(2):
        assert ask_often(played, 1) == [HEX]
        played.acknowledge(4)

    assert ask_often(played, 1) == [None]
    assert played.queue() == [id_, other]


def test_each_device_has_a_quota_of_its_own(played: PlayedDevice) -> None:
    allow(1)
    other = played.another("1A2B45")
    for each in (played, other):
        each.push({}, {})

    assert [ask_often(each, 2) for each in (played, other)] == [[HEX, None], [HEX, None]]


def test_the_quota_holds_where_the_stream_is_behind(played: PlayedDevice) -> None:
    allow(2)
    played.push({}, {}, {})

    with played.stream_delayed():
        assert ask_often(played, 3) == [HEX, HEX, None]


def test_a_quota_of_none_gives_nothing(played: PlayedDevice) -> None:
    allow(0)
    [id_] = played.push()

    assert ask_often(played, 2) == [None, None]
    assert played.queue() == [id_]


def test_expired_downlinks_do_not_use_the_quota_up(played: PlayedDevice) -> None:
    allow(1)
    expired = [played.push_expiring(1), played.push_expiring(1)]
    [id_] = played.push()

    assert ask_often(played, 2) == [HEX, None]

    assert [played.state(each) for each in [*expired, id_]] == ["expired", "expired", "answered"]


def test_a_device_that_asks_very_often_is_held_to_its_quota(played: PlayedDevice) -> None:
    allow(2)
    played.push(*[{}] * 50)

    answers = [played.ask() for _ in range(50)]

    assert answers == [HEX] * 2 + [None] * 48
    assert len(played.queue()) == 48
