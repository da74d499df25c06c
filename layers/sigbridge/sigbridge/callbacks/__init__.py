"""Callbacks: what Sigfox Cloud, TagoIO's users and others write in a request, read into messages."""

from sigbridge.callbacks.field_names import FieldMapping, InvalidMapping
from sigbridge.callbacks.reader import read_batch, read_messages

__all__ = ["FieldMapping", "InvalidMapping", "read_batch", "read_messages"]
