"""An uplink that asks for a downlink claims its answer: one conditional change of its device's state.

What was answered to which uplink is kept in the map of the ten-minute period in which the answer was given,
that is map n mod 4 in period n. A claim looks into the maps of its own period and of both neighbours (clocks
differ a little), and empties the other. So an answer is remembered for at least ten minutes, longer than
Sigfox repeats a callback (7 minutes).

A map has room for more than a device can ask in its period. Where that is not enough, since somebody asks
who is no device, or a rhythm always meets the same map, the claim drops the oldest answers from it. An
uplink that is not later than one whose answer was dropped may have been answered: it is given nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from sigbridge.errors import StoreUnavailable
from sigbridge.model.claim import Claim, ClaimRequest
from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink import Downlink
from sigbridge.store import table
from sigbridge.store.device_states import ANSWER_MAPS, NoSuchDevice, read_state, state_key
from sigbridge.store.downlink_codec import answered_downlink, is_expired, write_downlink
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Record, Update

# A device that asks is busy for 20 s at least (sigfox reference, 3.3): it can't ask more often than 30
# times in a period, nor than 24 times before Sigfox repeats a callback for the last time. As many are
# kept.
ANSWERS_IN_A_MAP = 32
_DROPPED_AT_ONCE = 8
# An expression has 4,096 bytes.
_EXPIRED_AT_ONCE = 50
_ATTEMPTS = 5

_PERIOD_MS = 600_000
# Sorts after what follows the moment in an uplink's key.
_AFTER_EVERY_NUMBER = "~"
# The maps of the periods before, now and after, in which a repeat may find its answer.
_LOOKED_INTO = (-1, 0, 1)


class NothingWaits(Exception):
    """No downlink is queued, and the device has no `downlinkData` of its own; nothing was changed."""


def claim(request: ClaimRequest) -> Claim:
    """Take what is this uplink's answer, and record it.

    That is the head of the queue, else the device's own `downlinkData`, else what was computed, else the
    `downlinkData` of its type. An uplink that gets nothing is recorded too: a repeat must not get something
    else.

    Raises:
        NothingWaits: Only what waits is claimed, and nothing does.
        NoSuchDevice: The device is not registered.
        StoreUnavailable: Nothing was claimed, or the claim will be found by the repeat.
    """
    discards = _Discards()
    for _ in range(_ATTEMPTS):
        try:
            return Claim(_claim_with_room(request, discards))
        except _ClaimRefused as refused:
            seen = refused.state
        earlier = _earlier_claim(request, seen)
        if earlier is not None:
            return earlier
        _require_what_waits(request, seen)
        request = _with_own_data_of(seen, request)
        discards = _discards(request, seen)
    raise StoreUnavailable


def claim_if(request: ClaimRequest, is_allowed: Callable[[DeviceState], bool]) -> Claim:
    """Like `claim`, but an uplink that may have nothing gets nothing; what is queued stays so.

    It costs a read more, and what the decision costs.

    Args:
        request: The uplink.
        is_allowed: Decides on the device's state, which is as it was when the claim happens.

    Raises:
        NothingWaits, NoSuchDevice, StoreUnavailable: As for `claim`.
    """
    for _ in range(_ATTEMPTS):
        record = table.get_latest(state_key(request.application_id, request.device_id))
        if record is None:
            raise NoSuchDevice
        seen = _ClaimedState.of(record)
        earlier = _earlier_claim(request, seen)
        if earlier is not None:
            return earlier
        allowed = is_allowed(read_state(record))
        if allowed:
            _require_what_waits(request, seen)
        request = _with_own_data_of(seen, request)
        discards = _discards(request, seen)
        with suppress(_ClaimRefused):
            if allowed:
                return Claim(_claim_unless_answered(request, discards, seen))
            _decline(request, discards.answered, seen)
            return Claim(None, is_declined=True)
    raise StoreUnavailable


@dataclass(frozen=True, slots=True)
class _ClaimedState:
    """What a claim looks at of a device's state, as it is written.

    Attributes:
        queue: Queued downlinks, the next one first.
        downlink_data: The `downlinkData` parameter, or "" for none.
        answer_maps: Remembered answers by uplink, in their maps.
        forgotten: For each map the last uplink that was dropped from it, or "".
    """

    queue: tuple[str, ...]
    downlink_data: str
    answer_maps: tuple[Mapping[str, str], ...]
    forgotten: tuple[str, ...]

    @classmethod
    def of(cls, record: Record) -> "_ClaimedState":
        return cls(
            queue=tuple(record["queue"]),
            downlink_data=record["downlink_data"],
            answer_maps=tuple(record[f"answers_{number}"] for number in range(ANSWER_MAPS)),
            forgotten=tuple(record[f"forgotten_{number}"] for number in range(ANSWER_MAPS)),
        )


class _ClaimRefused(Exception):
    """The claim did not happen.

    The uplink was answered before, or may have been; the queue's head is another or has expired; the map is
    full; the device has a `downlinkData` of its own; or only what waits is claimed, and nothing does.

    Attributes:
        state: The state that refused it.
    """

    def __init__(self, state: _ClaimedState) -> None:
        super().__init__("claim refused")
        self.state = state


@dataclass(frozen=True, slots=True)
class _Discards:
    """What a claim drops, since it is of no use any more.

    Attributes:
        expired: Downlinks that have expired, the first ones of the queue, `_EXPIRED_AT_ONCE` at the most.
        answered: Uplinks whose answers the full map of the period drops, the oldest first.
    """

    expired: Sequence[str] = ()
    answered: Sequence[str] = ()


def _with_own_data_of(state: _ClaimedState, request: ClaimRequest) -> ClaimRequest:
    """A device's own `downlinkData` comes before what was computed and that of its type."""
    return replace(request, downlink_data="", computed=None) if state.downlink_data else request


