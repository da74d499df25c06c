"""CSV that spreadsheets open without running anything."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.management.negotiation import csv_response


def read_back(*cells: object) -> list[str]:
    """Writes one row, and reads it as a spreadsheet does."""
    text = csv_response(["value"] * len(cells), [cells], None).body
    _header, row = csv.reader(io.StringIO(text, newline=""))
    return row


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-", "'-"),
        ("-5", "-5"),
        ("+33.5", "+33.5"),
        ("-1.5e-7", "-1.5e-7"),
        ("-5 C", "'-5 C"),
        (-5, "-5"),
        (-0.25, "-0.25"),
        (Decimal("-0.25"), "-0.25"),
        ("a=1", "a=1"),
        ("", ""),
        (None, ""),
        (False, "false"),
    ],
)
def test_a_text_that_begins_a_formula_follows_an_apostrophe(value: object, cell: str) -> None:
    assert read_back(value) == [cell]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_stay_numbers(number: float) -> None:
    assert read_back(number, str(number)) == [str(number)] * 2


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_every_text_can_be_read_back(text: str) -> None:
    [cell] = read_back(text)

    assert cell in {text, f"'{text}"}
    assert not cell.startswith(("=", "@", "\t", "\r"))
