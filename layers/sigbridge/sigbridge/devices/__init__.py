"""Devices: how they are named, and which ones an application has."""

from sigbridge.devices.directory import (
    Device,
    Directory,
    InactiveDevice,
    Treatment,
    UnknownDevice,
    find_device,
    register_device,
    treatment,
)
from sigbridge.devices.identity import InvalidDeviceId, normalize_device_id

__all__ = [
    "Device",
    "Directory",
    "InactiveDevice",
    "InvalidDeviceId",
    "Treatment",
    "UnknownDevice",
    "find_device",
    "normalize_device_id",
    "register_device",
    "treatment",
]
