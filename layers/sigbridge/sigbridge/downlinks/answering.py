"""Answering a device that asks for a downlink.

Invariants (DESIGN section 1): I1 a downlink goes to at most one uplink; I2 a repeated callback gets
the first one's answer; I7 a late one claims nothing.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile

from sigbridge.clock import counted_moment
from sigbridge.downlinks.quota import answered_uplinks, counts_on_day
from sigbridge.downlinks.refusals import refusals_told
from sigbridge.errors import StoreUnavailable
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.downlink_history import uplink_moment
from sigbridge.store import claims, device_states
from sigbridge.store.claims import (
    EXPIRED_AT_ONCE,
    Asking,
    ClaimRefused,
    Discards,
    dropped_answers,
    may_be_forgotten,
)
from sigbridge.store.device_states import DeviceStateRecord
from sigbridge.store.downlink_codec import answered_downlink, read_downlink

_CLAIM_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device is told.

    Attributes:
        payload: 16 lower-case hex digits, or None for nothing.
        downlink: The queued downlink it comes from; None for the `downlinkData` parameter.
        repeated: Whether the same uplink was answered so before.
        held_back: Whether the daily quota was spent, so that whatever is queued stays so.
    """

    payload: str | None
    downlink: Downlink | None = None
    repeated: bool = False
    held_back: bool = False


def answer_uplink(asking: Asking) -> Answer:
    """Gives an uplink its one answer: the head of the queue, else the `downlinkData`, else nothing.

    Raises:
        UnknownDevice: The device is not listed.
        StoreUnavailable: Nothing was claimed, or the claim will be found by the repeat.
    """
    discards = Discards()
    for _ in range(_CLAIM_ATTEMPTS):
        try:
            with refusals_told(asking.application_id, asking.device_id):
                return _answer(asking.uplink, claims.claim(asking, discards))
        except ClaimRefused as refused:
            state = refused.state
        earlier = _earlier_answer(asking, state)
        if earlier is not None:
            return earlier
        asking = _with_own_data_of(state, asking)
        discards = _discards(asking, state)
    raise StoreUnavailable


def answer_uplink_within(quota: int, asking: Asking) -> Answer:
    """Like `answer_uplink`, but gives nothing once the device had its downlinks of the day.

    What it would have got stays queued. It costs two reads more.

    Args:
        quota: How many downlinks a device may have in a day (UTC).
        asking: The uplink.

    Raises:
        UnknownDevice, StoreUnavailable: As for `answer_uplink`.
    """
    uplink, moment = asking.uplink, counted_moment(uplink_moment(asking.uplink), asking.now_ms)
    for _ in range(_CLAIM_ATTEMPTS):
        with refusals_told(asking.application_id, asking.device_id):
            state = device_states.find(asking.application_id, asking.device_id)
        earlier = _earlier_answer(asking, state)
        if earlier is not None:
            return earlier
        # The index lags behind by about a second; the state is exact, but remembers ten minutes only.
        given = set(answered_uplinks(asking.application_id, asking.device_id, moment))
        remembered = (other for other, text in state.answers.items() if text)
        given |= {other for other in remembered if counts_on_day(other, asking.now_ms, moment)}
        asking = _with_own_data_of(state, asking)
        discards = _discards(asking, state)
        with suppress(ClaimRefused):
            if len(given) < quota:
                return _answer(uplink, claims.claim_unless_answered(asking, discards, state))
            claims.decline(asking, discards.answered, state)
            return Answer(None, held_back=True)
    raise StoreUnavailable


def recall_answer(application_id: str, device_id: str, uplink: str) -> Answer:
    """Gives an uplink the answer it had, without claiming anything.

    Raises:
        UnknownDevice: The device is not listed.
        StoreUnavailable: The answers can't be read.
    """
    with refusals_told(application_id, device_id):
        state = device_states.find(application_id, device_id)
    return replace(_answer(uplink, state.answers.get(uplink, "")), repeated=uplink in state.answers)


def _with_own_data_of(state: DeviceStateRecord, asking: Asking) -> Asking:
    """A device's own `downlinkData` comes before that of its type."""
    return replace(asking, downlink_data="") if state.downlink_data else asking


def _earlier_answer(asking: Asking, state: DeviceStateRecord) -> Answer | None:
    """Gives what an uplink was answered before; one whose answer may be forgotten gets nothing (I1)."""
    text = state.answers.get(asking.uplink)
    if text is not None:
        return replace(_answer(asking.uplink, text), repeated=True)
    return Answer(None) if may_be_forgotten(state, asking) else None


def _discards(asking: Asking, state: DeviceStateRecord) -> Discards:
    expired = list(takewhile(lambda text: read_downlink(text).is_expired(asking.now_ms), state.queue))
    while len(expired) > EXPIRED_AT_ONCE:
        claims.drop_expired(asking, expired[:EXPIRED_AT_ONCE])
        del expired[:EXPIRED_AT_ONCE]
    return Discards(expired, dropped_answers(state, asking.now_ms))


def _answer(uplink: str, text: str) -> Answer:
    if not text:
        return Answer(None)
    downlink = answered_downlink(uplink, text)
    return Answer(downlink.payload, downlink if downlink.source is Source.QUEUE else None)
