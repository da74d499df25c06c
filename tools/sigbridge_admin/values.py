"""Values of variables, as a person writes and reads them."""

import json
import math
import re

type Value = bool | int | float | str

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def read_value(text: str) -> Value:
    """Read a number or a boolean as JSON writes it; anything else is text."""
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _NUMBER.fullmatch(text) is None:
        return text
    number: int | float = json.loads(text)
    return number if math.isfinite(number) else text


def value_in_words(value: Value, unit: str | None) -> str:
    """Write a value for people, with its unit."""
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return written if unit is None else f"{written} {unit}"
