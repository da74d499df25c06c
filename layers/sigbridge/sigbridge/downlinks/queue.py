"""The queue of a device: push, replace, clear, list. Each change is one atomic write (I4)."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress

from sigbridge.clock import now_ms
from sigbridge.downlinks.errors import (
    DownlinkNotQueued,
    DownlinkTooLarge,
    QueueFull,
    store_refusals_translated,
)
from sigbridge.downlinks.history import downlink_history_of
from sigbridge.errors import StoreUnavailable
from sigbridge.model.device_state import Removal
from sigbridge.model.downlink import Downlink
from sigbridge.settings import settings
from sigbridge.store import device_states
from sigbridge.store.device_states import MOST_PUSHED_BYTES, NotInQueue, PushedBefore, PushMemory
from sigbridge.store.item_size import size_of_downlink

_KEY_REMEMBERED_SECONDS = 86_400
# The position of a downlink changes with every one that leaves before it.
_TAKE_OUT_ATTEMPTS = 5


def check_capacity(count: int) -> None:
    """Let so many downlinks pass if an empty queue holds them.

    Raises:
        QueueFull: It does not.
    """
    capacity = settings().queue_capacity
    if count > capacity:
        raise QueueFull(capacity)


def check_size(downlink: Downlink) -> None:
    """Let a downlink pass that the queue has bytes enough for.

    Raises:
        DownlinkTooLarge: It has not.
    """
    if size_of_downlink(downlink) > MOST_PUSHED_BYTES:
        raise DownlinkTooLarge(MOST_PUSHED_BYTES)


def push_downlinks(application_id: str, device_id: str, downlinks: Sequence[Downlink]) -> list[str]:
    """Append downlinks to a device's queue, all or none, and return their ids.

    Raises:
        UnknownDevice: The device is not listed.
        QueueFull: The queue has no room for all of them.
        DownlinkTooLarge: One of them takes more bytes than a downlink may.
        StoreUnavailable: It may or may not have happened.
    """
    _check_sizes(downlinks)
    capacity = settings().queue_capacity
    with store_refusals_translated(application_id, device_id):
        device_states.push(application_id, device_id, downlinks, capacity)
    return [downlink.id for downlink in downlinks]


def push_downlinks_once(
    application_id: str, device_id: str, downlinks: Sequence[Downlink], idempotency_key: str
) -> list[str]:
    """Like `push_downlinks`, but a repeat under the same key within 24 hours changes nothing.

    Returns:
        The ids of the downlinks: for a repeat those that the first push made.

    Raises:
        UnknownDevice, QueueFull, DownlinkTooLarge, StoreUnavailable: As `push_downlinks`; a repeat does no
            harm.
    """
    _check_sizes(downlinks)
    now_seconds = now_ms() // 1000
    memory = PushMemory(
        key=hashlib.sha256(idempotency_key.encode()).hexdigest(),
        ids=tuple(downlink.id for downlink in downlinks),
        kept_until=now_seconds + _KEY_REMEMBERED_SECONDS,
    )
    capacity = settings().queue_capacity
    try:
        with store_refusals_translated(application_id, device_id):
            device_states.push_under_key(application_id, device_id, downlinks, capacity, memory, now_seconds)
    except PushedBefore as before:
        return list(before.ids)
    return list(memory.ids)


def replace_downlinks(application_id: str, device_id: str, downlinks: Sequence[Downlink]) -> list[str]:
    """Put these downlinks in place of a device's whole queue, none clears it; and return their ids.

    Raises:
        UnknownDevice: The device is not listed.
        QueueFull: They are more than the queue holds.
        DownlinkTooLarge: One of them takes more bytes than a downlink may.
        StoreUnavailable: It may or may not have happened.
    """
    check_capacity(len(downlinks))
    _check_sizes(downlinks)
    with store_refusals_translated(application_id, device_id):
        device_states.replace(application_id, device_id, downlinks)
    return [downlink.id for downlink in downlinks]


def queued_downlinks(application_id: str, device_id: str) -> list[Downlink]:
    """List what waits for a device, the next one first; expired ones wait no more.

    Raises:
        UnknownDevice: The device is not listed.
    """
    with store_refusals_translated(application_id, device_id):
        state = device_states.find(application_id, device_id)
    moment = now_ms()
    return [downlink for downlink in state.queue if not downlink.is_expired(moment)]


def delete_downlink(application_id: str, device_id: str, downlink_id: str) -> None:
    """Take one downlink out of a device's queue.

    Raises:
        UnknownDevice: The device is not listed.
        UnknownDownlink: It has no downlink of that id.
        DownlinkNotQueued: It waits no more.
        StoreUnavailable: It may or may not have happened.
    """
    moment = now_ms()

    def is_wanted(downlink: Downlink) -> bool:
        return downlink.id == downlink_id and not downlink.is_expired(moment)

    if not take_out(application_id, device_id, is_wanted, Removal.DELETED):
        life = downlink_history_of(application_id, device_id, downlink_id)
        raise DownlinkNotQueued(downlink_id, life.state)


def take_out(
    application_id: str, device_id: str, is_wanted: Callable[[Downlink], bool], removal: Removal
) -> bool:
    """Take the first downlink that is wanted out of a queue; return whether there was one.

    Raises:
        UnknownDevice: The device is not listed.
        StoreUnavailable: It may or may not have happened.
    """
    for _ in range(_TAKE_OUT_ATTEMPTS):
        with store_refusals_translated(application_id, device_id):
            queue = device_states.find(application_id, device_id).queue
        found = (position for position, downlink in enumerate(queue) if is_wanted(downlink))
        position = next(found, None)
        if position is None:
            return False
        with suppress(NotInQueue):
            device_states.remove(application_id, device_id, position, queue[position], removal)
            return True
    raise StoreUnavailable


def _check_sizes(downlinks: Sequence[Downlink]) -> None:
    for downlink in downlinks:
        check_size(downlink)
