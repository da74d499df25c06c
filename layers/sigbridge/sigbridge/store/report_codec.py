"""Reports as the table has them, and as the model has them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sigbridge.clock import is_believed
from sigbridge.model.message import Location
from sigbridge.model.report import StoredReport
from sigbridge.model.service import Service

SORT_PREFIX = "EVENT#"

_LARGEST_WHOLE_NUMBER = 10**15


def read_stored_report(record: Mapping[str, Any]) -> StoredReport:
    """Read a report from the plain values of its stored item, keys included."""
    received_at = int(record["received_at"])
    sent_time = _whole(record.get("time"))
    is_timed = sent_time is not None and is_believed(sent_time, received_at)
    location = record.get("location")
    return StoredReport(
        service=Service(record["service"]),
        id=record["sk"].removeprefix(SORT_PREFIX),
        device_id=record["pk"].split("#", 2)[2],
        device_as_received=record["device"],
        time=sent_time if sent_time is not None and is_timed else received_at,
        has_time=is_timed,
        sent_time=None if is_timed else sent_time,
        received_at=received_at,
        facts={name: _fact(value) for name, value in record["facts"].items()},
        location=None if location is None else Location.from_record(location),
        extras=record.get("extras", {}),
    )


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)


def _fact(value: object) -> object:
    if isinstance(value, Decimal) and abs(value) < _LARGEST_WHOLE_NUMBER and value % 1 == 0:
        return int(value)
    return value
