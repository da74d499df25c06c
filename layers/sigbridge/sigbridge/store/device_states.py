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

Every change is one conditional UpdateItem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, ItemExists, Key, Record, Update

_ANSWER_PERIOD_MS = 600_000
_ANSWER_MAPS = 4
ANSWERS_IN_A_MAP = 32


@dataclass(frozen=True, slots=True)
class DeviceStateRecord:
    """The state of one device.

    Attributes:
        queue: Queued downlinks, the next one first.
        downlink_data: The `downlinkData` parameter, or "".
        answer_maps: Remembered answers by uplink, in their maps.
    """

    queue: tuple[str, ...]
    downlink_data: str
    answer_maps: tuple[dict[str, str], ...]

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


class PushedBefore(Exception):
    """A push under this key has happened."""


class ClaimRefused(Exception):
    """The claim did not happen: answered before, the queue's head is another or expired, or a map is full.

    Attributes:
        state: The state that refused it.
    """

    def __init__(self, state: DeviceStateRecord) -> None:
        super().__init__("claim refused")
        self.state = state


def create(application_id: str, device_id: str) -> None:
    """Makes the empty state of a new device; one that exists is left as it is."""
    empty: Record = {"queue": [], "downlink_data": ""}
    empty |= {f"answers_{period}": {} for period in range(_ANSWER_MAPS)}
    try:
        table.put_new(_key(application_id, device_id), empty)
    except ConditionFailed:
        return


def find(application_id: str, device_id: str) -> DeviceStateRecord:
    """Reads the state as the last finished write left it.

    Raises:
        NoSuchDevice: The device is not registered.
    """
    record = table.get_latest(_key(application_id, device_id))
    if record is None:
        raise NoSuchDevice
    return _state(record)


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
    push_key: str,
    expires_at: int,
) -> None:
    """Like `push`, but only once for a key, which is remembered until `expires_at` (epoch seconds).

    Raises:
        PushedBefore: There was a push under this key; nothing was changed.
        NoSuchDevice: The device is not registered.
        QueueHasNoRoom: The queue would hold more than `capacity`.
    """
    remembered = Key(_key(application_id, device_id).pk, f"PUSH#{push_key}")
    change = _push(application_id, device_id, downlinks, capacity)
    try:
        table.put_new_and_update(remembered, {"expires_at": expires_at}, change)
    except ItemExists as exists:
        raise PushedBefore from exists
    except ConditionFailed as failed:
        raise (NoSuchDevice if failed.existing is None else QueueHasNoRoom) from failed


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
    _set(application_id, device_id, "queue", list(downlinks))


def set_downlink_data(application_id: str, device_id: str, downlink_data: str) -> None:
    """Sets the `downlinkData` parameter, or clears it with "".

    Raises:
        NoSuchDevice: The device is not registered.
    """
    _set(application_id, device_id, "downlink_data", downlink_data)


def claim(
    application_id: str,
    device_id: str,
    uplink: str,
    now_ms: int,
    expired: Sequence[str] = (),
    room: int = ANSWERS_IN_A_MAP,
) -> str:
    """Takes the head of the queue, else the `downlinkData`, as this uplink's answer, and records it.

    An uplink that gets nothing is recorded too: a repeat must not get something else.

    Args:
        application_id, device_id: Whose queue it is.
        uplink: Key of the uplink that asks.
        now_ms: The present moment.
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
    earlier, current, later, outdated = (_map_name(now_ms, step) for step in (-1, 0, 1, 2))
    head = "queue[0] = :head" if expired else "(attribute_not_exists(queue[0]) OR queue[0] > :head)"
    claiming = Update(
        key=_key(application_id, device_id),
        expression=f"SET {current}.#uplink = if_not_exists(queue[{len(expired)}], downlink_data),"
        f" {outdated} = :empty REMOVE "
        + ", ".join(f"queue[{position}]" for position in range(len(expired), -1, -1)),
        condition="attribute_exists(pk) AND "
        + " AND ".join(f"attribute_not_exists({name}.#uplink)" for name in (earlier, current, later))
        + f" AND size({current}) < :room AND {head}",
        names={"#uplink": uplink},
        values={":empty": {}, ":room": room, ":head": expired[0] if expired else f"{now_ms + 1:013d}"},
    )
    try:
        answers = table.update_returning(claiming, current)
    except ConditionFailed as failed:
        if failed.existing is None:
            raise NoSuchDevice from failed
        raise ClaimRefused(_state(failed.existing)) from failed
    answer: str = answers[uplink]
    return answer


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


def _set(application_id: str, device_id: str, attribute: str, value: Any) -> None:
    try:
        table.update_once(
            Update(
                key=_key(application_id, device_id),
                expression=f"SET {attribute} = :value",
                condition="attribute_exists(pk)",
                values={":value": value},
            )
        )
    except ConditionFailed as failed:
        raise NoSuchDevice from failed


def _key(application_id: str, device_id: str) -> Key:
    return Key(f"DEVICE#{application_id}#{device_id}", "STATE")


def _state(record: Record) -> DeviceStateRecord:
    maps = tuple(record[f"answers_{period}"] for period in range(_ANSWER_MAPS))
    return DeviceStateRecord(tuple(record["queue"]), record["downlink_data"], maps)
