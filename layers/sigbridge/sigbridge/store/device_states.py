"""The small, hot item of a device: its downlink queue, its answers and its `downlinkData`.

Attributes of the item:

* `queue`: the queued downlinks, first in first. Each is one string (see `downlinks.notation`) that
  begins with the moment it expires, 13 digits of epoch ms, so that a condition can compare it.
* `downlink_data`: the `downlinkData` parameter, 16 hex digits, or "".
* `answers_0` to `answers_3`: what was answered to which uplink. An answer is kept in the map of the
  ten-minute period in which it was given, that is map n mod 4 in period n. A claim looks into the
  maps of its own period and of both neighbours (clocks differ a little), and empties the other.
  So every answer is remembered for at least ten minutes, longer than Sigfox repeats a callback
  (7 minutes). Where a device asks in a rhythm that always meets the same map, the claim finds that
  map full, and `forget` cleans it. An answer is a queued downlink's string, the `downlinkData`, or
  "" for none.
* `removal`: why downlinks left the queue the last time that they did so without being an answer.
* `generation`: when the device was registered (epoch ms), and one more for each time that the queue was
  replaced. A downlink that was handed out before a replacement, or in an earlier life of the device,
  is not put back into the queue after it.

Every change of the queue is one conditional UpdateItem; parameters, registration and deletion change the item
together with others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, Key, NotTogether, Record, Update

_ANSWER_PERIOD_MS = 600_000
_ANSWER_MAPS = 4
ANSWERS_IN_A_MAP = 32
# The maps of the periods before, now and after, in which a repeat may find its answer.
_LOOKED_INTO = (-1, 0, 1)


class Removal(StrEnum):
    """Why a downlink left the queue without being an answer."""

    REPLACED = "replaced"
    CLEARED = "cleared"
    DELETED = "deleted"
    EXPIRED = "expired"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class DeviceStateRecord:
    """The state of one device.

    Attributes:
        queue: Queued downlinks, the next one first.
        downlink_data: The `downlinkData` parameter, or "" for none.
        answer_maps: Remembered answers by uplink, in their maps.
        generation: Grows each time the queue is replaced.
        removal: Why downlinks left it the last time without being an answer.
    """

    queue: tuple[str, ...]
    downlink_data: str
    answer_maps: tuple[dict[str, str], ...]
    generation: int = 0
    removal: Removal = Removal.CLEARED

    @property
    def answers(self) -> dict[str, str]:
        """All remembered answers by uplink."""
        return {uplink: answer for answers in self.answer_maps for uplink, answer in answers.items()}

    def answers_of_period(self, now_ms: int) -> dict[str, str]:
        """Those of the map that a claim of this moment writes into."""
        return self.answer_maps[_map_of(now_ms)]


class NoSuchDevice(Exception):
    """The device has no state, so it is not registered."""


class QueueHasNoRoom(Exception):
    """The push would exceed the capacity; the queue is as it was."""


class NotInQueue(Exception):
    """The downlink is not where it was in the queue; nothing was changed."""


@dataclass(frozen=True, slots=True)
class PushMemory:
    """What is remembered of a push under a key.

    Attributes:
        key: The key.
        ids: Of the downlinks that were pushed.
        kept_until: Epoch seconds after which the key is free again.
    """

    key: str
    ids: tuple[str, ...]
    kept_until: int


class PushedBefore(Exception):
    """A push under this key has happened.

    Attributes:
        ids: Of the downlinks that it pushed.
    """

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__("pushed before")
        self.ids = ids


class ClaimRefused(Exception):
    """The claim did not happen.

    The uplink was answered before, the queue's head is another or expired, a map is full, or the device has
    a `downlinkData` of its own.

    Attributes:
        state: The state that refused it.
    """

    def __init__(self, state: DeviceStateRecord) -> None:
        super().__init__("claim refused")
        self.state = state


def creation(application_id: str, device_id: str, registered_at: int) -> Update:
    """The change that makes the empty state of a new device, for a write that lists it.

    A state that exists is left as it is.
    """
    empty: Record = {"queue": [], "downlink_data": "", "removal": Removal.CLEARED.value}
    empty["generation"] = registered_at
    empty |= {f"answers_{period}": {} for period in range(_ANSWER_MAPS)}
    return Update(
        key=_key(application_id, device_id),
        expression="SET " + ", ".join(f"{name} = if_not_exists({name}, :{name})" for name in empty),
        condition="",
        values={f":{name}": value for name, value in empty.items()},
    )


def find(application_id: str, device_id: str) -> DeviceStateRecord:
    """Reads the state as the last finished write left it.

    Raises:
        NoSuchDevice: The device is not registered.
    """
    record = table.get_latest(_key(application_id, device_id))
    if record is None:
        raise NoSuchDevice
    return read_state(record)


def push(application_id: str, device_id: str, downlinks: Sequence[str], capacity: int) -> None:
    """Appends downlinks to the queue, all or none.

    Raises:
        NoSuchDevice: The device is not registered.
        QueueHasNoRoom: The queue would hold more than `capacity`.
    """
    try:
        table.update_once(_push(application_id, device_id, downlinks, capacity))
    except ConditionFailed as failed:
        raise (NoSuchDevice if failed.existing is None else QueueHasNoRoom) from failed


def push_under_key(
    application_id: str,
    device_id: str,
    downlinks: Sequence[str],
    capacity: int,
    memory: PushMemory,
    now_seconds: int,
) -> None:
    """Like `push`, but only once for a key while it is remembered.

    Args:
        application_id, device_id, downlinks, capacity: As for `push`.
        memory: The key, and what to tell those who repeat it.
        now_seconds: The present moment; DynamoDB deletes what has expired only some time later.

    Raises:
        PushedBefore: There was a push under this key; nothing was changed.
        NoSuchDevice: The device is not registered.
        QueueHasNoRoom: The queue would hold more than `capacity`.
    """
    remembering = Update(
        key=Key(_key(application_id, device_id).pk, f"PUSH#{memory.key}"),
        expression="SET ids = :ids, expires_at = :until",
        condition="attribute_not_exists(pk) OR expires_at <= :now",
        values={":ids": list(memory.ids), ":until": memory.kept_until, ":now": now_seconds},
    )
    try:
        table.write_together(remembering, _push(application_id, device_id, downlinks, capacity))
    except NotTogether as neither:
        before = neither.refused.get(0)
        if before is not None:
            raise PushedBefore(tuple(before["ids"])) from neither
        raise (NoSuchDevice if neither.refused[1] is None else QueueHasNoRoom) from neither


def _push(application_id: str, device_id: str, downlinks: Sequence[str], capacity: int) -> Update:
    return Update(
        key=_key(application_id, device_id),
        expression="SET queue = list_append(queue, :new)",
        condition="attribute_exists(pk) AND size(queue) <= :room",
        values={":new": list(downlinks), ":room": capacity - len(downlinks)},
    )


def replace(application_id: str, device_id: str, downlinks: Sequence[str]) -> None:
    """Puts these downlinks in place of the whole queue; none clears it.

    Raises:
        NoSuchDevice: The device is not registered.
    """
    removal = Removal.REPLACED if downlinks else Removal.CLEARED
    try:
        table.update_once(
            Update(
                key=_key(application_id, device_id),
                expression="SET queue = :queue, removal = :removal, generation = generation + :one",
                condition="attribute_exists(pk)",
                values={":queue": list(downlinks), ":removal": removal.value, ":one": 1},
            )
        )
    except ConditionFailed as failed:
        raise NoSuchDevice from failed


def remove(application_id: str, device_id: str, position: int, downlink: str, removal: Removal) -> None:
    """Takes one downlink out of the queue.

    Args:
        application_id, device_id: Whose queue it is.
        position: Where the downlink stood when the queue was read.
        downlink: The downlink.
        removal: Why.

    Raises:
        NotInQueue: It stands there no more.
    """
    try:
        table.update_once(
            Update(
                key=_key(application_id, device_id),
                expression=f"SET removal = :removal REMOVE queue[{position}]",
                condition=f"attribute_exists(pk) AND queue[{position}] = :downlink",
                values={":removal": removal.value, ":downlink": downlink},
            )
        )
    except ConditionFailed as failed:
        raise NotInQueue from failed


def putting_back(application_id: str, device_id: str, downlink: str, generation: int) -> Update:
    """The change that puts a downlink at the head of the queue again, for a write that does more.

    It is refused where the queue was replaced since it had this generation.
    """
    return Update(
        key=_key(application_id, device_id),
        expression="SET queue = list_append(:head, queue)",
        condition="attribute_exists(pk) AND generation = :generation",
        values={":head": [downlink], ":generation": generation},
    )


def setting_downlink_data(application_id: str, device_id: str, downlink_data: str) -> Update:
    """The change that sets what a device gets while its queue is empty, or "", for a write that does more.

    `store.parameters` makes it together with that of the parameter `downlinkData`.

    It is refused where the device is not registered.
    """
    return Update(
        key=_key(application_id, device_id),
        expression="SET downlink_data = :value",
        condition="attribute_exists(pk)",
        values={":value": downlink_data},
    )


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


def claim(asking: Asking, expired: Sequence[str] = (), room: int = ANSWERS_IN_A_MAP) -> str:
    """Takes the head of the queue, else the `downlinkData`, as this uplink's answer, and records it.

    An uplink that gets nothing is recorded too: a repeat must not get something else.

    Args:
        asking: The uplink.
        expired: Downlinks that have expired, the first ones of the queue; they are dropped. They are
            removed from the last to the first, which DynamoDB does not mind and an emulator that
            removes one after the other needs.
        room: How many answers the period's map may hold.

    Returns:
        The answer; "" for none.

    Raises:
        NoSuchDevice: The device is not registered.
        ClaimRefused: The state is not as it must be.
    """
    return _claim(asking, expired, f"size({_map_name(asking.now_ms, 0)}) < :room", {":room": room})


def claim_unless_answered(asking: Asking, expired: Sequence[str], seen: DeviceStateRecord) -> str:
    """Like `claim`, but only while no other uplink was answered since the state was seen.

    Raises:
        NoSuchDevice, ClaimRefused: As for `claim`.
    """
    return _claim(asking, expired, *_answers_are(seen, asking.now_ms))


def decline(asking: Asking, seen: DeviceStateRecord) -> None:
    """Records that an uplink gets nothing, and leaves the queue as it is.

    Raises:
        NoSuchDevice: The device is not registered.
        ClaimRefused: This or another uplink was answered since the state was seen.
    """
    condition, values = _answers_are(seen, asking.now_ms)
    _answer(asking, ":nothing", "", condition, {":nothing": "", **values})


def _answers_are(seen: DeviceStateRecord, now_ms: int) -> tuple[str, dict[str, Any]]:
    """The condition that the maps a claim looks into are as they were seen."""
    maps = {step: _map_of(now_ms, step) for step in _LOOKED_INTO}
    condition = " AND ".join(f"answers_{number} = :seen{number}" for number in maps.values())
    return condition, {f":seen{number}": seen.answer_maps[number] for number in maps.values()}


def _claim(asking: Asking, expired: Sequence[str], answers_condition: str, answers: Mapping[str, Any]) -> str:
    taken = len(expired)
    values: dict[str, Any] = {**answers}
    fallback, own = "downlink_data", ""
    if asking.downlink_data:
        queued = f"attribute_exists(queue[{taken}])"
        fallback, own = ":downlink_data", f" AND (downlink_data = :none OR {queued})"
        values |= {":downlink_data": asking.downlink_data, ":none": ""}
    if expired:
        head = " AND ".join(f"queue[{position}] = :expired{position}" for position in range(taken))
        values |= {f":expired{position}": text for position, text in enumerate(expired)}
        values[":removal"] = Removal.EXPIRED.value
        removal = ", removal = :removal"
    else:
        head = "(attribute_not_exists(queue[0]) OR queue[0] > :unexpired)"
        values[":unexpired"] = f"{asking.now_ms + 1:013d}"
        removal = ""
    return _answer(
        asking,
        answer=f"if_not_exists(queue[{taken}], {fallback}){removal}",
        removed=" REMOVE " + ", ".join(f"queue[{position}]" for position in range(taken, -1, -1)),
        condition=f"{answers_condition} AND {head}{own}",
        values=values,
    )


def _answer(asking: Asking, answer: str, removed: str, condition: str, values: Mapping[str, Any]) -> str:
    looked_into = [_map_name(asking.now_ms, step) for step in _LOOKED_INTO]
    current, outdated = _map_name(asking.now_ms, 0), _map_name(asking.now_ms, 2)
    unanswered = " AND ".join(f"attribute_not_exists({name}.#uplink)" for name in looked_into)
    change = Update(
        key=_key(asking.application_id, asking.device_id),
        expression=f"SET {current}.#uplink = {answer}, {outdated} = :empty{removed}",
        condition=f"attribute_exists(pk) AND {unanswered} AND {condition}",
        names={"#uplink": asking.uplink},
        values={":empty": {}, **values},
    )
    try:
        answers = table.update_returning(change, current)
    except ConditionFailed as failed:
        if failed.existing is None:
            raise NoSuchDevice from failed
        raise ClaimRefused(read_state(failed.existing)) from failed
    given: str = answers[asking.uplink]
    return given


def forget(
    application_id: str, device_id: str, now_ms: int, seen: dict[str, str], kept: dict[str, str]
) -> None:
    """Cleans the map of this moment's period, unless it has changed since it was seen."""
    name = _map_name(now_ms, 0)
    try:
        table.update(
            Update(
                key=_key(application_id, device_id),
                expression=f"SET {name} = :kept",
                condition=f"{name} = :seen",
                values={":kept": kept, ":seen": seen},
            )
        )
    except ConditionFailed:
        return


def _map_of(now_ms: int, step: int = 0) -> int:
    return (now_ms // _ANSWER_PERIOD_MS + step) % _ANSWER_MAPS


def _map_name(now_ms: int, step: int) -> str:
    return f"answers_{_map_of(now_ms, step)}"


def _key(application_id: str, device_id: str) -> Key:
    return Key(f"DEVICE#{application_id}#{device_id}", "STATE")


def read_state(record: Mapping[str, Any]) -> DeviceStateRecord:
    """Reads the stored item, or its image in the change stream."""
    maps = tuple(record[f"answers_{period}"] for period in range(_ANSWER_MAPS))
    return DeviceStateRecord(
        queue=tuple(record["queue"]),
        downlink_data=record["downlink_data"],
        answer_maps=maps,
        generation=int(record["generation"]),
        removal=Removal(record["removal"]),
    )
