"""The list of an application's devices: entered, changed, and read by page."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.applications import find_application
from sigbridge.devices.device_cache import UnknownDevice, find_device, remember
from sigbridge.errors import Fault, InvalidInput, SigbridgeError
from sigbridge.model.device import Device
from sigbridge.model.parameter import Parameter
from sigbridge.store import devices as stored
from sigbridge.store import registration
from sigbridge.store.devices import NotListed
from sigbridge.store.parallel import in_parallel


class DeviceExists(SigbridgeError):
    """The application lists the device already; it is as it was."""


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Which devices are wanted; one that says nothing wants all.

    Attributes:
        prefix: Beginning of their ids.
        type: Id of their device type.
        tags: Tags that they all have: keys, each with its value, or None for any value.
    """

    prefix: str = ""
    type: str | None = None
    tags: tuple[tuple[str, str | None], ...] = ()

    @property
    def looks_inside(self) -> bool:
        """Whether more than an id decides."""
        return self.type is not None or bool(self.tags)

    def wants(self, device: Device) -> bool:
        """Return whether a device is wanted."""
        return (
            device.id.startswith(self.prefix)
            and self.type in {None, device.type}
            and all(key in device.tags and value in {None, device.tags[key]} for key, value in self.tags)
        )


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device to list.

    Attributes:
        device: The device.
        parameters: The parameters that it has from the start, no two of one key.
    """

    device: Device
    parameters: Sequence[Parameter] = ()


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """What became of devices that were imported.

    Attributes:
        created: How many are new.
        existing: How many were listed already, and are as they were.
    """

    created: int
    existing: int


def create_device(application_id: str, device: Device) -> Device:
    """List a new device.

    Raises:
        UnknownApplication: The application was deleted.
        InvalidInput: Its device type does not exist.
        DeviceExists: It is listed already.
    """
    _require_type(application_id, device.type)
    listed = registration.add_before_first_message(application_id, device)
    # The store's client tries twice: the second try finds what the first one wrote.
    if listed != device:
        message = f"Device {device.id} exists already"
        raise DeviceExists(message)
    return remember(application_id, listed)


def change_device(application_id: str, device_id: str, changes: Mapping[str, Any]) -> Device:
    """Change those facts of a device that are given; running functions follow within a minute.

    Args:
        application_id, device_id: The device.
        changes: New values of `name`, `type`, `tags`, `active` or `payload_encoding`, as in `Device`.

    Raises:
        UnknownApplication: The application was deleted.
        UnknownDevice: The device is not listed.
        InvalidInput: The device type does not exist.
    """
    if not changes:
        return find_device(application_id, device_id)
    _require_type(application_id, changes.get("type"))
    try:
        return remember(application_id, stored.change(application_id, device_id, changes))
    except NotListed as missing:
        raise UnknownDevice(application_id, device_id) from missing


def import_devices(application_id: str, devices: Sequence[NewDevice]) -> ImportReceipt:
    """List those of these devices that are not listed yet, each together with its parameters.

    Args:
        application_id: Whose they are.
        devices: No two of one id; of device types that exist.

    Raises:
        StoreUnavailable: Not all of them are listed; importing them again does no harm.
    """
    ids = [new.device.id for new in devices]
    listed = {device.id for device in stored.find_many(application_id, ids)}
    missing = [new for new in devices if new.device.id not in listed]

    def add(new: NewDevice) -> Device:
        return registration.add_before_first_message(application_id, new.device, new.parameters)

    created = sum(there == new.device for there, new in zip(in_parallel(add, missing), missing, strict=True))
    return ImportReceipt(created, existing=len(devices) - created)


def devices_after(application_id: str, prefix: str, after: str | None, page: int) -> Iterator[Device]:
    """Yield listed devices in the order of their ids, read page by page as they are wanted.

    Args:
        application_id: Whose devices.
        prefix: Beginning of their ids; "" for all.
        after: Only those whose ids sort after this one.
        page: How many to read in a request.
    """
    return stored.after(application_id, prefix, after, page)


def devices_named(application_id: str, device_ids: Sequence[str]) -> list[Device]:
    """Read those of these devices that are listed, in the order of the ids."""
    return stored.find_many(application_id, device_ids)


def missing_types(application_id: str, type_ids: Iterable[str]) -> Collection[str]:
    """Return which of these device types the application does not have.

    Raises:
        UnknownApplication: It was deleted.
    """
    return set(type_ids) - find_application(application_id).device_types.keys()


def no_such_type(type_id: str) -> str:
    """Say that there is no such device type."""
    return f"there is no device type '{type_id}'"


def _require_type(application_id: str, type_id: str | None) -> None:
    if type_id is not None and missing_types(application_id, [type_id]):
        raise InvalidInput.of([Fault("type", no_such_type(type_id))])
