"""The queue of a device: push, replace, clear, list. Each change is one atomic write (I4)."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from sigbridge.clock import now_ms
from sigbridge.downlinks.downlink import Downlink, read_downlink_data
from sigbridge.downlinks.notation import read_downlink, write_downlink
from sigbridge.downlinks.refusals import QueueFull, refusals_told
from sigbridge.settings import settings
from sigbridge.store import device_states
from sigbridge.store.device_states import PushedBefore

_KEY_REMEMBERED_SECONDS = 86_400


def push_downlinks(application_id: str, device_id: str, downlinks: Sequence[Downlink]) -> None:
    """Appends downlinks to a device's queue, all or none.

    Raises:
        UnknownDevice: The device is not listed.
        QueueFull: The queue has no room for all of them.
        StoreUnavailable: It may or may not have happened.
    """
    capacity = settings().queue_capacity
    with refusals_told(application_id, device_id):
        device_states.push(application_id, device_id, _written(downlinks), capacity)


def push_downlinks_once(
    application_id: str, device_id: str, downlinks: Sequence[Downlink], idempotency_key: str
) -> list[Downlink]:
    """Like `push_downlinks`, but a repeat under the same key within 24 hours changes nothing.

    Returns:
        The downlinks with ids that follow from the key, so that a repeat returns the first ones'.

    Raises:
        UnknownDevice, QueueFull, StoreUnavailable: As `push_downlinks`; a repeat does no harm.
    """
    digest = hashlib.sha256(idempotency_key.encode()).hexdigest()
    named = [
        replace(downlink, id=hashlib.sha256(f"{digest}{position}".encode()).hexdigest()[:16])
        for position, downlink in enumerate(downlinks)
    ]
    capacity = settings().queue_capacity
    expires_at = now_ms() // 1000 + _KEY_REMEMBERED_SECONDS
    with refusals_told(application_id, device_id), suppress(PushedBefore):
        device_states.push_under_key(application_id, device_id, _written(named), capacity, digest, expires_at)
    return named


def replace_downlinks(application_id: str, device_id: str, downlinks: Sequence[Downlink]) -> None:
    """Puts these downlinks in place of a device's whole queue; none clears it.

    Raises:
        UnknownDevice: The device is not listed.
        QueueFull: They are more than the queue holds.
        StoreUnavailable: It may or may not have happened.
    """
    capacity = settings().queue_capacity
    if len(downlinks) > capacity:
        raise QueueFull(capacity)
    with refusals_told(application_id, device_id):
        device_states.replace(application_id, device_id, _written(downlinks))


def queued_downlinks(application_id: str, device_id: str) -> list[Downlink]:
    """Lists what waits for a device, the next one first; expired ones wait no more.

    Raises:
        UnknownDevice: The device is not listed.
    """
    with refusals_told(application_id, device_id):
        state = device_states.find(application_id, device_id)
    moment = now_ms()
    return [downlink for downlink in map(read_downlink, state.queue) if not downlink.is_expired(moment)]


def downlink_data(application_id: str, device_id: str) -> str | None:
    """Reads what a device gets whenever its queue is empty: 16 hex digits, or None.

    Raises:
        UnknownDevice: The device is not listed.
    """
    with refusals_told(application_id, device_id):
        state = device_states.find(application_id, device_id)
    return state.downlink_data or None


def set_downlink_data(application_id: str, device_id: str, downlink_data: str | None) -> None:
    """Sets what a device gets whenever its queue is empty; None ends that.

    It stays until it is changed (tagoio reference, 2: "every time it checks in").

    Raises:
        InvalidDownlinkData: It is not 8 bytes of hex.
        UnknownDevice: The device is not listed.
    """
    value = "" if downlink_data is None else read_downlink_data(downlink_data)
    with refusals_told(application_id, device_id):
        device_states.set_downlink_data(application_id, device_id, value)


def _written(downlinks: Sequence[Downlink]) -> list[str]:
    return [write_downlink(downlink) for downlink in downlinks]
