"""The device types of an application: kept in its own item, so that whoever reads it knows them all."""

from collections.abc import Mapping
from typing import Any

from sigbridge.applications.application import find_application, unknown_application
from sigbridge.errors import SigbridgeError
from sigbridge.model.device_type import DeviceType
from sigbridge.store import applications as stored_applications
from sigbridge.store.applications import DeviceTypeRefused, Refusal

# With every field at its longest they take a sixth of what an item may hold.
MOST_DEVICE_TYPES = 100


class DeviceTypeExists(SigbridgeError):
    """The application has a device type of that id already."""


class UnknownDeviceType(SigbridgeError):
    """The application has no device type of that id."""


class TooManyDeviceTypes(SigbridgeError):
    """The application has as many device types as it may have."""


def device_types(application_id: str) -> list[DeviceType]:
    """Read all device types of an application, in the order of their ids.

    Raises:
        UnknownApplication: It was deleted.
    """
    types = find_application(application_id).device_types
    return [types[type_id] for type_id in sorted(types)]


def find_device_type(application_id: str, type_id: str) -> DeviceType:
    """Read a device type.

    Raises:
        UnknownApplication: The application was deleted.
        UnknownDeviceType: It has no such type.
    """
    found = find_application(application_id).device_types.get(type_id)
    if found is None:
        raise _unknown(type_id)
    return found


def create_device_type(application_id: str, device_type: DeviceType) -> None:
    """Add a device type; running functions follow within a minute.

    Raises:
        UnknownApplication: The application was deleted.
        DeviceTypeExists: It has a type of that id.
        TooManyDeviceTypes: It has 100.
    """
    try:
        stored_applications.add_device_type(application_id, device_type, MOST_DEVICE_TYPES)
    except DeviceTypeRefused as refused:
        raise _refusal(application_id, device_type.id, refused.refusal) from refused


def change_device_type(application_id: str, type_id: str, changes: Mapping[str, Any]) -> DeviceType:
    """Change those fields of a device type that are given; running functions follow within a minute.

    Args:
        application_id, type_id: The device type.
        changes: New values by the names of `DeviceType`; None for as the application says.

    Raises:
        UnknownApplication: The application was deleted.
        UnknownDeviceType: It has no such type.
    """
    if not changes:
        return find_device_type(application_id, type_id)
    try:
        return stored_applications.change_device_type(application_id, type_id, changes)
    except DeviceTypeRefused as refused:
        raise _refusal(application_id, type_id, refused.refusal) from refused


def delete_device_type(application_id: str, type_id: str) -> None:
    """Delete a device type; its devices keep its id, and are treated as the application says.

    Raises:
        UnknownApplication: The application was deleted.
        UnknownDeviceType: It has no such type.
    """
    try:
        stored_applications.remove_device_type(application_id, type_id)
    except DeviceTypeRefused as refused:
        raise _refusal(application_id, type_id, refused.refusal) from refused


def _refusal(application_id: str, type_id: str, refusal: Refusal) -> SigbridgeError:
    match refusal:
        case Refusal.NO_APPLICATION:
            return unknown_application(application_id)
        case Refusal.NO_TYPE:
            return _unknown(type_id)
        case Refusal.TYPE_EXISTS:
            return DeviceTypeExists(f"Device type '{type_id}' exists already")
        case Refusal.NO_ROOM:
            return TooManyDeviceTypes(f"An application has at most {MOST_DEVICE_TYPES} device types")


def _unknown(type_id: str) -> UnknownDeviceType:
    return UnknownDeviceType(f"There is no device type '{type_id}'")
