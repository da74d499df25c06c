"""What a variable may hold: TagoIO's limits (tagoio reference, 7), and DynamoDB's of numbers."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sigbridge.model.message import Value

NAME_LENGTH = 100
DETAIL_NAME_LENGTH = 255
FORBIDDEN_IN_NAMES = re.compile(r"[*?!<>.\-=$\s]")

_VALUE_BYTES = 6_000
_METADATA_BYTES = 10_000
# Within an item DynamoDB nests 32 levels.
_METADATA_LEVELS = 16
# DynamoDB's numbers: 38 digits, from 1E-130 to 9.9999999999999999999999999999999999999E+125.
_SMALLEST_EXPONENT = -130
_LARGEST_EXPONENT = 125
_MOST_DIGITS = 38


def fitting_name(name: str) -> str:
    """Give the name of a variable that a sender calls so: lower case, TagoIO's forbidden characters as `_`.

    Of a longer one the last 100 characters stay.
    """
    # In lower case some letters are two characters.
    return FORBIDDEN_IN_NAMES.sub("_", name[-NAME_LENGTH:]).lower()[-NAME_LENGTH:] or "_"


def checked_name(name: str) -> str:
    """Return a variable's name as it is kept: lower case.

    Raises:
        ValueError: It is empty or too long, or holds a character that TagoIO forbids.
    """
    kept = name.lower()
    if not 1 <= len(kept) <= NAME_LENGTH:
        message = f"must have 1 to {NAME_LENGTH} characters"
        raise ValueError(message)
    if FORBIDDEN_IN_NAMES.search(kept):
        message = "must not contain white space or any of * ? ! < > . - = $"
        raise ValueError(message)
    return kept


def checked_value(value: object) -> Value:
    """Let a value pass that can be kept.

    Raises:
        ValueError: It can't: it is no text, number or boolean, or too large.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        if not is_storable(Decimal(value)):
            message = f"must be a number of at most {_MOST_DIGITS} digits"
            raise ValueError(message)
        return value
    if isinstance(value, str):
        if len(value.encode()) > _VALUE_BYTES:
            message = f"must be at most {_VALUE_BYTES} bytes"
            raise ValueError(message)
        return value
    message = "must be a text, a number or a boolean"
    raise ValueError(message)


def checked_metadata(metadata: object) -> dict[str, object]:
    """Let the details of a variable pass that can be kept.

    Raises:
        ValueError: They can't: they are no object, too large, or something in them can't be kept.
    """
    if not isinstance(metadata, dict):
        message = "must be an object"
        raise ValueError(message)
    _check_detail(metadata, 1)
    text = json.dumps(metadata, default=str, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > _METADATA_BYTES:
        message = f"must be at most {_METADATA_BYTES} bytes"
        raise ValueError(message)
    return metadata


def _check_detail(value: object, level: int) -> None:
    if isinstance(value, dict | list):
        if level > _METADATA_LEVELS:
            message = f"must nest at most {_METADATA_LEVELS} levels"
            raise ValueError(message)
        if isinstance(value, dict) and not all(1 <= len(name) <= DETAIL_NAME_LENGTH for name in value):
            message = f"must have names of 1 to {DETAIL_NAME_LENGTH} characters"
            raise ValueError(message)
        for inner in value.values() if isinstance(value, dict) else value:
            _check_detail(inner, level + 1)
    elif value is not None:
        checked_value(value)


def is_storable(number: Decimal) -> bool:
    """Return whether DynamoDB keeps a number exactly."""
    if not number.is_finite():
        return False
    has_few_digits = len(number.as_tuple().digits) <= _MOST_DIGITS
    return has_few_digits and _SMALLEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT


def plain_number(number: Decimal) -> int | float:
    """Return a number as JSON writes it: a whole one is whole, another is a fraction."""
    return int(number) if number == number.to_integral_value() else float(number)


def with_plain_numbers(value: Any) -> Any:
    """Return a value as JSON writes it: whole numbers are whole, others are fractions."""
    if isinstance(value, Mapping):
        return {name: with_plain_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_plain_numbers(inner) for inner in value]
    if isinstance(value, Decimal):
        return plain_number(value)
    return value
