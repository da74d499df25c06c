"""Reading JSON from people one does not know."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from sigbridge.credentials import redact
from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.limits import is_storable
from sigbridge.telemetry.excerpts import with_texts

_DEPTH = 32
# Beyond it a number is infinite to most who read JSON.
_LARGEST_EXPONENT = 300
# What DynamoDB keeps of a number.
_MOST_DIGITS = 38
_CHANGED_TEXT = "contained characters that can't be stored; they were removed"


def read_json(body: bytes) -> object:
    """Read a JSON document; fractions become Decimal, exactly as written.

    Raises:
        InvalidInput: It is not JSON in UTF-8, nests deeper than 32 levels, or holds what can't be
            stored (NUL, NaN, half a surrogate pair, a number beyond 1e300).
    """
    text = _decoded(body)
    with _json_refused():
        document: object = json.loads(text, parse_float=_read_fraction, parse_constant=_refuse_constant)
    if text.count("[") + text.count("{") > _DEPTH:
        _refuse_deep_nesting(document)
    if "\\u" in text:
        _refuse_unstorable_escapes(document)
        # Written with escapes, a key does not look like one before it is read.
        return with_texts(document, redact)
    return document


def read_lenient_json(body: bytes) -> tuple[object, list[Fault]]:
    """Read the JSON of a device, which can't send it again: one bad value does not lose the others.

    `NaN` and `Infinity` are null, a number that can't be kept is a text, NUL characters go, half a surrogate
    pair becomes U+FFFD, and line breaks may stand in texts.

    Returns:
        The document, and what was changed in it; `index` is the position in an array.

    Raises:
        InvalidInput: It is not JSON in UTF-8, or nests deeper than 32 levels.
    """
    unstorable = False

    def replaced(text: str) -> "_Unstorable":
        nonlocal unstorable
        unstorable = True
        return _Unstorable(text)

    def read_fraction(text: str) -> "Decimal | _Unstorable":
        try:
            number = Decimal(text)
        except InvalidOperation:
            return replaced(text)
        return number if is_storable(number) else replaced(text)

    def read_whole(text: str) -> "int | _Unstorable":
        return int(text) if len(text) <= _MOST_DIGITS else replaced(text)

    text = _decoded(body).rstrip("\0 \t\r\n")
    with _json_refused():
        document: object = json.loads(
            text, parse_float=read_fraction, parse_int=read_whole, parse_constant=replaced, strict=False
        )
    if text.count("[") + text.count("{") > _DEPTH:
        _refuse_deep_nesting(document)
    if not unstorable and "\0" not in text and "\\u" not in text:
        return document, []
    warnings: list[Fault] = []
    if isinstance(document, list):
        return [_storable(item, _Place(index, ()), warnings) for index, item in enumerate(document)], warnings
    return _storable(document, _Place(0, ()), warnings), warnings


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        message = "The body is not UTF-8"
        raise InvalidInput(message) from failure


@contextmanager
def _json_refused() -> Iterator[None]:
    try:
        yield
    except RecursionError as failure:
        message = "The body nests too deep"
        raise InvalidInput(message) from failure
    except ValueError as failure:
        message = f"The body is not valid JSON: {failure}"
        raise InvalidInput(message) from failure


@dataclass(frozen=True, slots=True)
class _Unstorable:
    """Stands for a number that can't be kept, until its place in the document is known."""

    text: str


@dataclass(frozen=True, slots=True)
class _Place:
    index: int
    path: tuple[str, ...]

    def inner(self, name: object) -> "_Place":
        return _Place(self.index, (*self.path, str(name)))

    def fault(self, message: str) -> Fault:
        fault = Fault.at(self.path, message, self.index)
        return replace(fault, field=redact(fault.field) or "body")


def _storable(value: object, place: _Place, warnings: list[Fault]) -> object:
    if isinstance(value, dict):
        names = {name: _storable_text(name) for name in value}
        warnings += [place.inner(kept).fault(_CHANGED_TEXT) for name, kept in names.items() if kept != name]
        return {
            redact(names[name]): _storable(inner, place.inner(names[name]), warnings)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_storable(inner, place.inner(position), warnings) for position, inner in enumerate(value)]
    if isinstance(value, _Unstorable):
        if value.text.lstrip("-").isalpha():
            warnings.append(place.fault(f"{value.text} is not a JSON value; read as null"))
            return None
        warnings.append(place.fault("is a number too large to store; stored as text"))
        return value.text
    if isinstance(value, str):
        storable = _storable_text(value)
        if storable != value:
            warnings.append(place.fault(_CHANGED_TEXT))
        return redact(storable)
    return value


def _storable_text(text: str) -> str:
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
            message = "The body contains a NUL character"
            raise InvalidInput(message)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            message = "The body contains half a surrogate pair"
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
