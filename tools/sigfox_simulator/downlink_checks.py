"""Promises about queued downlinks: I1, I3, I4."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from sigfox_simulator.answers import answers_by_message, first_sent_by_message, hand_outs_by_payload
from sigfox_simulator.fates import CLOCKS_DIFFER_S, Fate, Patience, expected_states, fates_of
from sigfox_simulator.readback import DownlinkHistory, State
from sigfox_simulator.services import Service
from sigfox_simulator.truth import DeviceTruth, Listing, Removal, Span
from sigfox_simulator.violations import Invariant, Violation

# Inside the bundle's radio window, by clocks that differ a little.
_SURELY_IN_TIME_S = 10


def check_downlinks(
    truth: DeviceTruth, lives: Sequence[DownlinkHistory], patience: Patience, read_at: float
) -> Iterator[Violation]:
    """Find downlinks of a device that went astray.

    Args:
        truth: What happened to the device.
        lives: What the bundle says of its downlinks.
        patience: How long the bundle takes to end what time ends.
        read_at: When it said so, epoch seconds.
    """
    fates = fates_of(truth)
    told = {life.id: life for life in lives}
    yield from _check_payloads(truth, lives)
    for fate in fates:
        yield from _check_hand_outs(fate, patience)
        yield from _check_endings(fate)
    # A change that got no answer may have put something into the queue, or taken something out.
    if not truth.unclear:
        yield from check_queue(truth, fates)
        yield from _check_ids(truth, lives)
        for fate in fates:
            life = told.get(fate.downlink.id)
            if life is not None:
                yield from _check_life(truth, fate, life, expected_states(fate, patience, read_at))


def check_queue(truth: DeviceTruth, fates: Sequence[Fate]) -> Iterator[Violation]:
    """Find downlinks that were handed out, held back or listed otherwise than the queue is in order.

    Args:
        truth: What happened to the device; every change of its queue got an answer.
        fates: What became of its downlinks.
    """
    yield from _check_order(truth, fates)
    yield from _check_waiting(truth, fates)
    for listing in truth.listings:
        yield from _check_listing(listing, fates)


def _check_payloads(truth: DeviceTruth, lives: Sequence[DownlinkHistory]) -> Iterator[Violation]:
    accepted = {downlink.payload for downlink in truth.downlinks} | truth.unclear_payloads
    accepted |= {life.payload for life in lives if life.from_downlink_data}
    for payload, hand_outs in hand_outs_by_payload(truth).items():
        if payload not in accepted:
            what = f"{hand_outs[0].transmission} was answered {payload}, which was never queued for it"
            yield Violation(Invariant.I4, what)


def _check_hand_outs(fate: Fate, patience: Patience) -> Iterator[Violation]:
    """I1: to one message, a confirmed one again after it failed."""
    for earlier, later in pairwise(fate.attempts):
        again = f"{fate.downlink} was handed to {earlier.hand_out.transmission}"
        again += f" and to {later.hand_out.transmission}"
        if not fate.downlink.confirmed:
            yield Violation(Invariant.I1, again)
        elif earlier.was_sent_before(later.hand_out, patience.acknowledge_wait_s):
            yield Violation(Invariant.I1, f"{again}, though the first was acknowledged")
        elif not earlier.was_over_before(later.hand_out, patience.acknowledge_wait_s):
            yield Violation(Invariant.I1, f"{again}, which was too early")
    if fate.downlink.confirmed and len(fate.attempts) > fate.max_attempts:
        what = f"{fate.downlink} was handed out {len(fate.attempts)} times, not {fate.max_attempts}"
        yield Violation(Invariant.I1, what)


def _check_endings(fate: Fate) -> Iterator[Violation]:
    """I4: nothing comes back from the dead."""
    for attempt in fate.attempts:
        span, to = attempt.hand_out.span, f"was handed to {attempt.hand_out.transmission}"
        for removal in fate.removals:
            if removal.span.is_before(span):
                yield Violation(Invariant.I4, f"{fate.downlink} {to} after it was {removal.ending}")
        expires_at = fate.downlink.expires_at
        if expires_at is not None and span.sent > expires_at + CLOCKS_DIFFER_S:
            late_s = span.sent - expires_at
            yield Violation(Invariant.I4, f"{fate.downlink} {to} {late_s:.1f} s after it expired")


def _check_order(truth: DeviceTruth, fates: Sequence[Fate]) -> Iterator[Violation]:
    """I3: first hand-outs follow the queue."""
    answered = answers_by_message(truth)
    # What such a message was handed nobody heard, yet it left the queue.
    unheard = [sent for message, sent in first_sent_by_message(truth).items() if message not in answered]
    for first, second in combinations(fates, 2):
        if not second.attempts:
            continue
        overtaking = second.attempts[0].hand_out.span
        if first.attempts:
            wrong = overtaking.is_before(first.attempts[0].hand_out.span)
        else:
            left = any(not overtaking.is_before(removal.span) for removal in first.removals)
            left = left or any(sent <= overtaking.received for sent in unheard)
            wrong = not left and not first.is_expired(overtaking.received)
        if wrong:
            what = f"{second.downlink} was handed out before {first.downlink}, which was queued before"
            yield Violation(Invariant.I3, what)


def _check_waiting(truth: DeviceTruth, fates: Sequence[Fate]) -> Iterator[Violation]:
    """I3: what is first in the queue goes to the next message that asks."""
    if not all(delivery.accepted for delivery in truth.deliveries_of(Service.BIDIR)):
        # A request that was not answered may have taken the downlink.
        return
    for answers in answers_by_message(truth).values():
        transmission, spans = answers[0].transmission, [answer.span for answer in answers]
        asked = Span(min(span.sent for span in spans), min(span.received for span in spans))
        in_time = not transmission.late and asked.received < transmission.time + _SURELY_IN_TIME_S
        if in_time and transmission.message.asks and all(answer.data is None for answer in answers):
            for fate in fates:
                if _must_be_queued(fate, asked):
                    yield Violation(
                        Invariant.I3, f"{transmission} was answered nothing, {fate.downlink} waited"
                    )


def _check_listing(listing: Listing, fates: Sequence[Fate]) -> Iterator[Violation]:
    """I3 and I4: a queue holds what it must, those that are tried again first, the others as they came."""
    for fate in fates:
        if fate.downlink.id not in listing.ids and _must_be_queued(fate, listing.span):
            yield Violation(Invariant.I4, f"{fate.downlink} was not listed though it was queued")
        if fate.downlink.id in listing.ids and any(r.span.is_before(listing.span) for r in fate.removals):
            yield Violation(
                Invariant.I4, f"{fate.downlink} was listed after it was {fate.removals[0].ending}"
            )
    by_id = {fate.downlink.id: fate for fate in fates}
    listed = [by_id[id_] for id_ in listing.ids if id_ in by_id]
    ranks = [(fate, rank) for fate in listed if (rank := _rank(fate, listing.span)) is not None]
    for (first, first_rank), (second, second_rank) in pairwise(ranks):
        if second_rank < first_rank:
            yield Violation(Invariant.I3, f"{first.downlink} was listed before {second.downlink}")


def _must_be_queued(fate: Fate, span: Span) -> bool:
    """Whether it was in the queue, for the first time, all through a request."""
    pushed = fate.downlink.pushed.is_before(span)
    untouched = all(span.is_before(attempt.hand_out.span) for attempt in fate.attempts)
    kept = all(span.is_before(removal.span) for removal in fate.removals)
    return pushed and untouched and kept and not fate.is_expired(span.received)


def _rank(fate: Fate, span: Span) -> int | None:
    """Its place in a queue: -1 where it is tried again; None where it was just being handed out."""
    if any(attempt.hand_out.span.is_before(span) for attempt in fate.attempts):
        return -1
    return fate.downlink.order if all(span.is_before(a.hand_out.span) for a in fate.attempts) else None


def _check_ids(truth: DeviceTruth, lives: Sequence[DownlinkHistory]) -> Iterator[Violation]:
    """I4: exactly what was accepted is in the history, once."""
    accepted = {downlink.id: downlink for downlink in truth.downlinks}
    told = Counter(life.id for life in lives if not life.from_downlink_data)
    for id_ in accepted.keys() - told.keys():
        yield Violation(Invariant.I4, f"{accepted[id_]} is not in the history")
    for id_ in told.keys() - accepted.keys():
        yield Violation(Invariant.I4, f"downlink {id_} of {truth.device.id} was never pushed")
    for id_, times in told.items():
        if times > 1:
            yield Violation(
                Invariant.I4, f"downlink {id_} of {truth.device.id} is in the history {times} times"
            )
    for pushes in truth.repeated_pushes:
        if len(set(pushes)) > 1:
            ids = " and ".join(",".join(push) for push in set(pushes))
            what = f"pushes to {truth.device.id} under one Idempotency-Key got {ids}"
            yield Violation(Invariant.I4, what)


def _check_life(
    truth: DeviceTruth, fate: Fate, life: DownlinkHistory, expected: frozenset[State]
) -> Iterator[Violation]:
    """I4: the state and its history are true."""
    if life.state not in expected:
        right = " or ".join(sorted(expected))
        yield Violation(Invariant.I4, f"{fate.downlink} is {life.state}, should be {right}: {_story(fate)}")
    if life.payload != fate.downlink.payload:
        yield Violation(Invariant.I4, f"{fate.downlink} has the payload {life.payload} in the history")
    if any(refused.concerns(fate.downlink) for refused in truth.refused_deletions) and expected == {
        State.QUEUED
    }:
        yield Violation(Invariant.I4, f"{fate.downlink} could not be deleted though it is queued")
    told = sorted(step.uplink for step in life.steps if step.uplink is not None)
    true = sorted(
        (attempt.hand_out.transmission.time, attempt.hand_out.transmission.message.seq_number)
        for attempt in fate.attempts
    )
    every_answer_came = all(delivery.status is not None for delivery in truth.deliveries)
    if told != true and every_answer_came:
        yield Violation(Invariant.I4, f"{fate.downlink} went to {true}, the history says {told}")
    codes = {a.info_code for attempt in fate.attempts for a in attempt.acknowledgements}
    for step in life.steps:
        if step.info_code is not None and step.info_code not in codes:
            what = f"{fate.downlink} has infoCode {step.info_code} in the history, which never came"
            yield Violation(Invariant.I4, what)


def _story(fate: Fate) -> str:
    """What truly happened to a downlink, in a few words."""
    kind = f"confirmed, {fate.max_attempts} attempts" if fate.downlink.confirmed else "unconfirmed"
    words = [kind]
    if fate.downlink.expires_at is not None:
        words.append(f"expires {fate.downlink.expires_at:.3f}")
    for attempt in fate.attempts:
        codes = [str(a.info_code) for a in attempt.acknowledgements if a.accepted]
        told = "acknowledged " + ", ".join(codes) if codes else "not acknowledged"
        words.append(
            f"{attempt.hand_out.span.received:.3f} handed to {attempt.hand_out.transmission}, {told}"
        )
    words += map(_ending, fate.removals)
    return "; ".join(words)


def _ending(removal: Removal) -> str:
    return f"{removal.span.received:.3f} {removal.ending}"
