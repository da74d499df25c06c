"""Noting what comes to be known of a device. The change stream does it, never the path of a callback."""

from collections.abc import Mapping
from typing import Any

from sigbridge.conditions.knowledge import Kind, Knowledge, knowledge_of_message, knowledge_of_report
from sigbridge.reports import StoredReport
from sigbridge.store import conditions as stored_conditions


def note_report(application_id: str, device_id: str, report: StoredReport) -> None:
    """Notes what a report says of the device's condition, unless something newer is known.

    Noting it again, or in another order, changes nothing.

    Raises:
        StoreUnavailable: It may not be noted.
    """
    _note(application_id, device_id, knowledge_of_report(report))


def note_message(application_id: str, device_id: str, record: Mapping[str, Any]) -> None:
    """Notes what a stored message says of link and location; most messages say neither.

    Args:
        application_id, device_id: The device.
        record: The message's item as plain values.

    Raises:
        StoreUnavailable: It may not be noted.
    """
    _note(application_id, device_id, knowledge_of_message(record))


def _note(application_id: str, device_id: str, known: Mapping[Kind, Knowledge]) -> None:
    if known:
        groups = {kind.value: knowledge.as_record() for kind, knowledge in known.items()}
        stored_conditions.note(application_id, device_id, groups)
