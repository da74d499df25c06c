"""Numbers of formatters: read from whole ones, and written back as whole ones."""

from decimal import ROUND_HALF_UP, Decimal

from sigbridge.model.limits import is_storable

# Beyond it a number is infinite to most who read JSON.
_LARGEST_EXPONENT = 300
_MOST_WHOLE_DIGITS = 38


def shortest(number: Decimal) -> int | Decimal:
    """Return a number in its shortest form: a whole one without a fraction.

    Raises:
        ValueError: It is infinite or none, at least to those who read it as JSON.
    """
    if not number.is_finite() or number.adjusted() > _LARGEST_EXPONENT:
        message = "is no number"
        raise ValueError(message)
    if number.adjusted() < _MOST_WHOLE_DIGITS and number == number.to_integral_value():
        return int(number)
    return number.normalize()


def checked_number(value: object) -> Decimal:
    """Return a number that may be encoded.

    Raises:
        ValueError: It is none, or too long.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
        if is_storable(number):
            return number
    message = "must be a number of at most 38 digits"
    raise ValueError(message)


def rounded(number: Decimal) -> int:
    """Return the nearest whole number; of two the one that is farther from 0."""
    return int(number.to_integral_value(ROUND_HALF_UP))