def _require_what_waits(request: ClaimRequest, state: _ClaimedState) -> None:
    if not request.only_what_waits or state.downlink_data:
        return
    if all(is_expired(text, request.now_ms) for text in state.queue):
        raise NothingWaits


def _earlier_claim(request: ClaimRequest, state: _ClaimedState) -> Claim | None:
    """Return what an uplink was answered before; one whose answer may be forgotten gets nothing (I1)."""
    for answers in state.answer_maps:
        if request.uplink in answers:
            return Claim(_downlink(request, answers[request.uplink]), is_repeat=True)
    forgotten = (state.forgotten[_map_of(request.now_ms, step)] for step in _LOOKED_INTO)
    return Claim(None) if any(request.uplink <= last for last in forgotten) else None


def _discards(request: ClaimRequest, state: _ClaimedState) -> _Discards:
    now = f"{request.now_ms:013d}"
    # A queued downlink begins with the moment at which it expires.
    expired = list(takewhile(lambda text: text[: len(now)] <= now, state.queue))
    while len(expired) > _EXPIRED_AT_ONCE:
        _drop_expired(request, expired[:_EXPIRED_AT_ONCE])
        del expired[:_EXPIRED_AT_ONCE]
    answers = state.answer_maps[_map_of(request.now_ms)]
    dropped = sorted(answers)[:_DROPPED_AT_ONCE] if len(answers) >= ANSWERS_IN_A_MAP else ()
    return _Discards(expired, dropped)


def _drop_expired(request: ClaimRequest, expired: Sequence[str]) -> None:
    """Drop downlinks that have expired, the first ones of the queue, unless it has changed since."""
    conditions, values = _head_is_as_seen(request, expired)
    update = Update(
        key=state_key(request.application_id, request.device_id),
        expression="SET removal = :removal REMOVE " + ", ".join(_places(len(expired))),
        condition=" AND ".join(["attribute_exists(pk)", *conditions]),
        values=values,
    )
    with suppress(ConditionFailed):
        table.update(update)


def _claim_with_room(request: ClaimRequest, discards: _Discards) -> Downlink | None:
    """Claim while the period's map has room, or is given some.

    Raises:
        NoSuchDevice: The device is not registered.
        _ClaimRefused: The state is not as it must be.
    """
    if discards.answered:
        return _claim(request, discards, [], {})
    room = f"size({_attribute('answers', request.now_ms)}) < :room"
    return _claim(request, discards, [room], {":room": ANSWERS_IN_A_MAP})


def _claim_unless_answered(
    request: ClaimRequest, discards: _Discards, seen: _ClaimedState
) -> Downlink | None:
    """Claim while no other uplink was answered since the state was seen; raises as `_claim_with_room`."""
    return _claim(request, discards, *_answers_are(seen, request.now_ms))


def _decline(request: ClaimRequest, answered: Sequence[str], seen: _ClaimedState) -> None:
    """Record that an uplink gets nothing, and leave the queue as it is; raises as `_claim_with_room`."""
    conditions, values = _answers_are(seen, request.now_ms)
    change = _Change(":nothing", [], [], conditions, {":nothing": "", **values})
    _answer(request, change, answered)


@dataclass(frozen=True, slots=True)
class _Change:
    """What an answer changes.

    Attributes:
        answer: Operand that the answer is taken from.
        assignments, removed, conditions: Further parts of the expressions.
        values: Their values.
    """

    answer: str
    assignments: list[str]
    removed: list[str]
    conditions: list[str]
    values: dict[str, Any]


