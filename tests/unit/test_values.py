"""Single values, as senders write them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.clock import epoch_ms
from sigbridge.model.limits import is_storable
from sigbridge.sigfox.values import (
    is_absent,
    read_boolean,
    read_number,
    read_text,
    read_time,
    read_whole_number,
)

READERS = [read_boolean, read_number, read_text, read_time, read_whole_number]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False), st.text()
)


@pytest.mark.parametrize("value", [None, "", " ", "null", "NULL", " Null ", "N/A", "n/a"])
@pytest.mark.parametrize("read", READERS)
def test_what_is_absent_is_read_as_none(value: object, read: Callable[[object], object]) -> None:
    assert is_absent(value)
    assert read(value) is None


@pytest.mark.parametrize("value", [0, False, "0", "false", "-", "none", [], {}])
def test_what_is_there_is_not_absent(value: object) -> None:
    assert not is_absent(value)


@given(scalars)
@pytest.mark.parametrize("read", READERS)
def test_any_value_is_read_or_refused(read: Callable[[object], object], value: object) -> None:
    try:
        found = read(value)
    except ValueError:
        return
    assert (found is None) is is_absent(value)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        *((value, True) for value in (True, "true", "True", "TRUE", " true ", 1, "1")),
        *((value, False) for value in (False, "false", "False", "FALSE", " false ", 0, "0")),
    ],
)
def test_booleans_are_read_strictly(value: object, meaning: bool) -> None:
    assert read_boolean(value) is meaning


@pytest.mark.parametrize(
    "value", ["yes", "no", "t", "f", "on", 2, -1, "maybe", [], {}, ["true"], Decimal("1.5")]
)
def test_what_is_unclear_is_no_boolean(value: object) -> None:
    with pytest.raises(ValueError, match="must be true or false"):
        read_boolean(value)


@given(st.integers(1_000_000_000, 9_999_999_999), st.booleans())
def test_10_digits_are_epoch_seconds(seconds: int, quoted: bool) -> None:
    assert read_time(str(seconds) if quoted else seconds) == seconds * 1000


@given(st.integers(1_000_000_000_000, 9_999_999_999_999), st.booleans())
def test_13_digits_are_epoch_milliseconds(milliseconds: int, quoted: bool) -> None:
    assert read_time(str(milliseconds) if quoted else milliseconds) == milliseconds


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2286, 11, 20)),  # noqa: DTZ001 - the zone is added below
    st.none() | st.integers(-12 * 60, 14 * 60),
)
def test_iso_8601_is_read_in_its_zone_and_utc_where_it_names_none(
    moment: datetime, minutes: int | None
) -> None:
    zone = UTC if minutes is None else timezone(timedelta(minutes=minutes))
    written = moment if minutes is None else moment.replace(tzinfo=zone)

    expected = (moment.replace(tzinfo=zone) - EPOCH) // timedelta(milliseconds=1)

    assert abs((read_time(written.isoformat()) or 0) - expected) <= 1


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("2025-11-22T00:20:27Z", 1763770827000),
        ("2025-11-22T01:20:27+01:00", 1763770827000),
        ("2025-11-22 00:20:27", 1763770827000),
        ("2025-11-22", 1763769600000),
        (Decimal("1763770827.5"), 1763770827500),
        (Decimal("1.763770827E+9"), 1763770827000),
        ("1763770827.25", 1763770827250),
        (" 1763770827 ", 1763770827000),
        (Decimal("1763770827123.9"), 1763770827123),
        (1763770827123456, 1763770827123),
        ("1763770827123456789", 1763770827123),
        ("2025-11-22T00:20:27.123456789Z", 1763770827123),
        ("2025-11-22T01:20:27 01:00", 1763770827000),
        ("Sat, 22 Nov 2025 00:20:27 GMT", 1763770827000),
        ("Sat, 22 Nov 2025 01:20:27 +0100", 1763770827000),
    ],
)
def test_a_time_is_read_to_the_millisecond(value: object, milliseconds: int) -> None:
    assert read_time(value) == milliseconds


@pytest.mark.parametrize(
    "value",
    [
        *(0, 5, 176377082, 17637708270, 17637708270000, -1763770827, True, [], {}, "today", "1969-12-31"),
        *("2286-11-21", "\u0660" * 10, "1763770827s", "1e9", Decimal("1E+9"), "0x176377082"),
        *(64698438051149, "12:30", "Sat", "Sat, 99 Nov 2025 00:20:27 GMT", "May the 4th", "uptime 5 days"),
    ],
)
def test_another_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be epoch seconds"):
        read_time(value)


@given(st.text())
def test_only_digits_are_an_epoch(text: str) -> None:
    moment = epoch_ms(text)

    assert moment is None or 0 <= moment < 10**13


@given(st.integers(0, 10**15 - 1))
def test_a_whole_number_is_read_in_any_form(number: int) -> None:
    assert read_whole_number(number) == number
    assert read_whole_number(f" {number} ") == number
    assert read_whole_number(Decimal(f"{number}.0")) == number


@pytest.mark.parametrize(
    "value", [-1, "-1", "+1", "1.0", "1.5", Decimal("1.5"), True, 10**15, "1" * 16, "\u0663", [], "a"]
)
def test_another_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        read_whole_number(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=4))
def test_a_number_is_kept_exactly(number: Decimal) -> None:
    assert read_number(number) == number
    assert read_number(f" {number} ") == number


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-inf", "sNaN", "1e126", "1e-131", "9" * 39, True, "a", [], {}]
)
def test_what_can_not_be_kept_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        read_number(value)


@given(st.decimals())
def test_a_storable_number_fits_dynamodb(number: Decimal) -> None:
    if is_storable(number):
        assert number.is_finite()
        assert len(number.as_tuple().digits) <= 38
        assert number == 0 or Decimal("1E-130") <= abs(number) <= Decimal(
            "9.9999999999999999999999999999999999999E+125"
        )


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (" a ", "a"), (8406, "8406"), (0, "0")])
def test_a_text_may_be_a_whole_number(value: object, text: str) -> None:
    assert read_text(value) == text


@pytest.mark.parametrize("value", [True, False, Decimal("1.5"), [], {}])
def test_another_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be a text"):
        read_text(value)
