"""Reports of Sigfox's services, written once under a key that every repeat of the report makes again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.store import table
from sigbridge.store.table import ConditionFailed, Key, Record, Span


@dataclass(frozen=True, slots=True)
class ReportWrite:
    """A report to be kept.

    Attributes:
        application_id, device_id: Whom it is about.
        sort: `<ms, 13 digits>#<digest>`.
        delivery: Tells this delivery of it from others.
        content: The item's other attributes.
    """

    application_id: str
    device_id: str
    sort: str
    delivery: str
    content: Mapping[str, Any]


class AlreadyKept(Exception):
    """The report is there already.

    Attributes:
        existing: The report as it was kept first.
    """

    def __init__(self, existing: Record) -> None:
        super().__init__("already kept")
        self.existing = existing


def add(report: ReportWrite) -> None:
    """Keeps a report.

    Raises:
        AlreadyKept: It is a repeat; nothing was written.
    """
    key = Key(f"DEVICE#{report.application_id}#{report.device_id}", f"EVENT#{report.sort}")
    try:
        table.put_new(key, {"delivery": report.delivery, **report.content})
    except ConditionFailed as failed:
        raise AlreadyKept(failed.existing or {}) from failed


def between(application_id: str, device_id: str, first_ms: int, last_ms: int) -> Iterator[Record]:
    """Yields the reports of a device about moments within these bounds, both included, in their order."""
    first, last = f"EVENT#{first_ms:013d}", f"EVENT#{last_ms + 1:013d}"
    return table.in_order(Span(f"DEVICE#{application_id}#{device_id}", first, last))
