"""How values are written for others."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sigbridge.model.limits import plain_number
from sigbridge.model.message import Location


def with_plain_numbers(value: Any) -> Any:
    """Give a value as JSON writes it: whole numbers are whole, others are fractions."""
    if isinstance(value, Mapping):
        return {name: with_plain_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_plain_numbers(inner) for inner in value]
    if isinstance(value, Decimal):
        return plain_number(value)
    return value


def place_text(location: Location) -> str:
    """Give the value of a variable that is a location: `latitude, longitude`."""
    return f"{location.latitude:f}, {location.longitude:f}"
