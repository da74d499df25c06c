"""The device types of an application: kept in its own item, so that whoever reads it knows them all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sigbridge.applications.application import find_application, unknown_application
from sigbridge.errors import Fault, InvalidInput, SigbridgeError
from sigbridge.model.device_type import DeviceType
from sigbridge.model.formatter import FormatterKind
from sigbridge.store import applications as stored_applications
from sigbridge.store import formatters as stored_formatters
from sigbridge.store.applications import DeviceTypeRefused, Refusal

# With every field at its longest they take a sixth of what an item may hold.
MOST_DEVICE_TYPES = 100
_FORMATTER_FIELDS = ("uplink_formatter", "downlink_formatter")
_ANSWERING_FIELDS = ("uplink_formatter", "compute_answers")
_ANSWERING_FUNCTION = "answerUplink"


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
        InvalidInput: It has no formatter that the type names, or that one computes no answers, and is to.
        DeviceTypeExists: It has a type of that id.
        TooManyDeviceTypes: It has 100.
    """
    named = {name: getattr(device_type, name) for name in _FORMATTER_FIELDS}
    _require_formatters(application_id, named)
    _require_answers(application_id, device_type)
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
        InvalidInput: It has no formatter that the changes name, or that one computes no answers, and is to.
        UnknownDeviceType: It has no such type.
    """
    if not changes:
        return find_device_type(application_id, type_id)
    _require_formatters(application_id, changes)
    if not changes.keys().isdisjoint(_ANSWERING_FIELDS):
        present = find_device_type(application_id, type_id)
        wanted = {name: changes[name] for name in _ANSWERING_FIELDS if name in changes}
        _require_answers(application_id, replace(present, **wanted))
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


def _require_formatters(application_id: str, fields: Mapping[str, Any]) -> None:
    faults = [
        Fault(name, f"there is no formatter '{formatter_id}'")
        for name in _FORMATTER_FIELDS
        if (formatter_id := fields.get(name)) is not None
        and stored_formatters.find(application_id, formatter_id) is None
    ]
    if faults:
        raise InvalidInput.of(faults)


def _require_answers(application_id: str, device_type: DeviceType) -> None:
    if device_type.compute_answers:
        reason = _why_no_answers(application_id, device_type.uplink_formatter)
        if reason is not None:
            raise InvalidInput.of([Fault("compute_answers", reason)])


def _why_no_answers(application_id: str, formatter_id: str | None) -> str | None:
    if formatter_id is None:
        return "needs an `uplink_formatter`, whose script computes them"
    formatter = stored_formatters.find(application_id, formatter_id)
    if formatter is None or formatter.newest.kind is not FormatterKind.JAVASCRIPT:
        return f"needs a script, which formatter '{formatter_id}' is not"
    source = stored_formatters.source_of(application_id, formatter_id, formatter.newest) or ""
    if _ANSWERING_FUNCTION not in source:
        return f"needs a function {_ANSWERING_FUNCTION}, which formatter '{formatter_id}' does not have"
    return None


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
