"""Callbacks: what Sigfox Cloud, TagoIO's users and others write in a request, and how it is read."""

from sigbridge.callbacks.reader import read_advanced_data, read_batch, read_messages
from sigbridge.callbacks.services import addressed_service, read_reports

__all__ = [
    "addressed_service",
    "read_advanced_data",
    "read_batch",
    "read_messages",
    "read_reports",
]
