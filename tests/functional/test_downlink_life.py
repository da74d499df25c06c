"""The life of a downlink, from the queue to the radio: acknowledged or not, tried again, expired."""

from typing import Any

import pytest

from sigbridge.devices import set_parameter
from sigbridge.store import attempts
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.played_device import (
    ACKNOWLEDGED_AFTER,
    DAY,
    GIVEN_UP_AFTER,
    HEX,
    HOUR,
    MINUTE,
    PlayedDevice,
)

FAILURES = {
    1: "no_answer",
    2: "invalid_payload",
    3: "quota_exceeded",
    4: "network_error",
    6: "no_downlink_contract",
    7: "too_many_requests",
    8: "invalid_configuration",
}
UNDECIDED = [5, 10, 99]
OTHER = {"frm_payload": "ERITFBUWFxg="}
OTHER_HEX = "1112131415161718"
OUTCOME_UNKNOWN = "handed to Sigfox, outcome unknown"

each_failure = pytest.mark.parametrize("code", FAILURES)
each_undecided_code = pytest.mark.parametrize("code", UNDECIDED)


def test_a_downlink_is_queued_then_answered_then_sent(played: PlayedDevice) -> None:
    [id_] = played.push()
    assert (played.state(id_), played.steps(id_)) == ("queued", ["queued"])

    assert played.ask() == HEX
    assert (played.state(id_), played.steps(id_)) == ("answered", ["queued", "answered"])

    played.acknowledge(0)
    assert (played.state(id_), played.steps(id_)) == ("sent", ["queued", "answered", "sent"])


def test_its_history_tells_when_to_which_uplink_and_what_sigfox_said(played: PlayedDevice) -> None:
    [id_] = played.push()
    played.clock.wait(MINUTE)
    played.ask()
    told: dict[str, Any] = {"infoMessage": "Acked", "downlinkAck": "true", "downlinkOverusage": False}
    played.acknowledge(0, **told)

    shown = played.show(id_)

    day = shown["queued_at"][:10]
    assert shown == {
        "id": id_,
        "state": "sent",
        "attempt": 1,
        "frm_payload": "AQIDBAUGBwg=",
        "queued_at": f"{day}T10:00:00.000Z",
        "history": [
            {"state": "queued", "attempt": 1, "at": f"{day}T10:00:00.000Z"},
            {
                "state": "answered",
                "attempt": 1,
                "at": f"{day}T10:01:00.000Z",
                "uplink": {"time": f"{day}T10:01:00.000Z", "seq_number": 1},
            },
            {
                "state": "sent",
                "attempt": 1,
                "at": f"{day}T10:01:35.000Z",
                "info_code": 0,
                "info_message": "Acked",
                "downlink_ack": True,
                "downlink_overusage": False,
            },
        ],
    }


@each_failure
def test_an_unconfirmed_downlink_that_was_not_emitted_has_failed(code: int, played: PlayedDevice) -> None:
    [id_] = played.push()
    played.ask()

    played.acknowledge(code)

    assert played.state(id_) == "failed"
    assert played.steps(id_) == ["queued", "answered", "failed"]
    *_, failed = played.show(id_)["history"]
    assert (failed["reason"], failed["info_code"]) == (FAILURES[code], code)
    assert played.ask() is None


