"""The small, hot item of a device: its downlink queue, its answers and its `downlinkData`.

Attributes of the item:

* `queue`: the queued downlinks, first in first. Each is one string (see `store.downlink_codec`) that
  begins with the moment it expires, 13 digits of epoch ms, so that a condition can compare it.
* `downlink_data`: the `downlinkData` parameter, 16 hex digits, or "".
* `answers_0` to `answers_3`: what was answered to which uplink (see `store.claims`). An answer is the string
  of a downlink that was queued or computed, the `downlinkData`, or "" for none.
* `forgotten_0` to `forgotten_3`: the last uplink whose answer was dropped from each of these maps, or "".
* `removal`: why downlinks left the queue the last time that they did so without being an answer.
* `generation`: when the device was registered (epoch ms), and one more for each time that the queue was
  replaced. A downlink that was handed out before a replacement, or in an earlier life of the device,
  is not put back into the queue after it.

Every change of the queue is one conditional UpdateItem; parameters, registration and deletion change the item
together with others. The queue, the answers and what each may hold are bounded so that the item stays below
DynamoDB's 400 kB, whatever is written into it (docs/decisions/0019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from sigbridge.model.device_state import DeviceState, Removal
from sigbridge.model.downlink import Downlink
from sigbridge.store import table, transactions
from sigbridge.store.downlink_codec import answered_downlink, is_expired, read_downlink, write_downlink
from sigbridge.store.failures import ConditionFailed, TransactionFailed
from sigbridge.store.rows import Key, Record, Update

ANSWER_MAPS = 4
# Room for the 150 that can be pushed, the most that the template allows, and for 32 that are tried again.
MOST_QUEUED = 182
# What a downlink may take when it is queued. With the number of its attempt it grows, to `MOST_BYTES` at
# the most.
MOST_PUSHED_BYTES = 1_400
MOST_BYTES = MOST_PUSHED_BYTES + len(',"attempt":99')
# A batch carries at most 16 MB, and a state may have 400 kB.
_STATES_IN_A_REQUEST = 25


class NoSuchDevice(Exception):
    """The device has no state, so it is not registered."""


class QueueHasNoRoom(Exception):
    """The queue would hold more than it may; it is as it was."""


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


def creation(application_id: str, device_id: str, registered_at: int, downlink_data: str = "") -> Update:
    """The change that makes the state of a new device, for a write that lists it.

    A state that exists is left as it is, apart from a `downlinkData` that the device begins with.
    """
    empty: Record = {"queue": [], "downlink_data": "", "removal": Removal.CLEARED.value}
    empty["generation"] = registered_at
    for number in range(ANSWER_MAPS):
        empty |= {f"answers_{number}": {}, f"forgotten_{number}": ""}
    assignments = {name: f"if_not_exists({name}, :{name})" for name in empty}
    if downlink_data:
        empty["downlink_data"] = downlink_data
        assignments["downlink_data"] = ":downlink_data"
    return Update(
        key=state_key(application_id, device_id),
        expression="SET " + ", ".join(f"{name} = {value}" for name, value in assignments.items()),
        condition="",
        values={f":{name}": value for name, value in empty.items()},
    )


def find(application_id: str, device_id: str) -> DeviceState:
    """Read the state as the last finished write left it.

    Raises:
        NoSuchDevice: The device is not registered.
    """
    record = table.get_latest(state_key(application_id, device_id))
    if record is None:
        raise NoSuchDevice
    return read_state(record)


def queue_lengths(application_id: str, device_ids: Sequence[str], now_ms: int) -> dict[str, int]:
    """Tell how many downlinks wait for each of these devices, eventually consistent, 25 states in a request.

    A state takes half a read unit for every 4 kB.

    Args:
        application_id, device_ids: The devices.
        now_ms: The present moment; what has expired waits no more.
    """
    keys = {device_id: state_key(application_id, device_id) for device_id in device_ids}
    found: dict[Key, Record] = {}
    for some in batched(keys.values(), _STATES_IN_A_REQUEST, strict=False):
        found |= table.get_many(some)
    return {
        device_id: sum(not is_expired(downlink, now_ms) for downlink in found[key]["queue"])
        for device_id, key in keys.items()
        if key in found
    }


def push(application_id: str, device_id: str, downlinks: Sequence[Downlink], capacity: int) -> None:
    """Append downlinks to the queue, all or none.

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
    downlinks: Sequence[Downlink],
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
        key=Key(state_key(application_id, device_id).pk, f"PUSH#{memory.key}"),
        expression="SET ids = :ids, expires_at = :until",
        condition="attribute_not_exists(pk) OR expires_at <= :now",
        values={":ids": list(memory.ids), ":until": memory.kept_until, ":now": now_seconds},
    )
    try:
        transactions.transact(remembering, _push(application_id, device_id, downlinks, capacity))
    except TransactionFailed as neither:
        before = neither.refused.get(0)
        if before is not None:
            raise PushedBefore(tuple(before["ids"])) from neither
        raise (NoSuchDevice if neither.refused[1] is None else QueueHasNoRoom) from neither


