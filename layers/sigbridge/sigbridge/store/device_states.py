"""The small, hot item of a device: its downlink queue, its answers and its `downlinkData`.

Attributes of the item:

* `queue`: the queued downlinks, first in first. Each is one string (see `downlinks.notation`) that
  begins with the moment it expires, 13 digits of epoch ms, so that a condition can compare it.
* `downlink_data`: the `downlinkData` parameter, 16 hex digits, or "".
* `answers_0`, `answers_1`, `answers_2`: what was answered to which uplink. An answer is kept in the
  map of its ten-minute period, the map of the next period is emptied with every claim. So a claim
  remembers for ten to twenty minutes, longer than Sigfox repeats a callback (7 minutes), and the
  item stays small. An answer is a queued downlink's string, the `downlinkData`, or "" for none.

Every change is one conditional UpdateItem.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, Key, Record, Update

_ANSWER_PERIOD_MS = 600_000
_ANSWER_MAPS = 3


@dataclass(frozen=True, slots=True)
class DeviceStateRecord:
    """The state of one device.

    Attributes:
        queue: Queued downlinks, the next one first.
        downlink_data: The `downlinkData` parameter, or "".
        answers: Remembered answers by uplink.
    """

    queue: tuple[str, ...]
    downlink_data: str
    answers: dict[str, str]


class NoSuchDevice(Exception):
    """The device has no state, so it is not registered."""


class QueueHasNoRoom(Exception):
    """The push would exceed the capacity; the queue is as it was."""


class ClaimRefused(Exception):
    """The claim did not happen: answered before, or the head of the queue has expired.

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


def find(application_id: str, device_id: str) -> DeviceStateRecord | None:
    """Reads the state as the last finished write left it."""
    record = table.get_latest(_key(application_id, device_id))
    return None if record is None else _state(record)


def push(application_id: str, device_id: str, downlinks: Sequence[str], capacity: int) -> None:
    """Appends downlinks to the queue, all or none.

    Raises:
        NoSuchDevice: The device is not registered.
        QueueHasNoRoom: The queue would hold more than `capacity`.
    """
    try:
        table.update_once(
            Update(
                key=_key(application_id, device_id),
                expression="SET queue = list_append(queue, :new)",
                condition="attribute_exists(pk) AND size(queue) <= :room",
                values={":new": list(downlinks), ":room": capacity - len(downlinks)},
            )
        )
    except ConditionFailed as failed:
        raise (NoSuchDevice if failed.existing is None else QueueHasNoRoom) from failed


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


def claim(application_id: str, device_id: str, uplink: str, now_ms: int) -> str:
    """Takes the head of the queue, else the `downlinkData`, as this uplink's answer, and records it.

    An uplink that gets nothing is recorded too: a repeat must not get something else.

    Returns:
        The answer; "" for none.

    Raises:
        NoSuchDevice: The device is not registered.
        ClaimRefused: This uplink has its answer already, or the head has expired.
    """
    return _claim(
        application_id,
        device_id,
        uplink,
        now_ms,
        taken="queue[0]",
        removed="queue[0]",
        condition="(attribute_not_exists(queue[0]) OR queue[0] > :limit)",
        limit=f"{now_ms + 1:013d}",
    )


def claim_behind_expired(
    application_id: str, device_id: str, uplink: str, now_ms: int, expired: Sequence[str]
) -> str:
    """Like `claim`, and drops these expired downlinks, which must be the first of the queue.

    They are removed from the last to the first, which DynamoDB does not mind and an emulator that
    removes one after the other needs.

    Raises:
        NoSuchDevice: The device is not registered.
        ClaimRefused: This uplink has its answer already, or the queue has another head by now.
    """
    return _claim(
        application_id,
        device_id,
        uplink,
        now_ms,
        taken=f"queue[{len(expired)}]",
        removed=", ".join(f"queue[{position}]" for position in range(len(expired), -1, -1)),
        condition="queue[0] = :limit",
        limit=expired[0],
    )


def _claim(
    application_id: str,
    device_id: str,
    uplink: str,
    now_ms: int,
    *,
    taken: str,
    removed: str,
    condition: str,
    limit: str,
) -> str:
    period = now_ms // _ANSWER_PERIOD_MS
    current, previous, following = (f"answers_{(period + step) % _ANSWER_MAPS}" for step in (0, -1, 1))
    claiming = Update(
        key=_key(application_id, device_id),
        expression=f"SET {current}.#uplink = if_not_exists({taken}, downlink_data), {following} = :empty"
        f" REMOVE {removed}",
        condition=f"attribute_exists(pk) AND attribute_not_exists({current}.#uplink)"
        f" AND attribute_not_exists({previous}.#uplink) AND {condition}",
        names={"#uplink": uplink},
        values={":empty": {}, ":limit": limit},
    )
    try:
        answers = table.update_returning(claiming, current)
    except ConditionFailed as failed:
        if failed.existing is None:
            raise NoSuchDevice from failed
        raise ClaimRefused(_state(failed.existing)) from failed
    answer: str = answers[uplink]
    return answer


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
    answers: dict[str, str] = {}
    for period in range(_ANSWER_MAPS):
        answers |= record[f"answers_{period}"]
    return DeviceStateRecord(tuple(record["queue"]), record["downlink_data"], answers)
