"""Deleting applications, and then all that belongs to them.

An application is deleted in one transaction. Its keys follow at once, so that nothing new can come, then its
devices by a function that runs each minute, each as when it is deleted alone. Running functions remember
application and keys for a minute and may still register a device: so that function looks again when they
have forgotten them. Until then the id stays taken, and no new application can be mistaken for the old one.
"""

from contextlib import suppress
from itertools import takewhile

from sigbridge import clock
from sigbridge.applications import unknown_application
from sigbridge.deletion.erasing import erase_device
from sigbridge.devices import UnknownDevice
from sigbridge.errors import StoreUnavailable
from sigbridge.model.due import SHARDS
from sigbridge.provisioning.connection import disconnect
from sigbridge.store import (
    api_keys,
    application_erasures,
    feed,
    formatters,
    jobs,
    sigfox_device_types,
    watch_orders,
    webhook_attempts,
    webhook_health,
    webhooks,
)
from sigbridge.store import devices as stored_devices
from sigbridge.store.application_erasures import ApplicationErasure
from sigbridge.store.applications import NoSuchApplication
from sigbridge.store.due import DueItem
from sigbridge.store.parallel import RunResult, in_parallel, run_each

_LOOKS_AGAIN_AFTER_MS = 120_000
_READ_AT_ONCE = 100


def erase_application(application_id: str) -> None:
    """Delete an application with its keys; its devices go within minutes.

    Raises:
        UnknownApplication: There is none of that identifier.
        StoreUnavailable: It may or may not be deleted.
    """
    try:
        application_erasures.begin(ApplicationErasure(application_id, deleted_at=clock.now_ms()))
    except NoSuchApplication as missing:
        raise unknown_application(application_id) from missing
    # What fails here is done later.
    with suppress(StoreUnavailable):
        api_keys.remove_all(application_id)


def erase_due_applications(now_ms: int, until_ms: int) -> RunResult[DueItem]:
    """Go on with the erasures of applications that are due by now, as far as time allows.

    It may run twice at once, and again for what it has erased already.

    Args:
        now_ms: The present moment.
        until_ms: When to stop, epoch ms.
    """

    def go_on(item: DueItem) -> None:
        erasure = application_erasures.find(item)
        if erasure is not None:
            _go_on(erasure, until_ms)

    due = takewhile(lambda _item: clock.now_ms() < until_ms, application_erasures.due_until(now_ms))
    return run_each(go_on, due, at_once=1)


def _go_on(erasure: ApplicationErasure, until_ms: int) -> None:
    api_keys.remove_all(erasure.application_id)
    watch_orders.remove_all(erasure.application_id)
    formatters.remove_all(erasure.application_id)
    _erase_webhooks(erasure.application_id)
    jobs.remove_all(erasure.application_id)
    sigfox_device_types.remove_all(erasure.application_id)
    disconnect(erasure.application_id)
    for device in stored_devices.after(erasure.application_id, "", None, _READ_AT_ONCE):
        if clock.now_ms() >= until_ms:
            return
        with suppress(UnknownDevice):
            erase_device(erasure.application_id, device.id)
    if not all(
        in_parallel(lambda shard: feed.remove(erasure.application_id, shard, until_ms), range(SHARDS))
    ):
        return
    next_look = erasure.deleted_at + _LOOKS_AGAIN_AFTER_MS
    if clock.now_ms() < next_look:
        application_erasures.look_again(erasure, next_look)
    else:
        application_erasures.finish(erasure)


def _erase_webhooks(application_id: str) -> None:
    """Erase the webhooks, and then what is known of their calls: one that is being made may still fail."""
    ids = {webhook.id for webhook in webhooks.of_application(application_id)}
    ids.update(webhook_health.known_webhooks(application_id))
    for id_ in sorted(ids):
        webhook_attempts.remove_all(application_id, id_)
        webhook_health.remove(application_id, id_)
    webhooks.remove_all(application_id)
