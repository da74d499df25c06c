"""Reports: what Sigfox's services tell about a device beside its messages, kept once."""

from sigbridge.model.report import ReceivedReport, StoredReport
from sigbridge.model.service import Service, UnknownService
from sigbridge.reports.reading import reports_between
from sigbridge.reports.storing import ReportReceipt, ReportsReceipt, store_reports

__all__ = [
    "ReceivedReport",
    "ReportReceipt",
    "ReportsReceipt",
    "Service",
    "StoredReport",
    "UnknownService",
    "reports_between",
    "store_reports",
]
