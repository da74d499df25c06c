"""Numbers as the table returns them."""

from decimal import Context, Decimal

from boto3.dynamodb.types import TypeDeserializer

# What DynamoDB keeps of a number; the zeros that it may write behind that are not stored digits.
_DIGITS = Context(prec=38)


class AttributeDeserializer(TypeDeserializer):
    """Reads typed attributes; boto3's refuses a large number that comes with all its zeros."""

    def _deserialize_n(self, value: str) -> Decimal:
        return _DIGITS.create_decimal(value)


def whole(number: Decimal | None) -> int | None:
    """Return a stored number that is a whole one, or None where there is none."""
    return None if number is None else int(number)
