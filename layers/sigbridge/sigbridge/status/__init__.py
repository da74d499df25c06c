"""Conditions: what is last known of a device, and how it is doing."""

from sigbridge.model.observation import Observation, ObservationKind
from sigbridge.model.status import Status
from sigbridge.status.device_status import DeviceStatus, LastMessage, status_of, statuses_of
from sigbridge.status.recording import record_message, record_over_quota, record_report
from sigbridge.status.silence_monitor import (
    due_looks,
    follow_watch_orders,
    look_for_silence,
    watch_changed_device,
    watch_changed_types,
)
from sigbridge.status.state_lists import (
    StatePage,
    StateSince,
    devices_in_state,
    states_among,
    take_off_lists,
)

__all__ = [
    "DeviceStatus",
    "LastMessage",
    "Observation",
    "ObservationKind",
    "StatePage",
    "StateSince",
    "Status",
    "devices_in_state",
    "due_looks",
    "follow_watch_orders",
    "look_for_silence",
    "record_message",
    "record_over_quota",
    "record_report",
    "states_among",
    "status_of",
    "statuses_of",
    "take_off_lists",
    "watch_changed_device",
    "watch_changed_types",
]
