"""Reports: what Sigfox's services tell about a device beside its messages, kept once."""

from sigbridge.model.report import ReceivedReport, StoredReport
from sigbridge.model.service import Service, UnknownService
from sigbridge.reports.keeping import KeptReport, ReportReceipt, keep_reports
from sigbridge.reports.reading import reports_between

__all__ = [
    "KeptReport",
    "ReceivedReport",
    "ReportReceipt",
    "Service",
    "StoredReport",
    "UnknownService",
    "keep_reports",
    "reports_between",
]