@each_failure
def test_i3_a_confirmed_downlink_that_was_not_emitted_goes_back_to_the_head(
    code: int, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    [other] = played.push(OTHER)
    played.ask()

    played.acknowledge(code)

    assert played.state(id_) == "queued"
    assert played.steps(id_) == ["queued", "answered", "failed", "queued 2"]
    assert played.queue() == [id_, other]
    assert [played.ask() for _ in range(3)] == [HEX, OTHER_HEX, None]
    assert played.show(id_)["attempt"] == 2


@each_undecided_code
@pytest.mark.parametrize("confirmed", [False, True])
def test_a_code_that_decides_nothing_leaves_it_answered(
    code: int, *, confirmed: bool, played: PlayedDevice
) -> None:
    [id_] = played.push({"confirmed": confirmed})
    played.ask()

    played.acknowledge(code)

    assert played.state(id_) == "answered"
    assert played.steps(id_) == ["queued", "answered", "pending"]
    assert played.show(id_)["history"][-1]["info_code"] == code
    assert played.queue() == []


@each_undecided_code
@pytest.mark.parametrize(("later", "state"), [(0, "sent"), (4, "failed")])
def test_after_a_code_that_decides_nothing_another_one_may_decide(
    code: int, later: int, state: str, played: PlayedDevice
) -> None:
    [id_] = played.push()
    played.ask()
    played.acknowledge(code)

    played.acknowledge(later)

    assert (played.state(id_), played.steps(id_)) == (state, ["queued", "answered", "pending", state])


@each_undecided_code
def test_after_a_code_that_decides_nothing_the_wait_begins_anew(code: int, played: PlayedDevice) -> None:
    [id_] = played.push()
    played.ask()
    played.acknowledge(code)

    played.clock.wait(GIVEN_UP_AFTER - ACKNOWLEDGED_AFTER)
    played.deadline()
    assert "outcome" not in played.show(id_)

    played.clock.wait(ACKNOWLEDGED_AFTER)
    played.deadline()
    assert played.show(id_)["outcome"] == OUTCOME_UNKNOWN


@pytest.mark.parametrize("has_time", [True, False], ids=["with time", "without time"])
@pytest.mark.parametrize(
    ("confirmed", "code", "state"),
    [(False, 0, "sent"), (False, 4, "failed"), (True, 0, "sent"), (True, 4, "queued")],
)
def test_an_acknowledgement_needs_no_time(
    code: int, state: str, *, has_time: bool, confirmed: bool, played: PlayedDevice
) -> None:
    [id_] = played.push({"confirmed": confirmed})
    played.ask()

    played.acknowledge(code, has_time=has_time)

    assert played.state(id_) == state


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, "answered"), (0, "sent"), (52, "sent"), (55, "sent"), (56, "answered")]
)
def test_an_acknowledgement_belongs_to_an_answer_within_the_radio_procedure(
    seconds: int, state: str, played: PlayedDevice
) -> None:
    [id_] = played.push()
    played.ask()
    played.clock.wait(2 * MINUTE)

    played.report({"time": played.last_uplink["time"] + seconds, "infoCode": 0})

    assert played.state(id_) == state


@pytest.mark.parametrize(
    ("seconds", "state"), [(14, "answered"), (15, "sent"), (600, "sent"), (601, "answered")]
)
def test_one_without_time_belongs_to_an_answer_at_most_ten_minutes_before_its_receipt(
    seconds: int, state: str, played: PlayedDevice
) -> None:
    [id_] = played.push()
    played.ask()
    played.clock.wait(seconds)

    played.report({"infoCode": 0})

    assert played.state(id_) == state


def test_one_without_time_belongs_to_the_newest_answer_that_waits_for_one(played: PlayedDevice) -> None:
    older, newer = played.push({}, {})
    played.ask()
    played.clock.wait(MINUTE)
    played.ask()

    played.acknowledge(0, has_time=False)
    assert (played.state(older), played.state(newer)) == ("answered", "sent")

    played.acknowledge(4, has_time=False)
    assert (played.state(older), played.state(newer)) == ("failed", "sent")


@pytest.mark.parametrize("delay", [3 * MINUTE, 5 * HOUR, 3 * DAY], ids=["minutes", "hours", "days"])
@pytest.mark.parametrize(("code", "state"), [(0, "sent"), (4, "failed")])
def test_an_acknowledgement_counts_however_late_it_comes(
    delay: int, code: int, state: str, played: PlayedDevice
) -> None:
    [id_] = played.push()
    played.ask()
    played.clock.wait(delay)
    played.deadline()

    played.acknowledge(code)

    assert played.state(id_) == state


def test_an_acknowledgement_after_the_next_uplinks_belongs_to_its_own(played: PlayedDevice) -> None:
    first, second = played.push({}, {})
    uplinks = []
    for _ in range(3):
        played.ask()
        uplinks.append(played.last_uplink)
        played.clock.wait(MINUTE)

    played.acknowledge(4, uplinks[0])

    assert (played.state(first), played.state(second)) == ("failed", "answered")


