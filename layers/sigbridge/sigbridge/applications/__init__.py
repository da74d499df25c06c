"""Applications: who owns devices and keys, and how their traffic is treated."""

from sigbridge.applications.application import (
    Application,
    ApplicationExists,
    DownlinkQuota,
    InvalidApplicationId,
    PayloadEncoding,
    SettingsChange,
    UnknownApplication,
    UnknownDevices,
    change_application,
    create_application,
    find_application,
)

__all__ = [
    "Application",
    "ApplicationExists",
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
