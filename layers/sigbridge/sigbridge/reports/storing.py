"""Keeping reports: each once, however often it is delivered."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sigbridge.applications import kept_until
from sigbridge.clock import now_ms
from sigbridge.devices import DeviceCache
from sigbridge.model.report import ReceivedReport, StoredReport
from sigbridge.store import reports as stored_reports
from sigbridge.store.parallel import in_parallel


@dataclass(frozen=True, slots=True)
class ReportReceipt:
    """A report that is durable now.

    Attributes:
        report: What was received.
        repeated: Whether it was there already.
    """

    report: ReceivedReport
    repeated: bool


@dataclass(frozen=True, slots=True)
class ReportsReceipt:
    """What became of a request's reports.

    Attributes:
        reports: In the order of the request.
    """

    reports: tuple[ReportReceipt, ...]

    @property
    def accepted(self) -> int:
        """How many were new."""
        return len(self.reports) - self.duplicates

    @property
    def duplicates(self) -> int:
        """How many were there already."""
        return sum(kept.repeated for kept in self.reports)


def store_reports(application_id: str, received: Sequence[ReceivedReport]) -> ReportsReceipt:
    """Keep the reports of one request and return when all of them are durable.

    A report is known again by its service, time and content; one without a time is always new.

    Args:
        application_id: Whose devices they are about.
        received: At least one report.

    Raises:
        UnknownDevice: A device is not listed and the application rejects such; nothing was kept.
        StoreUnavailable: Not all are durable; keeping them again does no harm.
    """
    device_ids = [report.device_id for report in received]
    directory = DeviceCache.open(application_id, device_ids)
    directory.register_unknown(device_ids)
    arrived_at = now_ms()
    expires_at = kept_until(directory.application, arrived_at)

    def keep(report: ReceivedReport) -> ReportReceipt:
        stored = StoredReport.of(report, _id(report, arrived_at), arrived_at)
        return ReportReceipt(report, repeated=stored_reports.add(application_id, stored, expires_at))

    return ReportsReceipt(tuple(in_parallel(keep, received)))


def _id(report: ReceivedReport, arrived_at: int) -> str:
    if report.time is None:
        return f"{arrived_at:013d}#{secrets.token_hex(8)}"
    return f"{report.time:013d}#{_digest(report)}"


def _digest(report: ReceivedReport) -> str:
    location = None if report.location is None else report.location.as_record()
    content = [report.service, report.facts, location, report.extras]
    text = json.dumps(content, default=_plain_number, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain_number(number: Decimal) -> str:
    return str(number.normalize())