def _push(application_id: str, device_id: str, downlinks: Sequence[Downlink], capacity: int) -> Update:
    return Update(
        key=state_key(application_id, device_id),
        expression="SET queue = list_append(queue, :new)",
        condition="attribute_exists(pk) AND size(queue) <= :room",
        values={":new": _written(downlinks), ":room": capacity - len(downlinks)},
    )


def replace(application_id: str, device_id: str, downlinks: Sequence[Downlink]) -> None:
    """Put these downlinks in place of the whole queue; none clears it.

    Raises:
        NoSuchDevice: The device is not registered.
    """
    removal = Removal.REPLACED if downlinks else Removal.CLEARED
    try:
        table.update_once(
            Update(
                key=state_key(application_id, device_id),
                expression="SET queue = :queue, removal = :removal, generation = generation + :one",
                condition="attribute_exists(pk)",
                values={":queue": _written(downlinks), ":removal": removal.value, ":one": 1},
            )
        )
    except ConditionFailed as failed:
        raise NoSuchDevice from failed


def remove(application_id: str, device_id: str, position: int, downlink: Downlink, removal: Removal) -> None:
    """Take one downlink out of the queue.

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
                key=state_key(application_id, device_id),
                expression=f"SET removal = :removal REMOVE queue[{position}]",
                condition=f"attribute_exists(pk) AND queue[{position}] = :downlink",
                values={":removal": removal.value, ":downlink": write_downlink(downlink)},
            )
        )
    except ConditionFailed as failed:
        raise NotInQueue from failed


def putting_back(application_id: str, device_id: str, downlink: Downlink, generation: int) -> Update:
    """The change that puts a downlink at the head of the queue again, for a write that does more.

    It is refused where the queue was replaced since it had this generation, or holds all that it can.
    """
    return Update(
        key=state_key(application_id, device_id),
        expression="SET queue = list_append(:head, queue)",
        condition="attribute_exists(pk) AND generation = :generation AND size(queue) < :most",
        values={":head": [write_downlink(downlink)], ":generation": generation, ":most": MOST_QUEUED},
    )


def setting_downlink_data(application_id: str, device_id: str, downlink_data: str) -> Update:
    """The change that sets what a device gets while its queue is empty, or "", for a write that does more.

    `store.parameters` makes it together with that of the parameter `downlinkData`.

    It is refused where the device is not registered.
    """
    return Update(
        key=state_key(application_id, device_id),
        expression="SET downlink_data = :value",
        condition="attribute_exists(pk)",
        values={":value": downlink_data},
    )


def state_key(application_id: str, device_id: str) -> Key:
    """The key of a device's state."""
    return Key(f"DEVICE#{application_id}#{device_id}", "STATE")


def read_state(record: Mapping[str, Any]) -> DeviceState:
    """Read the stored item, or its image in the change stream."""
    answers = {
        uplink: answered_downlink(uplink, text) if text else None
        for number in range(ANSWER_MAPS)
        for uplink, text in record[f"answers_{number}"].items()
    }
    return DeviceState(
        queue=tuple(map(read_downlink, record["queue"])),
        downlink_data=record["downlink_data"],
        answers=answers,
        generation=int(record["generation"]),
        removal=Removal(record["removal"]),
    )


def _written(downlinks: Sequence[Downlink]) -> list[str]:
    return [write_downlink(downlink) for downlink in downlinks]
