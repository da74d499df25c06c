"""An uplink that asks for a downlink claims its answer: one conditional change of its device's state.

What was answered to which uplink is kept in the map of the ten-minute period in which the answer was given,
that is map n mod 4 in period n. A claim looks into the maps of its own period and of both neighbours (clocks
differ a little), and empties the other. So an answer is remembered for at least ten minutes, longer than
Sigfox repeats a callback (7 minutes).

A map has room for more than a device can ask in its period. Where that is not enough, since somebody asks
who is no device, or a rhythm always meets the same map, the claim drops the oldest answers from it. An
uplink that is not later than one whose answer was dropped may have been answered: it is given nothing.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.device_states import (
    ANSWER_MAPS,
    DeviceStateRecord,
    NoSuchDevice,
    Removal,
    read_state,
    state_key,
)
from sigbridge.store.table import ConditionFailed, Update

# A device that asks is busy for 20 s at least (sigfox reference, 3.3): it can't ask more often than 30
# times in a period, nor than 24 times before Sigfox repeats a callback for the last time. As many are
# kept.
ANSWERS_IN_A_MAP = 32
DROPPED_AT_ONCE = 8
# An expression has 4,096 bytes.
EXPIRED_AT_ONCE = 50

_PERIOD_MS = 600_000
# Sorts after what follows the moment in an uplink's key.
_AFTER_EVERY_NUMBER = "~"
# The maps of the periods before, now and after, in which a repeat may find its answer.
_LOOKED_INTO = (-1, 0, 1)


class ClaimRefused(Exception):
    """The claim did not happen.

    The uplink was answered before, or may have been; the queue's head is another or has expired; the map is
    full; or the device has a `downlinkData` of its own.

    Attributes:
        state: The state that refused it.
    """

    def __init__(self, state: DeviceStateRecord) -> None:
        super().__init__("claim refused")
        self.state = state


@dataclass(frozen=True, slots=True)
class Asking:
    """An uplink that asks for a downlink.

    Attributes:
        application_id, device_id: Whose queue it asks.
        uplink: Its key.
        now_ms: The present moment.
        downlink_data: What it is answered with where nothing is queued, if its device has no
            `downlinkData` of its own; "" for that of the device.
    """

    application_id: str
    device_id: str
    uplink: str
    now_ms: int
    downlink_data: str = ""


@dataclass(frozen=True, slots=True)
class Discards:
    """What a claim drops, since it is of no use any more.

    Attributes:
        expired: Downlinks that have expired, the first ones of the queue, `EXPIRED_AT_ONCE` at the most.
        answered: Uplinks whose answers the full map of the period drops, the oldest first.
    """

    expired: Sequence[str] = ()
    answered: Sequence[str] = ()


def dropped_answers(state: DeviceStateRecord, now_ms: int) -> Sequence[str]:
    """Tells which uplinks' answers the period's map drops for another one; none while it has room."""
    answers = state.answer_maps[_map_of(now_ms)]
    return sorted(answers)[:DROPPED_AT_ONCE] if len(answers) >= ANSWERS_IN_A_MAP else ()


def may_be_forgotten(state: DeviceStateRecord, asking: Asking) -> bool:
    """Tells whether an uplink that has no answer may have had one that was dropped."""
    return any(asking.uplink <= state.forgotten[_map_of(asking.now_ms, step)] for step in _LOOKED_INTO)


def drop_expired(asking: Asking, expired: Sequence[str]) -> None:
    """Drops downlinks that have expired, the first ones of the queue, unless it has changed since."""
    conditions, values = _head_is_as_seen(asking, expired)
    update = Update(
        key=state_key(asking.application_id, asking.device_id),
        expression="SET removal = :removal REMOVE " + ", ".join(_places(len(expired))),
        condition=" AND ".join(["attribute_exists(pk)", *conditions]),
        values=values,
    )
    with suppress(ConditionFailed):
        table.update(update)


def claim(asking: Asking, discards: Discards) -> str:
    """Takes the head of the queue, else the `downlinkData`, as this uplink's answer, and records it.

    An uplink that gets nothing is recorded too: a repeat must not get something else.

    Returns:
        The answer; "" for none.

    Raises:
        NoSuchDevice: The device is not registered.
        ClaimRefused: The state is not as it must be.
    """
    if discards.answered:
        return _claim(asking, discards, [], {})
    room = f"size({_attribute('answers', asking.now_ms)}) < :room"
    return _claim(asking, discards, [room], {":room": ANSWERS_IN_A_MAP})


def claim_unless_answered(asking: Asking, discards: Discards, seen: DeviceStateRecord) -> str:
    """Like `claim`, but only while no other uplink was answered since the state was seen.

    Raises:
        NoSuchDevice, ClaimRefused: As for `claim`.
    """
    return _claim(asking, discards, *_answers_are(seen, asking.now_ms))


def decline(asking: Asking, answered: Sequence[str], seen: DeviceStateRecord) -> None:
    """Records that an uplink gets nothing, and leaves the queue as it is.

    Args:
        asking: The uplink.
        answered: Uplinks whose answers the full map of the period drops, the oldest first.
        seen: The state that the decision was made on.

    Raises:
        NoSuchDevice: The device is not registered.
        ClaimRefused: This or another uplink was answered since the state was seen.
    """
    conditions, values = _answers_are(seen, asking.now_ms)
    change = _Change(":nothing", [], [], conditions, {":nothing": "", **values})
    _answer(asking, change, answered)


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


def _answers_are(seen: DeviceStateRecord, now_ms: int) -> tuple[list[str], dict[str, Any]]:
    """The conditions that the maps a claim looks into are as they were seen."""
    maps = [_map_of(now_ms, step) for step in _LOOKED_INTO]
    conditions = [f"answers_{number} = :seen{number}" for number in maps]
    return conditions, {f":seen{number}": seen.answer_maps[number] for number in maps}


def _claim(asking: Asking, discards: Discards, conditions: Sequence[str], values: Mapping[str, Any]) -> str:
    taken = len(discards.expired)
    head, head_values = _head_is_as_seen(asking, discards.expired)
    fallback, own, own_values = _fallback(asking, taken)
    change = _Change(
        answer=f"if_not_exists(queue[{taken}], {fallback})",
        assignments=["removal = :removal"] if taken else [],
        removed=_places(taken + 1),
        conditions=[*conditions, *head, *own],
        values={**values, **head_values, **own_values},
    )
    return _answer(asking, change, discards.answered)


def _places(count: int) -> list[str]:
    """The first places of the queue.

    The last one comes first: DynamoDB does not mind, and an emulator that removes one by one needs it.
    """
    return [f"queue[{position}]" for position in reversed(range(count))]


def _head_is_as_seen(asking: Asking, expired: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    if not expired:
        unexpired = f"{asking.now_ms + 1:013d}"
        return ["(attribute_not_exists(queue[0]) OR queue[0] > :unexpired)"], {":unexpired": unexpired}
    # Downlinks come into a queue at its ends only. Where the first one and the last one are in their
    # places, so are those between them, and the expression stays short however many there are.
    conditions = ["queue[0] = :first", f"queue[{len(expired) - 1}] = :last"]
    return conditions, {":first": expired[0], ":last": expired[-1], ":removal": Removal.EXPIRED.value}


def _fallback(asking: Asking, taken: int) -> tuple[str, list[str], dict[str, Any]]:
    if not asking.downlink_data:
        return "downlink_data", [], {}
    has_none_of_its_own = f"(downlink_data = :none OR attribute_exists(queue[{taken}]))"
    return ":downlink_data", [has_none_of_its_own], {":downlink_data": asking.downlink_data, ":none": ""}


def _answer(asking: Asking, change: _Change, dropped: Sequence[str]) -> str:
    answers = _attribute("answers", asking.now_ms)
    names = {"#uplink": asking.uplink} | {f"#dropped{i}": uplink for i, uplink in enumerate(dropped)}
    values: dict[str, Any] = {":empty": {}, ":never": "", ":uplink": asking.uplink, **change.values}
    assignments = [
        f"{answers}.#uplink = {change.answer}",
        f"{_attribute('answers', asking.now_ms, 2)} = :empty",
        f"{_attribute('forgotten', asking.now_ms, 2)} = :never",
        *change.assignments,
    ]
    conditions = ["attribute_exists(pk)", *change.conditions]
    for step in _LOOKED_INTO:
        conditions.append(f"attribute_not_exists({_attribute('answers', asking.now_ms, step)}.#uplink)")
        conditions.append(f"{_attribute('forgotten', asking.now_ms, step)} < :uplink")
    if dropped:
        assignments.append(f"{_attribute('forgotten', asking.now_ms)} = :forgotten")
        # What tells a moment to come must not hold back those that are sent until then.
        values[":forgotten"] = min(dropped[-1], f"{asking.now_ms:013d}{_AFTER_EVERY_NUMBER}")
    paths = [f"{answers}.#dropped{i}" for i in range(len(dropped))]
    conditions += [f"attribute_exists({path})" for path in paths]
    removed = [*change.removed, *paths]
    update = Update(
        key=state_key(asking.application_id, asking.device_id),
        expression="SET " + ", ".join(assignments) + (" REMOVE " + ", ".join(removed) if removed else ""),
        condition=" AND ".join(conditions),
        values=values,
        names=names,
    )
    try:
        given: str = table.update_returning(update, answers)[asking.uplink]
    except ConditionFailed as failed:
        if failed.existing is None:
            raise NoSuchDevice from failed
        raise ClaimRefused(read_state(failed.existing)) from failed
    return given


def _attribute(name: str, now_ms: int, step: int = 0) -> str:
    return f"{name}_{_map_of(now_ms, step)}"


def _map_of(now_ms: int, step: int = 0) -> int:
    return (now_ms // _PERIOD_MS + step) % ANSWER_MAPS
