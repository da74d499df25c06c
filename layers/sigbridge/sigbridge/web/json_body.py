"""Reading JSON from people one does not know."""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from sigbridge.errors import InvalidInput

_DEPTH = 32
# Beyond it a number is infinite to most who read JSON.
_LARGEST_EXPONENT = 300


def read_json(body: bytes) -> object:
    """Reads a JSON document; fractions become Decimal, exactly as written.

    Raises:
        InvalidInput: It is not JSON in UTF-8, nests deeper than 32 levels, or holds what can't be
            stored (NUL, NaN, half a surrogate pair, a number beyond 1e300).
    """
    try:
        text = body.decode("utf-8-sig")
        document: object = json.loads(text, parse_float=_read_fraction, parse_constant=_refuse_constant)
    except UnicodeDecodeError as failure:
        message = "The body is not UTF-8"
        raise InvalidInput(message) from failure
    except RecursionError as failure:
        message = "The body nests too deep"
        raise InvalidInput(message) from failure
    except ValueError as failure:
        message = f"The body is not valid JSON: {failure}"
        raise InvalidInput(message) from failure
    if text.count("[") + text.count("{") > _DEPTH:
        _refuse_deep_nesting(document)
    if "\\u" in text:
        _refuse_unstorable_escapes(document)
    return document


def _read_fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as failure:
        message = f"{text[:20]} is out of range"
        raise ValueError(message) from failure
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        message = f"{text[:20]} is out of range"
        raise ValueError(message)
    return number


def _refuse_deep_nesting(document: object) -> None:
    level = [document]
    for _ in range(_DEPTH + 1):
        level = [inner for value in level for inner in _inner(value)]
        if not level:
            return
    message = "The body nests too deep"
    raise InvalidInput(message)


def _inner(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON value"
    raise ValueError(message)


def _refuse_unstorable_escapes(document: object) -> None:
    for text in _texts(document):
        if "\0" in text:
            message = "The body holds a NUL character"
            raise InvalidInput(message)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            message = "The body holds half a surrogate pair"
            raise InvalidInput(message)


def _texts(document: object) -> Iterator[str]:
    remaining = [document]
    while remaining:
        value = remaining.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            remaining += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            remaining += value
