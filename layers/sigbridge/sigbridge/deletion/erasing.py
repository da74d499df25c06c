"""Deleting devices, and then all of their items.

A device is deleted in one transaction, and is unknown from then on. Its items follow: a few at once, the
others by a function that runs each minute. That function looks again when everything that could still write
items of the device is over.

The device may be listed again meanwhile, since it is still out there and speaks. Then only what came
before the deletion is deleted: the rest is the new device's.

What it costs: the transaction eight write units, and two for each parameter; then a write unit for each kB of
each item, and half a read unit for each 4 kB of all of them.
"""

from contextlib import suppress
from itertools import batched, islice, takewhile

from sigbridge import clock
from sigbridge.devices import UnknownDevice, forget_device
from sigbridge.errors import StoreUnavailable
from sigbridge.status import take_off_lists
from sigbridge.store import devices as stored_devices
from sigbridge.store import erasures
from sigbridge.store.devices import NotListed
from sigbridge.store.due import DueItem
from sigbridge.store.erasures import Erasure, ErasurePart, ListingChanged
from sigbridge.store.parallel import RunResult, run_each

# What a caller waits for.
_FEW = 200
_STEP = 500
# Running functions remember a device for a minute and take its messages; the change stream may be 12 hours
# behind, and then writes what follows from them.
_LOOKS_AGAIN_AFTER_MS = (120_000, 13 * 3_600_000)


def erase_device(application_id: str, device_id: str) -> None:
    """Delete a device; its items go at once if they are few, else within minutes.

    Raises:
        UnknownDevice: The application does not list it.
        StoreUnavailable: It may or may not be deleted.
    """
    found = list(islice(erasures.parts(application_id, device_id, _FEW + 1), _FEW + 1))
    are_few = len(found) <= _FEW
    erasure = Erasure(application_id, device_id, deleted_at=clock.now_ms())
    due_at = erasure.deleted_at + (_LOOKS_AGAIN_AFTER_MS[0] if are_few else 0)
    try:
        erasures.begin(erasure, due_at)
    except NotListed as unlisted:
        raise UnknownDevice(application_id, device_id) from unlisted
    except ListingChanged as changed:
        raise StoreUnavailable from changed
    forget_device(application_id, device_id)
    # What fails here is done later.
    with suppress(StoreUnavailable):
        erasures.delete([part for part in found[:_FEW] if part.arrived_at is not None])
        take_off_lists(application_id, device_id)


def erase_what_is_due(now_ms: int, until_ms: int) -> RunResult[DueItem]:
    """Go on with the erasures that are due by now, as far as time allows.

    It may run twice at once, and again for what it has erased already.

    Args:
        now_ms: The present moment.
        until_ms: When to stop, epoch ms.
    """
    due = takewhile(lambda _item: clock.now_ms() < until_ms, erasures.due_until(now_ms))
    # One after the other, since each may need all the time there is.
    return run_each(lambda item: _go_on(erasures.erasure(item), until_ms), due, at_once=1)


def _go_on(erasure: Erasure, until_ms: int) -> None:
    if not _erase_parts(erasure, until_ms):
        return
    if not _is_listed(erasure):
        erasures.delete_condition(erasure.application_id, erasure.device_id)
        take_off_lists(erasure.application_id, erasure.device_id)
    moment = clock.now_ms()
    looks = (erasure.deleted_at + wait for wait in _LOOKS_AGAIN_AFTER_MS)
    next_look = next((look for look in looks if look > moment), None)
    if next_look is None:
        erasures.finish(erasure)
    else:
        erasures.look_again(erasure, next_look)


def _erase_parts(erasure: Erasure, until_ms: int) -> bool:
    """Delete the items that are there and tell whether time allowed that."""
    for parts in batched(erasures.parts(erasure.application_id, erasure.device_id), _STEP, strict=False):
        if clock.now_ms() >= until_ms:
            return False
        # Asked after the items were read: if it is not listed now, none of them came for one that is.
        is_listed = _is_listed(erasure)
        erasures.delete([part for part in parts if not is_listed or _came_before(erasure, part)])
    return True


def _is_listed(erasure: Erasure) -> bool:
    return stored_devices.find(erasure.application_id, erasure.device_id) is not None


def _came_before(erasure: Erasure, part: ErasurePart) -> bool:
    return part.arrived_at is not None and part.arrived_at < erasure.deleted_at
