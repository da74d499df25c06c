"""Applications: who owns devices and keys, and how their traffic is treated."""

from sigbridge.applications.application import (
    Application,
    ApplicationExists,
    InvalidApplicationId,
    SettingsChange,
    UnknownApplication,
    change_application,
    create_application,
    find_application,
)
from sigbridge.applications.device_type import DeviceType
from sigbridge.applications.treatment import DownlinkQuota, PayloadEncoding, UnknownDevices

__all__ = [
    "Application",
    "ApplicationExists",
    "DeviceType",
    "DownlinkQuota",
    "InvalidApplicationId",
    "PayloadEncoding",
    "SettingsChange",
    "UnknownApplication",
    "UnknownDevices",
    "change_application",
    "create_application",
    "find_application",
]
