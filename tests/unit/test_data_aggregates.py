"""Numbers about data, and the items nearest to an end of a range."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.data import (
    AggregateValue,
    Aggregation,
    Function,
    Order,
    RangeTooLong,
    Selection,
    aggregate,
    aggregating,
    nearest_items,
)
from tests.unit.stored_timeline import DEVICE, StoredTimeline

HOUR = 3_600_000
START = 1_763_769_600_000  # 2025-11-22T00:00:00Z
EVERYTHING = Selection(frozenset(), START, START + 24 * HOUR, Order.ASCENDING)

values = st.one_of(
    st.decimals(-1000, 1000, places=2),
    st.decimals(-1000, 1000, places=3).map(str),
    st.booleans(),
    st.sampled_from(["", "warm", "1_000", "NaN", "Infinity", "1e999", "0x10", "1e", ".", "+"]),
)
readings = st.lists(st.tuples(st.integers(0, 24 * HOUR), st.sampled_from("ab"), values), max_size=20)


def stored(*told: tuple[int, str, Any]) -> StoredTimeline:
    """A device that told these values: when (ms after the start), name, value."""
    timeline = StoredTimeline()
    for number, (moment, name, value) in enumerate(told):
        timeline.put_entry(f"{START + moment:013d}#{number}", name)
        timeline.items[f"DATA#{START + moment:013d}#{number}"]["variables"][0]["value"] = value
    return timeline


def made(timeline: StoredTimeline, selection: Selection, aggregation: Aggregation) -> list[AggregateValue]:
    with timeline.in_place_of_the_table():
        return list(aggregate(*DEVICE, selection, aggregation).values)


def number_of(value: object) -> Fraction | None:
    if isinstance(value, bool):
        return None
    try:
        return Fraction(str(value)) if str(value) != "1_000" and "e" not in str(value) else None
    except ValueError:
        return None


@given(readings, st.sampled_from(Function), st.sampled_from([None, HOUR, 7 * HOUR, 24 * HOUR]))
def test_numbers_are_those_of_a_simple_model(
    told: list[tuple[int, str, Any]], function: Function, interval: int | None
) -> None:
    expected: dict[tuple[int, str], list[Fraction]] = defaultdict(list)
    for moment, name, value in told:
        number = Fraction(1) if function is Function.COUNT else number_of(value)
        if number is not None:
            begin = START if interval is None else (START + moment) // interval * interval
            expected[begin, name].append(number)
    of = {
        Function.COUNT: len,
        Function.SUM: sum,
        Function.MIN: min,
        Function.MAX: max,
        Function.AVG: lambda numbers: sum(numbers) / len(numbers),
    }[function]

    result = made(stored(*told), EVERYTHING, Aggregation(function, interval))

    assert [(value.time, value.variable) for value in result] == sorted(expected)
    for value in result:
        assert float(value.value) == pytest.approx(float(of(expected[value.time, value.variable])))


def test_sums_of_fractions_are_exact() -> None:
    told = [(moment, "a", Decimal("0.1")) for moment in range(3)]

    [total] = made(stored(*told), EVERYTHING, Aggregation(Function.SUM))

    assert total.value == Decimal("0.3")


def test_the_latest_interval_comes_first_if_that_is_wanted() -> None:
    told = [(0, "b", Decimal(1)), (0, "a", Decimal(2)), (HOUR, "a", Decimal(3))]
    descending = Selection(frozenset(), START, START + 24 * HOUR, Order.DESCENDING)

    result = made(stored(*told), descending, Aggregation(Function.SUM, HOUR))

    assert [(value.time - START, value.variable) for value in result] == [(HOUR, "a"), (0, "a"), (0, "b")]


@pytest.mark.parametrize("function", Function)
def test_a_range_that_is_too_long_is_refused(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregating, "_LARGEST_RANGE", 10)
    timeline = stored(*((moment, "a", Decimal(moment)) for moment in range(11)))

    with pytest.raises(RangeTooLong, match="ask for a shorter one"):
        made(timeline, EVERYTHING, Aggregation(function))

    shorter = Selection(frozenset(), START + 1, START + 24 * HOUR, Order.ASCENDING)
    assert len(made(timeline, shorter, Aggregation(function))) == 1


def test_too_many_intervals_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregating, "_MOST_VALUES", 10)
    timeline = stored(*((moment * 1000, "a", Decimal(moment)) for moment in range(11)))

    with pytest.raises(RangeTooLong, match="ask for a longer interval"):
        made(timeline, EVERYTHING, Aggregation(Function.SUM, 1000))

    assert len(made(timeline, EVERYTHING, Aggregation(Function.SUM, 2000))) == 6


@given(readings, st.sampled_from(Order), st.sampled_from(["", "a", "ab", "abc"]))
def test_the_nearest_item_of_each_variable_is_found(
    told: list[tuple[int, str, Any]], end: Order, named: str
) -> None:
    latest = {}
    numbered = sorted((moment, str(number), name) for number, (moment, name, _) in enumerate(told))
    for place in numbered if end is Order.DESCENDING else reversed(numbered):
        latest[place[2]] = place[:2]
    selection = Selection(frozenset(named), START, START + 24 * HOUR, Order.ASCENDING)

    with stored(*told).in_place_of_the_table():
        found = nearest_items(*DEVICE, selection, end)

    assert [item.order for item in found] == sorted(item.order for item in found)
    assert {item.variable: (item.time - START, item.place.sort.split("#")[1]) for item in found} == {
        name: place for name, place in latest.items() if name in named or not named
    }


def test_the_latest_item_of_named_variables_is_found_with_little_reading() -> None:
    timeline = StoredTimeline()
    for number in range(5_000):
        timeline.put_message(f"{START + number}#{number}", "often", *(["rare"] if number == 0 else []))
    often = Selection(frozenset({"often"}), 0, 10**13 - 1, Order.DESCENDING)

    with timeline.in_place_of_the_table():
        [item] = nearest_items(*DEVICE, often, Order.DESCENDING)
        read = timeline.read
        everything = Selection(frozenset(), 0, 10**13 - 1, Order.DESCENDING)
        names = {item.variable for item in nearest_items(*DEVICE, everything, Order.DESCENDING)}
        rare = Selection(frozenset({"rare"}), 0, 10**13 - 1, Order.DESCENDING)
        [found] = nearest_items(*DEVICE, rare, Order.DESCENDING)

    assert (item.time, found.time) == (START + 4_999, START)
    assert read <= 20
    # Where no variable is named only 2,000 messages are looked through.
    assert names == {"often"}
