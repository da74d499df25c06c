"""Reports of Sigfox's services, each one item that is written once."""

from collections.abc import Iterator

from sigbridge.model.report import StoredReport
from sigbridge.store import table
from sigbridge.store.report_codec import SORT_PREFIX, read_stored_report, report_record
from sigbridge.store.rows import Key, Span
from sigbridge.store.write_once import write_once


def add(application_id: str, report: StoredReport, expires_at: int) -> bool:
    """Store a report, unless it is there already, and tell whether it is a repeat.

    Args:
        application_id: Whose device it is about.
        report: The report.
        expires_at: When it is forgotten, epoch seconds.
    """
    key = Key(_partition(application_id, report.device_id), f"{SORT_PREFIX}{report.id}")
    return write_once(key, report_record(report) | {"expires_at": expires_at}).is_repeat


def between(application_id: str, device_id: str, first_ms: int, last_ms: int) -> Iterator[StoredReport]:
    """Yield the reports of a device about moments within these bounds, both included, in their order."""
    first, last = f"{SORT_PREFIX}{first_ms:013d}", f"{SORT_PREFIX}{last_ms + 1:013d}"
    span = Span(_partition(application_id, device_id), first, last)
    return map(read_stored_report, table.in_order(span))


def _partition(application_id: str, device_id: str) -> str:
    return f"DEVICE#{application_id}#{device_id}"
