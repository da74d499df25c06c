"""What Sigfox knows of devices: stored beside ours, and what of ours follows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigbridge.clock import now_ms
from sigbridge.devices import Device, find_device
from sigbridge.errors import NotFound
from sigbridge.jobs import RowError
from sigbridge.model.settings import LONGEST_NAME
from sigbridge.model.sigfox_device import SigfoxDevice
from sigbridge.provisioning.answers import Json
from sigbridge.provisioning.connection import open_client
from sigbridge.provisioning.device_lookup import find_in_sigfox
from sigbridge.provisioning.errors import SigfoxNotFound
from sigbridge.provisioning.following import followed
from sigbridge.sigfox.rest.devices import read_sigfox_device
from sigbridge.sigfox.rest.values import named_id
from sigbridge.store import devices as stored_devices
from sigbridge.store import registration
from sigbridge.store import sigfox_devices as stored
from sigbridge.store.parallel import in_parallel


class NeverImported(NotFound):
    """What Sigfox knows of the device was never asked."""

    def __init__(self, device_id: str) -> None:
        super().__init__(
            f"What Sigfox knows of device {device_id} was never imported: ask for it with refresh=true"
        )


def find_known(application_id: str, device_id: str) -> SigfoxDevice:
    """Return what Sigfox knew of a device when it was asked last.

    Raises:
        UnknownDevice: The application does not list it.
        NeverImported: Sigfox was never asked.
    """
    find_device(application_id, device_id)
    known = stored.find(application_id, device_id)
    if known is None:
        raise NeverImported(device_id)
    return known


def refresh_known(application_id: str, device_id: str) -> SigfoxDevice:
    """Ask Sigfox what it knows of a device, store that and return it.

    Raises:
        UnknownDevice: The application does not list it.
        SigfoxNotFound: Sigfox does not have it.
        SigfoxError: Sigfox does not say.
    """
    find_device(application_id, device_id)
    known = find_in_sigfox(open_client(application_id), device_id)
    if known is None:
        message = f"Sigfox has no device {device_id}, or none that the API user may see"
        raise SigfoxNotFound(message)
    take_over(application_id, [known])
    return known


def read_all(entries: Sequence[Json]) -> tuple[list[SigfoxDevice], tuple[RowError, ...]]:
    """Read devices as Sigfox lists them, and what is wrong with those that can't be read."""
    found: list[SigfoxDevice] = []
    errors: list[RowError] = []
    for entry in entries:
        try:
            found.append(read_sigfox_device(entry, now_ms()))
        except ValueError as failure:
            errors.append(RowError(named_id(entry) or "(a device)", str(failure)))
    return found, tuple(errors)


def take_over(application_id: str, found: Sequence[SigfoxDevice]) -> int:
    """Store what Sigfox knows of devices, register those that are not listed, and have ours follow.

    Of a hundred that are as they were six requests are made: two read, four write what Sigfox knows.

    Returns:
        How many of ours are new or changed.

    Raises:
        StoreUnavailable: Not all may be stored; doing it again does no harm.
    """
    by_id = {device.id: device for device in found}
    ids = list(by_id)
    listed = {device.id: device for device in stored_devices.find_many(application_id, ids)}
    before = {device.id: device for device in stored.find_many(application_id, ids)}

    def follow(device_id: str) -> bool:
        now = by_id[device_id]
        ours = listed.get(device_id)
        if ours is None:
            wanted = _new_device(now)
            ours = registration.add_before_first_message(application_id, wanted)
            if ours == wanted:
                return True
        changes = _changes(ours, before.get(device_id), now)
        return bool(changes) and stored_devices.change_as_seen(application_id, ours, changes)

    differing = [
        id_ for id_ in ids if id_ not in listed or _changes(listed[id_], before.get(id_), by_id[id_])
    ]
    changed = sum(in_parallel(follow, differing))
    # Last: what Sigfox said before is known until all of ours follow.
    stored.put_all(application_id, list(by_id.values()))
    return changed


def _new_device(now: SigfoxDevice) -> Device:
    return Device(
        now.id,
        registered_at=now_ms(),
        name=now.name[:LONGEST_NAME],
        type=now.device_type_id,
        reported_type=now.device_type_id,
    )


def _changes(ours: Device, before: SigfoxDevice | None, now: SigfoxDevice) -> Mapping[str, Any]:
    name_before = "" if before is None else before.name_at_import[:LONGEST_NAME]
    wanted = {
        "name": followed(ours.name, name_before, now.name[:LONGEST_NAME]),
        # The type that callbacks named is Sigfox's word as well.
        "type": followed(ours.type, ours.reported_type, now.device_type_id),
        # The next callback, which names it too, is not to undo what is chosen here.
        "reported_type": now.device_type_id or ours.reported_type,
    }
    return {name: value for name, value in wanted.items() if value != getattr(ours, name)}
