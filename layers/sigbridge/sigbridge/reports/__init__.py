"""Reports: what Sigfox's services tell about a device beside its messages, kept once."""

from sigbridge.reports.keeping import KeptReport, ReportReceipt, keep_reports
from sigbridge.reports.reading import reports_between
from sigbridge.reports.report import ReceivedReport, StoredReport, read_stored_report
from sigbridge.reports.service import Service, UnknownService

__all__ = [
    "KeptReport",
    "ReceivedReport",
    "ReportReceipt",
    "Service",
    "StoredReport",
    "UnknownService",
    "keep_reports",
    "read_stored_report",
    "reports_between",
]
