"""Applications: who owns devices and keys, and how their traffic is treated."""

from sigbridge.applications.application import (
    ApplicationExists,
    InvalidApplicationId,
    SettingsChange,
    UnknownApplication,
    change_application,
    create_application,
    find_application,
    kept_since,
    kept_until,
    list_applications,
    unknown_application,
)
from sigbridge.applications.device_types import (
    MOST_DEVICE_TYPES,
    DeviceTypeExists,
    TooManyDeviceTypes,
    UnknownDeviceType,
    change_device_type,
    create_device_type,
    delete_device_type,
    device_types,
    find_device_type,
)
from sigbridge.model.application import Application
from sigbridge.model.device_type import DEVICE_TYPE_ID, DeviceType
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices

__all__ = [
    "DEVICE_TYPE_ID",
    "MOST_DEVICE_TYPES",
    "Application",
    "ApplicationExists",
    "DeviceType",
    "DeviceTypeExists",
    "DownlinkQuota",
    "InvalidApplicationId",
    "PayloadEncoding",
    "SettingsChange",
    "TooManyDeviceTypes",
    "UnknownApplication",
    "UnknownDeviceType",
    "UnknownDevices",
    "change_application",
    "change_device_type",
    "create_application",
    "create_device_type",
    "delete_device_type",
    "device_types",
    "find_application",
    "find_device_type",
    "kept_since",
    "kept_until",
    "list_applications",
    "unknown_application",
]
