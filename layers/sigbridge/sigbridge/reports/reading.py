"""Reading what was kept."""

from collections.abc import Iterator

from sigbridge.model.report import StoredReport
from sigbridge.store import reports as stored_reports


def reports_between(
    application_id: str, device_id: str, first_ms: int, last_ms: int
) -> Iterator[StoredReport]:
    """Yield the reports about moments within these bounds (epoch ms, both included), in their order."""
    return stored_reports.between(application_id, device_id, first_ms, last_ms)
