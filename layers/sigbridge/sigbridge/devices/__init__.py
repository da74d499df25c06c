"""Devices: how they are named, and which ones an application has."""

from sigbridge.devices.addressing import act_on_addressed
from sigbridge.devices.device_cache import (
    DeviceCache,
    InactiveDevice,
    UnknownDevice,
    find_device,
    forget_device,
    register_device,
)
from sigbridge.devices.parameters import (
    MOST_PARAMETERS,
    SetParameter,
    UnknownParameter,
    delete_parameter,
    new_parameter,
    parameters_of,
    set_parameter,
)
from sigbridge.devices.registry import (
    DeviceExists,
    DeviceFilter,
    ImportReceipt,
    NewDevice,
    change_device,
    create_device,
    devices_after,
    devices_named,
    import_devices,
    missing_types,
    no_such_type,
)
from sigbridge.model.device import Device
from sigbridge.model.device_id import (
    InvalidDeviceId,
    is_sigfox_id,
    normalize_device_id,
    normalize_id_prefix,
    sigfox_device_id,
)
from sigbridge.model.parameter import DOWNLINK_BYTES, InvalidDownlinkData, Parameter, read_downlink_data

__all__ = [
    "DOWNLINK_BYTES",
    "MOST_PARAMETERS",
    "Device",
    "DeviceCache",
    "DeviceExists",
    "DeviceFilter",
    "ImportReceipt",
    "InactiveDevice",
    "InvalidDeviceId",
    "InvalidDownlinkData",
    "NewDevice",
    "Parameter",
    "SetParameter",
    "UnknownDevice",
    "UnknownParameter",
    "act_on_addressed",
    "change_device",
    "create_device",
    "delete_parameter",
    "devices_after",
    "devices_named",
    "find_device",
    "forget_device",
    "import_devices",
    "is_sigfox_id",
    "missing_types",
    "new_parameter",
    "no_such_type",
    "normalize_device_id",
    "normalize_id_prefix",
    "parameters_of",
    "read_downlink_data",
    "register_device",
    "set_parameter",
    "sigfox_device_id",
]
