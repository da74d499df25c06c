"""Reports as the table has them, and as the model has them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sigbridge.model.message import Location
from sigbridge.model.report import ReceivedReport, StoredReport
from sigbridge.model.service import Service
from sigbridge.store.numbers import whole

SORT_PREFIX = "EVENT#"

_LARGEST_WHOLE_NUMBER = 10**15


def read_stored_report(record: Mapping[str, Any]) -> StoredReport:
    """Read the stored item, keys included, or its image in the change stream."""
    time, location = record.get("time"), record.get("location")
    received = ReceivedReport(
        service=Service(record["service"]),
        device_id=record["pk"].split("#", 2)[2],
        device_as_received=record["device"],
        time=whole(time),
        facts={name: _fact(value) for name, value in record["facts"].items()},
        location=None if location is None else Location.from_record(location),
        extras=record.get("extras", {}),
        recovered="recovered" in record,
    )
    return StoredReport.of(received, record["sk"].removeprefix(SORT_PREFIX), int(record["received_at"]))


def report_record(report: StoredReport) -> dict[str, Any]:
    """Return the attributes of a report, without its keys."""
    content = {
        "service": report.service.value,
        "device": report.device_as_received,
        "received_at": report.received_at,
        "facts": dict(report.facts),
        "time": report.time if report.has_time else report.sent_time,
        "location": None if report.location is None else report.location.as_record(),
        "extras": dict(report.extras) or None,
        "recovered": report.recovered or None,
    }
    return {name: value for name, value in content.items() if value is not None}


def _fact(value: object) -> object:
    if isinstance(value, Decimal) and abs(value) < _LARGEST_WHOLE_NUMBER and value % 1 == 0:
        return int(value)
    return value
