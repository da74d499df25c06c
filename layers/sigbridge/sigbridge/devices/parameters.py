"""Configuration parameters of a device, TagoIO's `{key, value, sent}` (tagoio reference, 7).

They are words between the user and the user's own programs. One of them has a meaning here: what stands in
`downlinkData` answers the device every time that it asks while its queue is empty (tagoio reference, 2).
`sent` is a flag that only the user and the programs set. TagoIO does not say what it does with it for
Sigfox; here an answer never changes it, and `downlinkData` is answered with whatever it says.
"""

from dataclasses import dataclass

from sigbridge.clock import now_ms
from sigbridge.devices.device_cache import UnknownDevice, find_device
from sigbridge.errors import Fault, InvalidInput, SigbridgeError, StoreUnavailable
from sigbridge.model.parameter import (
    DOWNLINK_DATA,
    LARGEST_VALUE,
    InvalidDownlinkData,
    InvalidParameterKey,
    Parameter,
    check_parameter_key,
    read_downlink_data,
)
from sigbridge.store import parameters as stored
from sigbridge.store.device_states import NoSuchDevice
from sigbridge.store.parameters import NoSuchParameter, ParameterExists, TooMany

# TagoIO's number (tagoio reference, 7).
MOST_PARAMETERS = 60

# Somebody else may create or delete the parameter between two looks at it.
_SET_ATTEMPTS = 5


class UnknownParameter(SigbridgeError):
    """The device has no parameter of that key."""


class TooManyParameters(InvalidInput):
    """The device has as many parameters as it may have."""


@dataclass(frozen=True, slots=True)
class SetParameter:
    """A parameter that was set.

    Attributes:
        parameter: The parameter.
        is_new: Whether the device had none of that key.
    """

    parameter: Parameter
    is_new: bool


def parameters_of(application_id: str, device_id: str) -> list[Parameter]:
    """List the parameters of a device, in the order of their keys.

    Raises:
        UnknownDevice: The device is not listed.
    """
    find_device(application_id, device_id)
    return stored.of_device(application_id, device_id)


def set_parameter(
    application_id: str, device_id: str, key: str, value: str, *, sent: bool = False
) -> SetParameter:
    """Give a device a parameter, or a parameter another value.

    Args:
        application_id, device_id: The device.
        key: Name of the parameter.
        value: Its text, that of `downlinkData` 16 hex digits.
        sent: Whether the device has it.

    Raises:
        UnknownDevice: The device is not listed.
        TooManyParameters: It has 60 others; they are as they were.
        InvalidInput: As `new_parameter`.
    """
    find_device(application_id, device_id)
    parameter = new_parameter(key, value, sent=sent)
    try:
        return SetParameter(parameter, is_new=_write(application_id, device_id, parameter))
    except NoSuchDevice as missing:
        raise UnknownDevice(application_id, device_id) from missing
    except TooMany as full:
        message = f"the device has {MOST_PARAMETERS} parameters, and can't have more"
        raise TooManyParameters.of([Fault("key", message)]) from full


def new_parameter(key: str, value: str, *, sent: bool = False) -> Parameter:
    """Make a parameter.

    Args:
        key: Its name.
        value: Its text, that of `downlinkData` 16 hex digits.
        sent: Whether the device has it.

    Raises:
        InvalidInput: The key differs from `downlinkData` only in case or has other characters than a key
            may, the value is too long, or the `downlinkData` is not 8 bytes of hex.
    """
    try:
        check_parameter_key(key)
    except InvalidParameterKey as invalid:
        raise InvalidInput.of([Fault("key", invalid.message)]) from invalid
    if len(value.encode()) > LARGEST_VALUE:
        raise InvalidInput.of([Fault("value", f"must not exceed {LARGEST_VALUE} bytes")])
    if key == DOWNLINK_DATA:
        value = _read_value(value)
    return Parameter(key, value, sent, updated_at=now_ms())


def delete_parameter(application_id: str, device_id: str, key: str) -> None:
    """Delete a parameter of a device.

    Raises:
        UnknownDevice: The device is not listed.
        UnknownParameter: It has no parameter of that key.
    """
    find_device(application_id, device_id)
    try:
        stored.remove(application_id, device_id, key)
    except NoSuchDevice as missing:
        raise UnknownDevice(application_id, device_id) from missing
    except NoSuchParameter as missing:
        message = f"Device {device_id} has no parameter '{key}'"
        raise UnknownParameter(message) from missing


def _read_value(downlink_data: str) -> str:
    try:
        return read_downlink_data(downlink_data)
    except InvalidDownlinkData as invalid:
        raise InvalidInput.of([Fault("value", invalid.message)]) from invalid


def _write(application_id: str, device_id: str, parameter: Parameter) -> bool:
    """Change the parameter, or add it, and return whether it is new."""
    for _ in range(_SET_ATTEMPTS):
        try:
            stored.change(application_id, device_id, parameter)
        except NoSuchParameter:
            pass
        else:
            return False
        try:
            stored.add(application_id, device_id, parameter, MOST_PARAMETERS)
        except ParameterExists:
            continue
        return True
    raise StoreUnavailable
