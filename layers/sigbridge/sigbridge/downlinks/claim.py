"""Answering a device that asks for a downlink.

Invariants (docs/architecture.md): I1 a downlink goes to at most one uplink; I2 a repeated callback gets
the first one's answer; I7 a late one claims nothing.
"""

from dataclasses import dataclass, replace

from sigbridge.clock import counted_moment
from sigbridge.downlinks.errors import store_refusals_translated
from sigbridge.downlinks.quota import answered_uplinks, counts_on_day
from sigbridge.model.claim import Claim, ClaimRequest
from sigbridge.model.device_state import DeviceState
from sigbridge.model.downlink import Downlink, Source
from sigbridge.model.downlink_history import uplink_moment
from sigbridge.store import claims, device_states


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device is told.

    Attributes:
        payload: 16 lower-case hex digits, or None for nothing.
        downlink: The queued downlink it comes from; None for what was not queued.
        repeated: Whether the same uplink was answered so before.
    """

    payload: str | None
    downlink: Downlink | None = None
    repeated: bool = False


def answer_uplink(request: ClaimRequest) -> Answer:
    """Give an uplink its one answer: the head of the queue, else what the request says, else nothing.

    Raises:
        NothingWaits: Only what waits is claimed, and nothing does.
        UnknownDevice: The device is not listed.
        StoreUnavailable: Nothing was claimed, or the claim will be found by the repeat.
    """
    with store_refusals_translated(request.application_id, request.device_id):
        return _answer(claims.claim(request))


def answer_uplink_within(quota: int, request: ClaimRequest) -> Answer:
    """Like `answer_uplink`, but give nothing once the device had its downlinks of the day.

    What it would have got stays queued. It costs two reads more.

    Args:
        quota: How many downlinks a device may have in a day (UTC).
        request: The uplink.

    Raises:
        NothingWaits, UnknownDevice, StoreUnavailable: As for `answer_uplink`.
    """
    moment = counted_moment(uplink_moment(request.uplink), request.now_ms)

    def has_quota_left(state: DeviceState) -> bool:
        # The index lags behind by about a second; the state is exact, but remembers ten minutes only.
        given = set(answered_uplinks(request.application_id, request.device_id, moment))
        remembered = (uplink for uplink, downlink in state.answers.items() if downlink is not None)
        given |= {uplink for uplink in remembered if counts_on_day(uplink, request.now_ms, moment)}
        return len(given) < quota

    with store_refusals_translated(request.application_id, request.device_id):
        return _answer(claims.claim_if(request, has_quota_left))


def recall_answer(application_id: str, device_id: str, uplink: str) -> Answer:
    """Give an uplink the answer it had, without claiming anything.

    Raises:
        UnknownDevice: The device is not listed.
        StoreUnavailable: The answers can't be read.
    """
    with store_refusals_translated(application_id, device_id):
        answers = device_states.find(application_id, device_id).answers
    return _answer(Claim(answers.get(uplink), is_repeat=uplink in answers))


def _answer(claim: Claim) -> Answer:
    answer = Answer(None, repeated=claim.is_repeat)
    downlink = claim.downlink
    if downlink is None:
        return answer
    queued = downlink if downlink.source is Source.QUEUE else None
    return replace(answer, payload=downlink.payload, downlink=queued)
