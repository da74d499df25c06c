"""Moments, ranges and intervals as a query names them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.errors import InvalidInput
from sigbridge.tagoio import dates
from sigbridge.tagoio.dates import LATEST_MS, read_interval, read_moment, read_range

HOUR, DAY = 3_600_000, 86_400_000
NOW = int(datetime(2024, 3, 31, 12, 30, 15, 250_000, UTC).timestamp() * 1000)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "now_ms", lambda: NOW)


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-02-29", ms(2024, 2, 29), ms(2024, 3, 1) - 1),
        ("2024-02-29T10:11:12Z", ms(2024, 2, 29, 10, 11, 12), None),
        ("2024-02-29 10:11:12", ms(2024, 2, 29, 10, 11, 12), None),
        ("2024-02-29T10:11:12.345+02:00", ms(2024, 2, 29, 8, 11, 12) + 345, None),
        (" 1709201472 ", 1_709_201_472_000, None),
        ("1709201472.5", 1_709_201_472_500, None),
        ("1709201472345", 1_709_201_472_345, None),
        ("1 second", NOW - 1000, None),
        ("15 minutes", NOW - 15 * 60_000, None),
        ("2 hours", NOW - 2 * HOUR, None),
        ("1 Day", NOW - DAY, None),
        ("0 days", NOW, None),
        ("2weeks", NOW - 14 * DAY, None),
        ("1 month", ms(2024, 2, 29, 12, 30, 15) + 250, None),
        ("13 months", ms(2023, 2, 28, 12, 30, 15) + 250, None),
        ("1 quarter", ms(2023, 12, 31, 12, 30, 15) + 250, None),
        ("2 years", ms(2022, 3, 31, 12, 30, 15) + 250, None),
        ("60 years", 0, None),
        ("999999 years", 0, None),
        ("999999 weeks", 0, None),
    ],
)
def test_a_moment_begins_and_ends_a_range(text: str, first: int, last: int | None) -> None:
    assert read_range(text, None) == (first, LATEST_MS)
    assert read_range(None, text) == (0, first if last is None else last)


def test_a_range_of_one_day_has_both_its_ends() -> None:
    assert read_range("2024-02-29", "2024-02-29") == (ms(2024, 2, 29), ms(2024, 3, 1) - 1)
    assert read_range("1 day", "1 day") == (NOW - DAY, NOW - DAY)


NO_MOMENTS = (
    *("", "yesterday", "2024-02-30", "2024-13-01", "12", "17092014720", "-1 day", "1.5 days", "1 fortnight"),
    *("day", "1234567 days", "1969-12-31", "\uff19 days", "2024-02-29T25:00:00", "9999-12-31", "0x10"),
)


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_refused_by_the_name_of_its_field(text: str) -> None:
    for start, end, field in ((text, None, "start_date"), (None, text, "end_date")):
        with pytest.raises(InvalidInput) as refused:
            read_range(start, end)
        assert [fault.field for fault in refused.value.faults] == [field]


@pytest.mark.parametrize(
    ("start", "end"), [("2024-03-02", "2024-03-01"), ("1 hour", "2 hours"), ("1709201473", "1709201472")]
)
def test_a_reversed_range_is_refused(start: str, end: str) -> None:
    with pytest.raises(InvalidInput, match="must not be later than end_date"):
        read_range(start, end)


@pytest.mark.parametrize(
    ("text", "length"),
    [("1 hour", HOUR), ("15 minutes", 900_000), ("1 day", DAY), ("1week", 7 * DAY), (" 30 Seconds ", 30_000)],
)
def test_an_interval_is_read(text: str, length: int) -> None:
    assert read_interval(text) == length


@pytest.mark.parametrize("text", ["", "0 hours", "1 month", "hour", "-1 hour", "1 hour 2 minutes", "1,5 h"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_interval(text)
    assert [fault.field for fault in refused.value.faults] == ["interval"]


@given(st.integers(0, LATEST_MS))
def test_every_moment_is_read_as_it_is_told(moment: int) -> None:
    text = datetime.fromtimestamp(moment // 1000, UTC).isoformat() + f".{moment % 1000:03d}"
    assert read_moment(text.replace("+00:00", "") + "Z") == moment


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_read_or_refused(start: str, end: str) -> None:
    try:
        first, last = read_range(start, end)
    except InvalidInput:
        return
    assert 0 <= first <= last <= LATEST_MS


@given(st.integers(0, 999_999), st.sampled_from(["second", "hour", "days", "months", "quarters", "years"]))
def test_every_length_of_time_is_before_now(number: int, unit: str) -> None:
    assert 0 <= read_range(f"{number} {unit}", None)[0] <= NOW
