"""Reading single values as Sigfox Cloud writes them, and others like it.

It pastes a value into the sender's own text, so a number comes as `5` or `"5"`, a boolean as
`true` or `"true"`, and what is absent as `""`, `null`, `"null"` or `"N/A"`, or as the placeholder that nobody
filled in: `{temp}` (sigfox reference, 2.1).
"""

import re
from decimal import Decimal, InvalidOperation

from sigbridge.clock import epoch_ms, iso_ms, rfc1123_ms
from sigbridge.model.limits import is_storable

# In the order of their codes.
LINK_QUALITIES = ("LIMIT", "AVERAGE", "GOOD", "EXCELLENT", "NA")
_ABSENT = frozenset({"", "null", "n/a"})
_TRUE = frozenset({"true", "1"})
_FALSE = frozenset({"false", "0"})
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_PLACEHOLDER = re.compile(r"\{[A-Za-z][A-Za-z0-9#_]*\}", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+", re.ASCII)
_SPACE_FOR_PLUS = re.compile(r"([T ][0-9:.]+) ([0-9]{2}:?[0-9]{2})$", re.ASCII)


def is_absent(value: object) -> bool:
    """Return whether a value stands for none."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("{"):
            return _PLACEHOLDER.fullmatch(text) is not None
        return text.lower() in _ABSENT
    return value is None


def read_text(value: object) -> str | None:
    """Read a text; a whole number is one too, as ids are sometimes not quoted.

    Raises:
        ValueError: It is anything else.
    """
    if is_absent(value):
        return None
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    message = "must be a text"
    raise ValueError(message)


def read_boolean(value: object) -> bool | None:
    """Read a boolean strictly: `"false"` is false, and anything unclear is refused.

    Raises:
        ValueError: It is neither.
    """
    if is_absent(value):
        return None
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    message = "must be true or false"
    raise ValueError(message)


def read_whole_number(value: object) -> int | None:
    """Read a number without sign or fraction, of at most 15 digits.

    Raises:
        ValueError: It is anything else.
    """
    if is_absent(value):
        return None
    if isinstance(value, Decimal) and value.adjusted() < 15 and value == value.to_integral_value():
        value = int(value)
    if not isinstance(value, bool) and _WHOLE.fullmatch(str(value).strip()):
        return int(str(value))
    message = "must be a whole number"
    raise ValueError(message)


def read_code(value: object) -> int | None:
    """Read a whole number with or without a sign, of at most 15 digits: codes nobody knows may be any.

    Raises:
        ValueError: It is anything else.
    """
    if isinstance(value, str) and value.strip().startswith("-"):
        code = read_whole_number(value.strip()[1:])
        return None if code is None else -code
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value < 0:
        code = read_whole_number(-value)
        return None if code is None else -code
    return read_whole_number(value)


def read_number(value: object) -> Decimal | None:
    """Read a number that DynamoDB can keep; a text may write it with a decimal comma.

    Raises:
        ValueError: It is none.
    """
    if is_absent(value):
        return None
    if not isinstance(value, bool) and isinstance(value, int | Decimal | str):
        if isinstance(value, str):
            value = value.strip()
            if "," in value and _DECIMAL_COMMA.fullmatch(value):
                value = value.replace(",", ".")
        try:
            number = Decimal(value)
        except InvalidOperation:
            pass
        else:
            if is_storable(number):
                return number
    message = "must be a number"
    raise ValueError(message)


def read_link_quality(value: object) -> str | None:
    """Read a link quality: Sigfox writes `Good` where its documentation says `GOOD` (sigfox reference, 1.4).

    Raises:
        ValueError: It is no text.
    """
    quality = read_text(value)
    return quality.upper() if quality is not None and quality.upper() in LINK_QUALITIES else quality


def read_time(value: object) -> int | None:
    """Read a moment: epoch s, ms, µs or ns by their digits, ISO 8601 (UTC unless it says), or RFC 1123.

    Returns:
        Epoch ms.

    Raises:
        ValueError: It is anything else.
    """
    if is_absent(value):
        return None
    if not isinstance(value, bool) and isinstance(value, int | Decimal | str):
        text = str(value).strip()
        moment = epoch_ms(text)
        if moment is None and isinstance(value, str):
            # In a query an unescaped "+" is a space.
            moment = iso_ms(_SPACE_FOR_PLUS.sub(r"\1+\2", text))
            moment = rfc1123_ms(text) if moment is None else moment
        if moment is not None:
            return moment
    message = "must be epoch seconds (10 digits), epoch milliseconds (13 digits) or ISO 8601"
    raise ValueError(message)
