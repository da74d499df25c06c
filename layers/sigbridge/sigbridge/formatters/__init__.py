"""Payload formatters: what makes values of a device's bytes, and bytes of values."""

from sigbridge.formatters.kind import InvalidSource
from sigbridge.formatters.registry import (
    FormatterInUse,
    NewVersion,
    PutFormatter,
    TooManyFormatters,
    UnknownFormatter,
    UnknownVersion,
    delete_formatter,
    find_formatter,
    find_source,
    list_formatters,
    put_formatter,
    version_of,
)
from sigbridge.formatters.sources import SourceUnchecked
from sigbridge.model.formatter import (
    FORMATTER_ID,
    LARGEST_SOURCE_BYTES,
    Formatter,
    FormatterKind,
    FormatterVersion,
)

__all__ = [
    "FORMATTER_ID",
    "LARGEST_SOURCE_BYTES",
    "Formatter",
    "FormatterInUse",
    "FormatterKind",
    "FormatterVersion",
    "InvalidSource",
    "NewVersion",
    "PutFormatter",
    "SourceUnchecked",
    "TooManyFormatters",
    "UnknownFormatter",
    "UnknownVersion",
    "delete_formatter",
    "find_formatter",
    "find_source",
    "list_formatters",
    "put_formatter",
    "version_of",
]
