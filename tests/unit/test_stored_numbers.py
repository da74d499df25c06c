"""Numbers come back from the table as they were stored, in whatever notation."""

from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.limits import is_storable
from sigbridge.store.numbers import AttributeDeserializer

storable = st.decimals(allow_nan=False, allow_infinity=False).filter(is_storable)


@given(storable)
def test_a_number_is_the_same_in_plain_notation(number: Decimal) -> None:
    for written in (str(number), f"{number:f}"):
        read = AttributeDeserializer().deserialize({"N": written})

        assert read == number
        assert TypeSerializer().serialize(read)


@pytest.mark.parametrize("written", ["112181496140333230" + "0" * 65, "1" + "0" * 125])
def test_a_large_number_may_come_with_all_its_zeros(written: str) -> None:
    assert AttributeDeserializer().deserialize({"N": written}) == Decimal(written)
