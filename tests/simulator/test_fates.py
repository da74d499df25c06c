"""What the bundle may say of a downlink, given what truly became of it; also where nobody can be sure."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigfox_simulator.devices import make_fleet
from sigfox_simulator.downlink_checks import check_downlinks, check_queue
from sigfox_simulator.fates import Patience, expected_states, fates_of
from sigfox_simulator.radio import NOT_SENT
from sigfox_simulator.readback import State
from sigfox_simulator.schedule import plan_messages
from sigfox_simulator.services import Service
from sigfox_simulator.truth import (
    Delivery,
    DeviceTruth,
    Downlink,
    Ending,
    Listing,
    Removal,
    Span,
    Transmission,
)
from sigfox_simulator.violations import Invariant

DEVICE = next(device for device in make_fleet(1, 50) if device.bidirectional)
MESSAGES = plan_messages(1, DEVICE, 3600)
START = 1_795_300_000.0
PATIENCE = Patience(acknowledge_wait_s=10, lag_s=5)
LONG_AFTER = START + 10_000
PAYLOADS = [f"{number:016x}" for number in range(8)]

moments = st.floats(0, 100).map(lambda seconds: START + seconds)
spans = st.tuples(moments, st.floats(0.001, 5)).map(lambda drawn: Span(drawn[0], drawn[0] + drawn[1]))


def span(sent: float, received: float | None = None) -> Span:
    return Span(START + sent, START + (sent + 0.1 if received is None else received))


def transmission(number: int) -> Transmission:
    return Transmission(MESSAGES[number], int(START) + 60 * number)


def unanswered(number: int, when: Span) -> Delivery:
    return Delivery(Service.BIDIR, (transmission(number),), 0, when, None)


def handed_out(number: int, payload: str, when: Span, status: int = 200) -> Delivery:
    content = f'{{"{DEVICE.spelling}":{{"downlinkData":"{payload}"}}}}'.encode()
    return Delivery(Service.BIDIR, (transmission(number),), 0, when, status, content)


def acknowledged(number: int, code: int, when: Span, status: int | None = 200) -> Delivery:
    return Delivery(Service.ACKNOWLEDGE, (transmission(number),), 0, when, status, info_code=code)


def truth_of(
    deliveries: Sequence[Delivery], removals: Sequence[Removal] = (), **downlink: object
) -> DeviceTruth:
    one = Downlink("id", DEVICE, PAYLOADS[0], 0, span(-10), **downlink)  # type: ignore[arg-type]
    return DeviceTruth(DEVICE, deliveries=list(deliveries), downlinks=[one], removals=list(removals))


def states(truth: DeviceTruth, read_at: float = LONG_AFTER) -> frozenset[State]:
    return expected_states(fates_of(truth)[0], PATIENCE, read_at)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 6, 7, 8])
def test_an_acknowledgement_in_time_decides(code: int) -> None:
    told = [handed_out(0, PAYLOADS[0], span(0)), acknowledged(0, code, span(4))]

    assert states(truth_of(told)) == {State.SENT if code == 0 else State.FAILED}


@pytest.mark.parametrize("code", [5, 10, 42])
def test_pending_and_unknown_codes_decide_nothing(code: int) -> None:
    told = [handed_out(0, PAYLOADS[0], span(0)), acknowledged(0, code, span(4))]

    assert states(truth_of(told)) == {State.ANSWERED}


@pytest.mark.parametrize("status", [None, 500])
def test_an_acknowledgement_that_may_not_have_come_may_not_count(status: int | None) -> None:
    told = [handed_out(0, PAYLOADS[0], span(0)), acknowledged(0, 0, span(4), status)]

    assert states(truth_of(told)) == {State.SENT, State.ANSWERED}


def test_without_any_acknowledgement_the_outcome_stays_unknown() -> None:
    assert states(truth_of([handed_out(0, PAYLOADS[0], span(0))])) == {State.ANSWERED}


def test_a_confirmed_one_waits_is_tried_again_and_fails_in_the_end() -> None:
    once = [handed_out(0, PAYLOADS[0], span(0))]
    twice = [*once, handed_out(1, PAYLOADS[0], span(20))]

    assert states(truth_of(once, confirmed=True, max_attempts=2), START + 5) == {State.ANSWERED}
    assert states(truth_of(once, confirmed=True, max_attempts=2)) == {State.QUEUED}
    assert states(truth_of(twice, confirmed=True, max_attempts=2)) == {State.FAILED}
    assert states(truth_of(twice, confirmed=True, max_attempts=3)) == {State.QUEUED}


def test_a_late_success_of_an_earlier_attempt_counts() -> None:
    told = [
        handed_out(0, PAYLOADS[0], span(0)),
        handed_out(1, PAYLOADS[0], span(20)),
        acknowledged(0, 0, span(30)),
    ]

    assert states(truth_of(told, confirmed=True)) == {State.SENT}


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (Ending.CLEARED, {State.REMOVED, State.SUPERSEDED}),
        (Ending.REPLACED, {State.REMOVED, State.SUPERSEDED}),
        (Ending.DELETED, {State.REMOVED}),
    ],
)
def test_what_is_to_be_tried_again_ends_with_its_queue(ending: Ending, expected: set[State]) -> None:
    told = [handed_out(0, PAYLOADS[0], span(0)), acknowledged(0, 1, span(4))]
    removal = Removal(ending, DEVICE, span(50), 1, "id" if ending is Ending.DELETED else None)

    assert states(truth_of(told, [removal], confirmed=True)) == expected


def test_what_was_never_handed_out_waits_expires_or_was_removed() -> None:
    cleared = Removal(Ending.CLEARED, DEVICE, span(0), 1)

    assert states(truth_of([])) == {State.QUEUED}
    assert states(truth_of([], expires_at=START + 5)) == {State.EXPIRED}
    assert states(truth_of([], expires_at=START + 5), START + 3) == {State.QUEUED}
    assert states(truth_of([], [cleared])) == {State.REMOVED}
    assert states(truth_of([], [cleared], expires_at=START + 500)) == {State.REMOVED}
    assert states(truth_of([], [cleared], expires_at=START - 500)) == {State.REMOVED, State.EXPIRED}


@given(
    st.lists(spans, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, *NOT_SENT]), spans), max_size=4),
    st.lists(st.tuples(st.sampled_from([Ending.CLEARED, Ending.REPLACED]), spans), max_size=2),
    st.booleans(),
    st.none() | st.integers(1, 4),
    st.none() | moments,
)
def test_there_is_always_a_right_state_and_only_one_where_nothing_ran_at_once(
    hand_outs: list[Span],
    codes: list[tuple[int, int, Span]],
    removals: list[tuple[Ending, Span]],
    confirmed: bool,
    max_attempts: int | None,
    expires_at: float | None,
) -> None:
    deliveries = [handed_out(number, PAYLOADS[0], when) for number, when in enumerate(hand_outs)]
    deliveries += [acknowledged(number, code, when) for number, code, when in codes]
    truth = truth_of(
        deliveries,
        [Removal(ending, DEVICE, when, 1) for ending, when in removals],
        confirmed=confirmed,
        max_attempts=max_attempts,
        expires_at=expires_at,
    )

    right = states(truth)

    assert right
    if not codes and not removals and expires_at is None:
        assert len(right) == 1


def wrong(downlinks: int, deliveries: Sequence[Delivery], listings: Sequence[Listing] = ()) -> set[Invariant]:
    queued = [Downlink(str(n), DEVICE, PAYLOADS[n], n, span(-10)) for n in range(downlinks)]
    truth = DeviceTruth(DEVICE, deliveries=list(deliveries), downlinks=queued, listings=list(listings))
    return {violation.invariant for violation in check_queue(truth, fates_of(truth))}


def test_order_is_judged_only_where_one_answer_was_there_before_the_other_was_asked_for() -> None:
    second = handed_out(0, PAYLOADS[1], span(0, 2))

    assert wrong(2, [second, handed_out(1, PAYLOADS[0], span(3))]) == {Invariant.I3}
    assert wrong(2, [second, handed_out(1, PAYLOADS[0], span(1))]) == set()
    assert wrong(2, [second]) == {Invariant.I3}


def test_a_delivery_without_an_answer_may_have_taken_what_its_repeat_tells() -> None:
    second = handed_out(0, PAYLOADS[1], span(2))
    repeat = handed_out(1, PAYLOADS[0], span(60))

    assert wrong(2, [unanswered(1, span(0, 1)), second, repeat]) == set()
    assert wrong(2, [unanswered(1, span(30)), second, repeat]) == {Invariant.I3}


def test_a_message_that_was_never_answered_may_have_taken_what_was_first() -> None:
    second = handed_out(0, PAYLOADS[1], span(2))

    assert wrong(2, [unanswered(1, span(0, 1)), second]) == set()
    assert wrong(2, [unanswered(1, span(30)), second]) == {Invariant.I3}


@given(st.permutations(range(4)), st.lists(spans, min_size=4, max_size=4))
def test_order_is_right_exactly_if_some_order_of_handling_is(order: list[int], when: list[Span]) -> None:
    """By brute force: no hand-out of a later downlink was over before that of an earlier one began."""
    deliveries = [handed_out(place, PAYLOADS[downlink], when[place]) for place, downlink in enumerate(order)]
    span_of = {downlink: when[place] for place, downlink in enumerate(order)}
    possible = not any(span_of[b].received < span_of[a].sent for b in range(4) for a in range(b))

    assert (wrong(4, deliveries) == set()) == possible


def test_a_listing_shows_what_is_tried_again_first_then_the_others_as_they_came() -> None:
    again = handed_out(0, PAYLOADS[1], span(0))

    def listed(*ids: str) -> set[Invariant]:
        return wrong(3, [handed_out(1, PAYLOADS[0], span(-5)), again], [Listing(span(9), ids)])

    assert listed("1", "2") == set()
    assert listed("2") == set()
    assert listed("2", "1") == {Invariant.I3}
    assert listed("1") == {Invariant.I4}


def test_a_listing_during_a_hand_out_may_show_it_or_not() -> None:
    claim = handed_out(0, PAYLOADS[0], span(0, 2))

    assert wrong(2, [claim], [Listing(span(1), ("0", "1"))]) == set()
    assert wrong(2, [claim], [Listing(span(1), ("1",))]) == set()
    assert wrong(2, [], [Listing(span(1), ("1", "0"))]) == {Invariant.I3}


@pytest.mark.parametrize(
    ("pushed", "answered_at", "status", "found"),
    [
        (-10, 1, 204, {Invariant.I3}),
        (0.5, 1, 204, set()),
        (-10, 1, 503, set()),
        (-10, 20, 204, set()),
    ],
    ids=["waiting", "pushed meanwhile", "not answered", "late"],
)
def test_a_message_that_asks_gets_what_waits(
    pushed: float, answered_at: float, status: int, found: set[Invariant]
) -> None:
    asking = next(message for message in MESSAGES if message.asks)
    sent = Transmission(asking, int(START))
    delivery = Delivery(Service.BIDIR, (sent,), 0, Span(START, START + answered_at), status)
    waiting = Downlink("1", DEVICE, PAYLOADS[0], 0, span(pushed))
    truth = DeviceTruth(DEVICE, deliveries=[delivery], downlinks=[waiting])

    assert {violation.invariant for violation in check_queue(truth, fates_of(truth))} == found


def test_a_queue_is_not_judged_where_a_change_got_no_answer() -> None:
    queued = [Downlink(str(n), DEVICE, PAYLOADS[n], n, span(-10)) for n in range(2)]
    truth = DeviceTruth(DEVICE, [], [handed_out(0, PAYLOADS[1], span(0))], queued, unclear=True)

    assert list(check_downlinks(truth, [], PATIENCE, LONG_AFTER)) == []
