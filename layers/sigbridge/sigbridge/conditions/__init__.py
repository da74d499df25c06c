"""Conditions: what is last known of a device, and how it is doing."""

from sigbridge.conditions.condition import Condition, LastMessage, State, condition_of, states_of
from sigbridge.conditions.knowledge import Kind, Knowledge
from sigbridge.conditions.noting import note_message, note_report

__all__ = [
    "Condition",
    "Kind",
    "Knowledge",
    "LastMessage",
    "State",
    "condition_of",
    "note_message",
    "note_report",
    "states_of",
]
