"""Reading single values of Sigfox's API, which drift from its description: what can't be read is none.

A number comes as `5` or `"5"`, a moment in milliseconds or in seconds, and what is absent in any way that
`sigfox.values` knows (sigfox-rest reference, 1).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from math import isfinite
from typing import Any

from sigbridge.sigfox import values

# Of longer texts the beginning is kept: names have at most 100 characters there.
_LONGEST_TEXT = 300
# What is less is seconds: so many milliseconds were over in 1973.
_LEAST_MS = 10**11
# The end of the year 9999, the last that can be written.
_LAST_MS = 253_402_300_799_999


def text_of(value: object) -> str | None:
    """Read a text."""
    with suppress(ValueError):
        text = values.read_text(value)
        # A half of a surrogate pair can't be kept.
        return None if text is None else text[:_LONGEST_TEXT].encode(errors="replace").decode()
    return None


def whole_of(value: object) -> int | None:
    """Read a whole number without a sign."""
    with suppress(ValueError):
        return values.read_whole_number(_exact(value))
    return None


def number_of(value: object) -> Decimal | None:
    """Read a number."""
    with suppress(ValueError):
        return values.read_number(_exact(value))
    return None


def boolean_of(value: object) -> bool | None:
    """Read a boolean."""
    with suppress(ValueError):
        return values.read_boolean(_exact(value))
    return None


def moment_of(value: object) -> int | None:
    """Read a moment as epoch ms; 0 stands for none."""
    moment = whole_of(value)
    if not moment:
        return None
    in_ms = moment if moment >= _LEAST_MS else moment * 1000
    return in_ms if in_ms <= _LAST_MS else None


def name_of_code(value: object, names: Sequence[str]) -> str | None:
    """Read a code as the name that it has; one without a name as `unknown (9)`."""
    with suppress(ValueError):
        code = values.read_code(_exact(value))
        if code is not None:
            return names[code] if 0 <= code < len(names) else f"unknown ({code})"
    return None


def object_of(value: object) -> Mapping[str, Any]:
    """Read an object; anything else is an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects_of(value: object) -> Sequence[Mapping[str, Any]]:
    """Read a list of objects, without what is none."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def named_id(document: Mapping[str, Any]) -> str | None:
    """Return the id of what a document describes; None for none."""
    return text_of(document.get("id")) or None


def required_id(document: Mapping[str, Any]) -> str:
    """Return the id of what a document describes.

    Raises:
        ValueError: It has none.
    """
    found = named_id(document)
    if found is None:
        message = "Sigfox names something without an id"
        raise ValueError(message)
    return found


def _exact(value: object) -> object:
    """Return a fraction as the digits that it was written with, and None for what is no single value."""
    if isinstance(value, float):
        return Decimal(repr(value)) if isfinite(value) else None
    return value if isinstance(value, bool | int | str) else None