def _answers_are(seen: _ClaimedState, now_ms: int) -> tuple[list[str], dict[str, Any]]:
    """The conditions that the maps a claim looks into are as they were seen."""
    maps = [_map_of(now_ms, step) for step in _LOOKED_INTO]
    conditions = [f"answers_{number} = :seen{number}" for number in maps]
    return conditions, {f":seen{number}": seen.answer_maps[number] for number in maps}


def _claim(
    request: ClaimRequest, discards: _Discards, conditions: Sequence[str], values: Mapping[str, Any]
) -> Downlink | None:
    taken = len(discards.expired)
    head, head_values = _head_is_as_seen(request, discards.expired)
    fallback, own, own_values = _fallback(request, taken)
    change = _Change(
        answer=f"if_not_exists(queue[{taken}], {fallback})",
        assignments=["removal = :removal"] if taken else [],
        removed=_places(taken + 1),
        conditions=[*conditions, *head, *own],
        values={**values, **head_values, **own_values},
    )
    return _answer(request, change, discards.answered)


def _places(count: int) -> list[str]:
    """The first places of the queue.

    The last one comes first: DynamoDB does not mind, and an emulator that removes one by one needs it.
    """
    return [f"queue[{position}]" for position in reversed(range(count))]


def _head_is_as_seen(request: ClaimRequest, expired: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    if not expired:
        unexpired = f"{request.now_ms + 1:013d}"
        return ["(attribute_not_exists(queue[0]) OR queue[0] > :unexpired)"], {":unexpired": unexpired}
    # Downlinks come into a queue at its ends only. Where the first one and the last one are in their
    # places, so are those between them, and the expression stays short however many there are.
    conditions = ["queue[0] = :first", f"queue[{len(expired) - 1}] = :last"]
    return conditions, {":first": expired[0], ":last": expired[-1], ":removal": Removal.EXPIRED.value}


def _fallback(request: ClaimRequest, taken: int) -> tuple[str, list[str], dict[str, Any]]:
    is_queued = f"attribute_exists(queue[{taken}])"
    if request.only_what_waits:
        return "downlink_data", [f"(downlink_data <> :none OR {is_queued})"], {":none": ""}
    given = request.downlink_data if request.computed is None else write_downlink(request.computed)
    if not given:
        return "downlink_data", [], {}
    return ":given", [f"(downlink_data = :none OR {is_queued})"], {":given": given, ":none": ""}


def _answer(request: ClaimRequest, change: _Change, dropped: Sequence[str]) -> Downlink | None:
    answers = _attribute("answers", request.now_ms)
    names = {"#uplink": request.uplink} | {f"#dropped{i}": uplink for i, uplink in enumerate(dropped)}
    values: dict[str, Any] = {":empty": {}, ":never": "", ":uplink": request.uplink, **change.values}
    assignments = [
        f"{answers}.#uplink = {change.answer}",
        f"{_attribute('answers', request.now_ms, 2)} = :empty",
        f"{_attribute('forgotten', request.now_ms, 2)} = :never",
        *change.assignments,
    ]
    conditions = ["attribute_exists(pk)", *change.conditions]
    for step in _LOOKED_INTO:
        conditions.append(f"attribute_not_exists({_attribute('answers', request.now_ms, step)}.#uplink)")
        conditions.append(f"{_attribute('forgotten', request.now_ms, step)} < :uplink")
    if dropped:
        assignments.append(f"{_attribute('forgotten', request.now_ms)} = :forgotten")
        # What tells a moment to come must not hold back those that are sent until then.
        values[":forgotten"] = min(dropped[-1], f"{request.now_ms:013d}{_AFTER_EVERY_NUMBER}")
    paths = [f"{answers}.#dropped{i}" for i in range(len(dropped))]
    conditions += [f"attribute_exists({path})" for path in paths]
    removed = [*change.removed, *paths]
    update = Update(
        key=state_key(request.application_id, request.device_id),
        expression="SET " + ", ".join(assignments) + (" REMOVE " + ", ".join(removed) if removed else ""),
        condition=" AND ".join(conditions),
        values=values,
        names=names,
    )
    try:
        given: str = table.update_returning(update, answers)[request.uplink]
    except ConditionFailed as failed:
        if failed.existing is None:
            raise NoSuchDevice from failed
        raise _ClaimRefused(_ClaimedState.of(failed.existing)) from failed
    return _downlink(request, given)


def _downlink(request: ClaimRequest, text: str) -> Downlink | None:
    return answered_downlink(request.uplink, text) if text else None


def _attribute(name: str, now_ms: int, step: int = 0) -> str:
    return f"{name}_{_map_of(now_ms, step)}"


def _map_of(now_ms: int, step: int = 0) -> int:
    return (now_ms // _PERIOD_MS + step) % ANSWER_MAPS