def test_acknowledgements_may_come_in_another_order_than_their_uplinks(played: PlayedDevice) -> None:
    ids = played.push({}, {}, {})
    uplinks = []
    for _ in ids:
        played.ask()
        uplinks.append(played.last_uplink)
        played.clock.wait(MINUTE)

    for position, code in [(2, 0), (0, 4), (1, 8)]:
        played.acknowledge(code, uplinks[position])

    assert [played.state(id_) for id_ in ids] == ["failed", "failed", "sent"]


@pytest.mark.parametrize(("code", "state"), [(0, "sent"), (4, "queued"), (5, "answered")])
def test_an_acknowledgement_that_comes_twice_counts_once(
    code: int, state: str, played: PlayedDevice, stored: Stored
) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.acknowledge(code)
    before = stored()

    played.clock.wait(MINUTE)
    played.acknowledge(code)

    assert stored() == before
    assert played.state(id_) == state


@pytest.mark.parametrize("codes", [(0, 4), (4, 0)])
def test_a_downlink_that_was_sent_stays_so_whatever_else_sigfox_says(
    codes: tuple[int, int], played: PlayedDevice
) -> None:
    [id_] = played.push()
    played.ask()

    for code in codes:
        played.acknowledge(code)

    assert played.state(id_) == "sent"


