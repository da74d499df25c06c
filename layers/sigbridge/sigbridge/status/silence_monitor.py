"""Watching devices of which their type expects to hear, to find them silent when they are.

A device is looked at when it would be silent if nothing had come since the last look: once in its
keep-alive time, not for each message. One that is found silent is entered in the list of the silent
ones, and is looked at no more until a reader finds that it speaks again.

Devices come to be watched when something makes a rule theirs: their type, or a rule of their type. The
change stream tells of both, in any order and perhaps twice, which does no harm: to watch a device means
to look at it within a minute, and each look reads what holds by then.

A look costs three read units, one write unit, and two for the index; to watch a device one write unit,
and at most two for the index.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import batched, islice, takewhile

from sigbridge import clock
from sigbridge.applications import UnknownApplication, find_application, kept_until
from sigbridge.devices import UnknownDevice, devices_after, find_device
from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.due import Backlogs
from sigbridge.model.status import Status
from sigbridge.status.device_status import find_last_message, heard_last, is_never_heard
from sigbridge.status.recording import enter
from sigbridge.status.silence import silent_from
from sigbridge.store import observations as stored_conditions
from sigbridge.store import watch_orders
from sigbridge.store.due import DueItem
from sigbridge.store.observations import Watched
from sigbridge.store.parallel import RunResult, in_parallel, run_each
from sigbridge.store.watch_orders import OrderReplaced, WatchOrder

type FindApplication = Callable[[str], Application | None]

_STEP = 1_000
# What is watched is looked at a minute later, which is to be done in that minute too.
_STEPS_IN_A_RUN = 20


def watch_changed_device(application_id: str, old: Device | None, new: Device) -> None:
    """Watch a device if a rule may have become its own.

    Args:
        application_id: Whose device.
        old, new: The device before and after a change; None where it is new.

    Raises:
        StoreUnavailable: It may not be watched.
    """
    if old is not None and (old.type, old.active) == (new.type, new.active):
        return
    application = _find(application_id)
    if application is not None and silent_from(application, new, heard_at=None) is not None:
        stored_conditions.watch(application_id, new.id, clock.now_ms())


def watch_changed_types(application_id: str, old: Application | None, new: Application) -> None:
    """Order to watch the devices of those types that have a rule now, or a stricter one than before.

    A rule that is less strict, or ends, is found by the next look at each device.

    Args:
        application_id: The application.
        old, new: It before and after a change; None where it is new.

    Raises:
        StoreUnavailable: Not all of it is ordered.
    """
    before = {} if old is None else _rules(old)
    for type_id, seconds in _rules(new).items():
        if type_id not in before or seconds < before[type_id]:
            watch_orders.place(WatchOrder(application_id, type_id, placed_at=clock.now_ms()))


def _rules(application: Application) -> dict[str, int]:
    return {
        device_type.id: device_type.keep_alive_seconds
        for device_type in application.device_types.values()
        if device_type.keep_alive_seconds is not None
    }


def follow_watch_orders(now_ms: int, until_ms: int) -> RunResult[DueItem]:
    """Watch the devices of types for which that was ordered by now, as far as time allows.

    It may run twice at once, and goes on where the last run has ended.

    Args:
        now_ms: The present moment.
        until_ms: When to stop, epoch ms.
    """

    def follow(item: DueItem) -> None:
        order = watch_orders.find(item)
        if order is not None:
            with suppress(OrderReplaced):
                _follow_order(order, until_ms)

    # One after the other, since each does much at once.
    return run_each(follow, watch_orders.due_until(now_ms), at_once=1)


def _follow_order(order: WatchOrder, until_ms: int) -> None:
    application_id = order.application_id

    def watch(device_id: str) -> None:
        stored_conditions.watch(application_id, device_id, clock.now_ms())

    devices = devices_after(application_id, "", order.after, _STEP)
    for step in batched(islice(devices, _STEP * _STEPS_IN_A_RUN), _STEP, strict=False):
        if clock.now_ms() >= until_ms:
            return
        concerned = [device.id for device in step if device.type == order.type_id and device.active]
        in_parallel(watch, concerned)
        watch_orders.advance(order, step[-1].id)
    if next(devices, None) is None:
        watch_orders.finish(order)


def due_looks(now_ms: int) -> Backlogs:
    """Ask all shards how many watched devices could be silent by now.

    Args:
        now_ms: The present moment.
    """
    return stored_conditions.backlogs(now_ms)


def look_for_silence(shard: int, now_ms: int, until_ms: int) -> RunResult[DueItem]:
    """Look at each watched device that could be silent by now, as far as time allows.

    It may run twice at once, and again for devices that it has looked at already.

    Args:
        shard: Which devices.
        now_ms: The present moment.
        until_ms: When to stop, epoch ms.
    """
    due = takewhile(lambda _item: clock.now_ms() < until_ms, stored_conditions.due_until(shard, now_ms))
    find = cache(_find)
    return run_each(lambda item: _look(stored_conditions.watched(item), find, now_ms), due)


def _look(watched: Watched, find: FindApplication, now_ms: int) -> None:
    application_id, device_id = watched.application_id, watched.device_id
    seen = stored_conditions.find(application_id, device_id)
    if seen.due_at is None or seen.due_at > now_ms:
        return
    heard_at = heard_last(seen, find_last_message(application_id, device_id))
    application = find(application_id)
    device = _find_device(application_id, device_id)
    silent_at = None if application is None or device is None else silent_from(application, device, heard_at)
    if application is None or device is None or silent_at is None:
        stored_conditions.watch_no_more(application_id, device_id, seen, heard_at)
    elif silent_at > now_ms:
        # A message that comes after this look must not be forgotten before the next one.
        forgotten_from = kept_until(application, now_ms) * 1000
        stored_conditions.look_again(
            application_id, device_id, seen, min(silent_at, forgotten_from), heard_at
        )
    elif heard_at is None and is_never_heard(application_id, device_id, seen):
        # Its first message begins the keep-alive time, and is found by a look that is at most as much later.
        keep_alive_ms = silent_at - device.registered_at
        stored_conditions.look_again(application_id, device_id, seen, now_ms + keep_alive_ms, heard_at)
    else:
        enter(application_id, device_id, Status.SILENT, silent_at)
        stored_conditions.watch_no_more(application_id, device_id, seen, heard_at)


def _find_device(application_id: str, device_id: str) -> Device | None:
    try:
        return find_device(application_id, device_id)
    except UnknownDevice:
        return None


def _find(application_id: str) -> Application | None:
    try:
        return find_application(application_id)
    except UnknownApplication:
        return None
