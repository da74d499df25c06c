"""Callbacks: what Sigfox Cloud, TagoIO's users and others write in a request, and how it is read."""

from sigbridge.api.ingest.reader import Received, read_batch, read_bidir, read_service, read_uplinks
from sigbridge.api.ingest.services import addressed_service
from sigbridge.api.ingest.storing import store_received

__all__ = [
    "Received",
    "addressed_service",
    "read_batch",
    "read_bidir",
    "read_service",
    "read_uplinks",
    "store_received",
]