@pytest.mark.parametrize("codes", [(0, 4), (4, 0)])
def test_a_confirmed_downlink_that_was_sent_waits_no_more_whatever_else_sigfox_says(
    codes: tuple[int, int], played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    played.ask()

    for code in codes:
        played.acknowledge(code)

    assert (played.state(id_), played.queue()) == ("sent", [])
    assert played.ask() is None


@pytest.mark.parametrize(("code", "state"), [(0, "sent"), (1, "queued")])
def test_an_acknowledgement_that_is_followed_before_its_answer_is_found_at_the_deadline(
    code: int, state: str, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    with played.stream_delayed():
        played.ask()
        answer = played.stream.take_noticed()
        played.acknowledge(code)
        acknowledgement = played.stream.take_noticed()
        played.stream.hand_over(acknowledgement)
        played.stream.hand_over(answer)
    assert played.state(id_) == "answered"

    played.give_up()

    assert played.state(id_) == state
    assert "unacknowledged" not in played.steps(id_)


@pytest.mark.parametrize("has_time", [True, False], ids=["with time", "without time"])
def test_an_acknowledgement_counts_where_the_stream_is_delayed_by_hours(
    *, has_time: bool, played: PlayedDevice
) -> None:
    with played.stream_delayed():
        id_ = played.push_confirmed()
        played.ask()
        played.acknowledge(0, has_time=has_time)
        played.clock.wait(5 * HOUR)
        played.deadline()

    assert (played.state(id_), played.queue()) == ("sent", [])


def test_each_answer_with_the_downlink_data_is_a_downlink_of_its_own(played: PlayedDevice) -> None:
    set_parameter("demo", played.id, "downlinkData", "deadbeefcafebabe")
    for code in (0, 4):
        assert played.ask() == "deadbeefcafebabe"
        played.acknowledge(code)
        played.clock.wait(MINUTE)
    assert played.ask() == "deadbeefcafebabe"

    downlinks = played.listed()["downlinks"]

    assert [downlink["state"] for downlink in downlinks] == ["answered", "failed", "sent"]
    assert len({downlink["id"] for downlink in downlinks}) == 3
    assert {downlink["source"] for downlink in downlinks} == {"downlinkData"}
    assert {downlink["frm_payload"] for downlink in downlinks} == {"3q2+78r+ur4="}
    assert all("queued_at" not in downlink for downlink in downlinks)
    assert [step["state"] for step in downlinks[1]["history"]] == ["answered", "failed"]
    assert played.show(downlinks[1]["id"]) == downlinks[1]


def test_an_acknowledgement_of_the_downlink_data_that_never_comes(played: PlayedDevice) -> None:
    set_parameter("demo", played.id, "downlinkData", "deadbeefcafebabe")
    played.ask()
    played.give_up()

    [downlink] = played.listed()["downlinks"]

    assert (downlink["state"], downlink["outcome"]) == ("answered", OUTCOME_UNKNOWN)
    played.acknowledge(0)
    assert played.state(downlink["id"]) == "sent"


@pytest.mark.parametrize("has_time", [True, False], ids=["with time", "without time"])
def test_an_acknowledgement_that_matches_nothing_is_kept_and_harmless(
    *, has_time: bool, played: PlayedDevice, stored: Stored
) -> None:
    [id_] = played.push()
    before = stored(sk="DOWNLINK#") + stored(sk="STATE")

    played.report({"time": played.clock.seconds if has_time else None, "infoCode": 0})

    [report] = stored(sk="EVENT#")
    assert report["facts"] == {"info_code": 0}
    assert stored(sk="DOWNLINK#") + stored(sk="STATE") == before
    assert played.state(id_) == "queued"


def test_an_acknowledgement_of_an_uplink_that_got_nothing_is_harmless(
    played: PlayedDevice, stored: Stored
) -> None:
    assert played.ask() is None

    played.acknowledge(1)

    assert len(stored(sk="EVENT#")) == 1
    assert stored(sk="DOWNLINK#") == []


def test_an_acknowledgement_of_a_device_that_never_existed_is_kept(
    played: PlayedDevice, invoke: Invoke, stored: Stored
) -> None:
    body = {"device": "BADC0DE", "time": played.clock.seconds, "infoCode": 0}

    assert invoke("sigfox_service", event("sigfox_acknowledge.json", body=body)).status == 200
    played.happened()

    assert len(stored("DEVICE#demo#BADC0DE", "EVENT#")) == 1
    assert stored(sk="DOWNLINK#") == []


def test_an_unconfirmed_downlink_without_acknowledgement_has_an_unknown_outcome(played: PlayedDevice) -> None:
    [id_] = played.push()
    played.ask()

    played.clock.wait(GIVEN_UP_AFTER - 2)
    played.deadline()
    assert "outcome" not in played.show(id_)

    played.clock.wait(2)
    played.deadline()
    shown = played.show(id_)
    assert (shown["state"], shown["outcome"]) == ("answered", OUTCOME_UNKNOWN)
    assert played.steps(id_) == ["queued", "answered", "unacknowledged"]
    assert played.ask() is None


@pytest.mark.parametrize(("code", "state"), [(0, "sent"), (4, "failed")])
def test_an_unknown_outcome_may_become_known(code: int, state: str, played: PlayedDevice) -> None:
    [id_] = played.push()
    played.ask()
    played.give_up()

    played.clock.wait(DAY)
    played.acknowledge(code)

    assert played.state(id_) == state
    assert "outcome" not in played.show(id_)


def test_i3_a_confirmed_downlink_without_acknowledgement_is_tried_again_first(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    [other] = played.push(OTHER)
    played.ask()

    played.give_up()

    assert played.queue() == [id_, other]
    assert played.steps(id_) == ["queued", "answered", "unacknowledged", "queued 2"]
    assert [played.ask(), played.ask()] == [HEX, OTHER_HEX]
    assert played.state(id_) == "answered"


@pytest.mark.parametrize(("wanted", "attempts"), [(None, 8), (1, 1), (2, 2), (32, 32)])
def test_a_confirmed_downlink_that_always_fails_is_tried_so_often(
    wanted: int | None, attempts: int, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed(wanted)

    for _ in range(attempts):
        assert played.state(id_) == "queued"
        assert played.ask() == HEX
        played.acknowledge(4)

    assert played.state(id_) == "failed"
    assert played.ask() is None
    shown = played.show(id_)
    assert shown["attempt"] == attempts
    assert [step["state"] for step in shown["history"]] == ["queued", "answered", "failed"] * attempts
    assert shown["history"][-1]["reason"] == "network_error"


@pytest.mark.parametrize(("wanted", "attempts"), [(None, 8), (1, 1), (32, 32)])
def test_a_confirmed_downlink_that_is_never_acknowledged_has_failed_in_the_end(
    wanted: int | None, attempts: int, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed(wanted)

    for _ in range(attempts):
        assert played.state(id_) == "queued"
        assert played.ask() == HEX
        played.give_up()

    assert played.state(id_) == "failed"
    assert played.ask() is None
    *before, failed = played.show(id_)["history"]
    assert (failed["attempt"], failed["reason"]) == (attempts, "no_acknowledgement")
    assert [step["state"] for step in before if step["state"] == "unacknowledged"] == ["unacknowledged"] * (
        attempts - 1
    )


def test_a_downlink_that_failed_for_want_of_an_acknowledgement_may_turn_out_to_be_sent(
    played: PlayedDevice,
) -> None:
    id_ = played.push_confirmed(1)
    played.ask()
    played.give_up()
    assert played.state(id_) == "failed"

    played.acknowledge(0)

    assert played.state(id_) == "sent"


def test_a_late_acknowledgement_withdraws_the_retry(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    [other] = played.push(OTHER)
    played.ask()
    played.give_up()
    assert played.queue() == [id_, other]

    played.acknowledge(0)

    assert (played.state(id_), played.queue()) == ("sent", [other])
    assert played.steps(id_) == ["queued", "answered", "sent", "unacknowledged", "queued 2", "removed 2"]
    assert played.show(id_)["history"][-1]["cause"] == "acknowledged"
    assert [played.ask(), played.ask()] == [OTHER_HEX, None]


def test_a_late_acknowledgement_withdraws_the_retry_from_behind_another_one(played: PlayedDevice) -> None:
    first, second = played.push_confirmed(), played.push_confirmed()
    uplinks = []
    for _ in range(2):
        played.ask()
        uplinks.append(played.last_uplink)
        played.clock.wait(MINUTE)
    played.give_up()
    assert sorted(played.queue()) == [first, second]

    played.acknowledge(0, uplinks[0])

    assert (played.state(first), played.state(second)) == ("sent", "queued")
    assert played.queue() == [second]


def test_a_late_failure_does_not_put_it_back_a_second_time(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.give_up()

    played.acknowledge(4)

    assert played.queue() == [id_]
    assert played.steps(id_) == ["queued", "answered", "unacknowledged", "failed", "queued 2"]


def test_a_late_failure_does_not_put_it_back_while_its_retry_is_in_flight(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    first = played.uplink()
    played.ask(first)
    played.give_up()
    assert played.ask() == HEX

    played.acknowledge(4, first)

    assert (played.state(id_), played.queue()) == ("answered", [])
    assert played.ask() is None


def test_a_late_failure_after_the_expiry_does_not_call_what_was_tried_again_expired(
    played: PlayedDevice,
) -> None:
    id_ = played.push_expiring(12 * MINUTE, confirmed=True)
    first = played.uplink()
    played.ask(first)
    played.give_up()
    assert played.ask() == HEX
    played.clock.wait(5 * MINUTE)

    played.acknowledge(4, first)

    assert played.state(id_) == "answered"
    assert "expired" not in played.steps(id_)


def test_what_turns_out_to_be_sent_while_it_is_put_back_waits_no_more(
    played: PlayedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = played.push_confirmed()
    first = played.uplink()
    played.ask(first)
    played.give_up()
    played.ask()
    second = played.last_uplink
    played.clock.wait_until(second["time"] + ACKNOWLEDGED_AFTER)
    try_again = attempts.try_again

    def put_back_a_moment_later(*arguments: Any) -> None:
        monkeypatch.setattr(attempts, "try_again", try_again)
        played.acknowledge(0, first)
        try_again(*arguments)

    monkeypatch.setattr(attempts, "try_again", put_back_a_moment_later)
    played.acknowledge(4, second)

    assert (played.state(id_), played.queue()) == ("sent", [])
    assert played.ask() is None


def test_a_late_acknowledgement_while_the_retry_is_in_flight_tells_that_it_was_sent(
    played: PlayedDevice,
) -> None:
    id_ = played.push_confirmed()
    first = played.uplink()
    played.ask(first)
    played.give_up()
    played.ask()

    played.acknowledge(0, first)

    assert (played.state(id_), played.queue()) == ("sent", [])


@pytest.mark.parametrize("code", [4, None], ids=["failed", "no acknowledgement"])
def test_what_was_sent_is_not_tried_again_when_its_retry_fails(
    code: int | None, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    first = played.uplink()
    played.ask(first)
    played.give_up()
    played.ask()
    second = played.last_uplink
    played.acknowledge(0, first)

    if code is None:
        played.give_up()
    else:
        played.acknowledge(code, second)

    assert (played.state(id_), played.queue()) == ("sent", [])
    assert played.ask() is None


def test_a_deadline_leaves_the_acknowledgement_of_a_newer_answer_to_that(played: PlayedDevice) -> None:
    older, newer = played.push_confirmed(), played.push_confirmed()
    played.ask()
    played.clock.wait(25)
    played.ask()
    played.report({"time": played.last_uplink["time"] + 10, "infoCode": 0})
    assert (played.state(older), played.state(newer)) == ("answered", "sent")

    played.give_up()

    assert (played.state(older), played.queue()) == ("queued", [older])


@pytest.mark.parametrize("acknowledged", [True, False], ids=["failed", "no acknowledgement"])
def test_a_confirmed_downlink_that_expired_in_flight_is_not_tried_again(
    *, acknowledged: bool, played: PlayedDevice
) -> None:
    id_ = played.push_expiring(10, confirmed=True)
    assert played.ask() == HEX

    if acknowledged:
        played.acknowledge(4)
    else:
        played.give_up()

    assert (played.state(id_), played.queue()) == ("expired", [])
    ending = "failed" if acknowledged else "unacknowledged"
    assert sorted(played.steps(id_)) == sorted(["queued", "answered", ending, "expired"])
    assert played.ask() is None


def test_a_downlink_that_expired_in_flight_may_turn_out_to_be_sent(played: PlayedDevice) -> None:
    id_ = played.push_expiring(10, confirmed=True)
    played.ask()
    played.give_up()

    played.acknowledge(0)

    assert played.state(id_) == "sent"


def test_an_unconfirmed_downlink_can_not_expire_once_it_was_handed_out(played: PlayedDevice) -> None:
    id_ = played.push_expiring(10)
    played.ask()

    played.clock.wait(20)
    played.deadline()
    assert played.state(id_) == "answered"

    played.acknowledge(0)
    assert played.state(id_) == "sent"


@pytest.mark.parametrize("acknowledged", [True, False], ids=["failed", "no acknowledgement"])
@pytest.mark.parametrize("cleared", [True, False], ids=["cleared", "replaced"])
def test_i4_a_confirmed_downlink_whose_queue_was_replaced_in_flight_is_superseded(
    *, acknowledged: bool, cleared: bool, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    assert played.ask() == HEX
    kept = [] if cleared else [OTHER]
    others = played.replace(*kept)
    assert played.state(id_) == "answered"

    if acknowledged:
        played.acknowledge(4)
    else:
        played.give_up()

    assert (played.state(id_), played.queue()) == ("superseded", others)
    assert [played.ask(), played.ask()] == [None if cleared else OTHER_HEX, None]
    played.clock.wait(DAY)
    played.deadline()
    assert (played.state(id_), played.ask()) == ("superseded", None)


@pytest.mark.parametrize("late", [True, False], ids=["late", "in time"])
def test_a_downlink_whose_queue_was_replaced_in_flight_may_still_be_sent(
    *, late: bool, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.clear()
    if late:
        played.give_up()
        assert played.state(id_) == "superseded"

    played.acknowledge(0)

    assert played.state(id_) == "sent"


@pytest.mark.parametrize(("code", "state"), [(0, "sent"), (4, "failed"), (5, "answered")])
def test_replacing_the_queue_does_not_touch_an_unconfirmed_downlink_in_flight(
    code: int, state: str, played: PlayedDevice
) -> None:
    [id_] = played.push()
    played.ask()
    played.clear()

    played.acknowledge(code)

    assert played.state(id_) == state


def test_a_push_does_not_supersede_what_is_in_flight(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    [other] = played.push(OTHER)

    played.acknowledge(4)

    assert played.queue() == [id_, other]


def test_a_queue_that_was_replaced_before_does_not_supersede(played: PlayedDevice) -> None:
    played.replace(OTHER)
    played.clear()
    id_ = played.push_confirmed()
    played.ask()

    played.acknowledge(4)

    assert played.queue() == [id_]


def test_a_retry_that_waits_is_removed_when_the_queue_is_replaced(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.acknowledge(4)

    [other] = played.replace(OTHER)

    assert played.state(id_) == "removed"
    assert played.show(id_)["history"][-1]["cause"] == "replaced"
    assert played.queue() == [other]


@pytest.mark.parametrize(("kept", "cause"), [([], "cleared"), ([OTHER], "replaced")])
def test_queued_downlinks_are_removed_when_the_queue_is_replaced(
    kept: list[dict[str, str]], cause: str, played: PlayedDevice
) -> None:
    ids = played.push({}, {})

    others = played.replace(*kept)

    for id_ in ids:
        assert (played.state(id_), played.steps(id_)) == ("removed", ["queued", "removed"])
        assert played.show(id_)["history"][-1]["cause"] == cause
    assert [played.state(other) for other in others] == ["queued"] * len(others)


def test_a_downlink_expires_while_nobody_calls(played: PlayedDevice, stored: Stored) -> None:
    [first] = played.push()
    id_ = played.push_expiring(MINUTE)
    [last] = played.push()

    played.clock.wait(MINUTE - 1)
    played.deadline()
    assert played.state(id_) == "queued"

    played.clock.wait(1)
    played.deadline()
    assert (played.state(id_), played.steps(id_)) == ("expired", ["queued", "expired"])
    assert played.queue() == [first, last]
    [state] = stored(sk="STATE")
    assert len(state["queue"]) == 2


def test_an_expired_downlink_is_never_handed_out(played: PlayedDevice) -> None:
    ids = [played.push_expiring(MINUTE), played.push_expiring(MINUTE)]
    [other] = played.push(OTHER)
    played.clock.wait(MINUTE)

    assert played.ask() == OTHER_HEX

    assert [played.state(id_) for id_ in [*ids, other]] == ["expired", "expired", "answered"]
    assert played.ask() is None


def test_a_queue_of_expired_downlinks_gives_nothing(played: PlayedDevice) -> None:
    ids = [played.push_expiring(1), played.push_expiring(2)]
    played.clock.wait(MINUTE)

    assert played.ask() is None

    assert [played.state(id_) for id_ in ids] == ["expired", "expired"]


def test_a_downlink_is_handed_out_until_the_very_moment_it_expires(played: PlayedDevice) -> None:
    first, second = played.push_expiring(MINUTE), played.push_expiring(MINUTE)
    played.clock.wait(MINUTE - 0.001)
    assert played.ask() == HEX

    played.clock.wait(0.001)
    assert played.ask() is None

    assert (played.state(first), played.state(second)) == ("answered", "expired")


def test_a_retry_that_waits_expires(played: PlayedDevice) -> None:
    id_ = played.push_expiring(5 * MINUTE, confirmed=True)
    played.ask()
    played.acknowledge(4)
    assert played.queue() == [id_]

    played.clock.wait(5 * MINUTE)
    played.deadline()

    assert (played.state(id_), played.queue()) == ("expired", [])
    assert played.steps(id_) == ["queued", "answered", "failed", "queued 2", "expired 2"]


def test_deadlines_that_run_again_change_nothing(played: PlayedDevice, stored: Stored) -> None:
    played.push_confirmed()
    played.ask()
    played.push_expiring(MINUTE)
    played.push()
    played.give_up()
    played.clock.wait(DAY)
    played.deadline()
    before = stored()

    for _ in range(3):
        played.clock.wait(MINUTE)
        played.deadline()

    assert stored() == before
