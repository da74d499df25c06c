"""Conditions: what is last known of a device, and how it is doing."""

from sigbridge.model.knowledge import Kind, Knowledge
from sigbridge.status.condition import Condition, LastMessage, State, condition_of, states_of
from sigbridge.status.noting import note_message, note_over_quota, note_report
from sigbridge.status.state_lists import (
    StatePage,
    StateSince,
    devices_in_state,
    states_among,
    take_off_lists,
)
from sigbridge.status.watching import (
    follow_watch_orders,
    look_for_silence,
    watch_changed_device,
    watch_changed_types,
)

__all__ = [
    "Condition",
    "Kind",
    "Knowledge",
    "LastMessage",
    "State",
    "StatePage",
    "StateSince",
    "condition_of",
    "devices_in_state",
    "follow_watch_orders",
    "look_for_silence",
    "note_message",
    "note_over_quota",
    "note_report",
    "states_among",
    "states_of",
    "take_off_lists",
    "watch_changed_device",
    "watch_changed_types",
]
