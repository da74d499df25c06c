"""Numbers as the table returns them."""

from decimal import Context, Decimal

from boto3.dynamodb.types import TypeDeserializer

# What DynamoDB keeps of a number; the zeros that it may write behind that are not stored digits.
_DIGITS = Context(prec=38)


class AttributeDeserializer(TypeDeserializer):
    """Reads typed attributes; boto3's refuses a large number that comes with all its zeros."""

    def _deserialize_n(self, value: str) -> Decimal:
        return _DIGITS.create_decimal(value)
