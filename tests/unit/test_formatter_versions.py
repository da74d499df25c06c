"""Which version of a formatter is for a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.formatter import Formatter, FormatterKind, FormatterVersion


def formatter(*valid_from: int) -> Formatter:
    """A formatter with versions that are valid from these moments, in the order of their numbers."""
    versions = (
        FormatterVersion(number, FormatterKind.CAYENNE_LPP, f"{number}", moment, created_at=number)
        for number, moment in enumerate(valid_from, start=1)
    )
    return Formatter("f", "f", tuple(versions))


@pytest.mark.parametrize(
    ("valid_from", "time", "number"),
    [
        pytest.param([0], 5, 1, id="the only one"),
        pytest.param([100], 5, 1, id="before the only one"),
        pytest.param([0, 100], 99, 1, id="before the second"),
        pytest.param([0, 100], 100, 2, id="from the second on"),
        pytest.param([0, 0], 5, 2, id="one took the other's place"),
        pytest.param([0, 100, 0], 5, 3, id="mended before the second"),
        pytest.param([0, 100, 0], 100, 2, id="mended before the second, which stays"),
        pytest.param([100, 100, 200], 5, 2, id="before all: the newest of those that became valid first"),
    ],
)
def test_the_version_for_a_message(valid_from: list[int], time: int, number: int) -> None:
    assert formatter(*valid_from).version_at(time).number == number


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(-1, 6))
def test_a_version_takes_the_place_of_all_before_it_from_its_moment_on_until_a_later_one(
    valid_from: list[int], time: int
) -> None:
    chosen = formatter(*valid_from).version_at(time)
    at = valid_from[chosen.number - 1]

    assert at <= time or at == min(valid_from)
    for number, other in enumerate(valid_from, start=1):
        assert not (at < other <= time), "a version that became valid later is for it"
        assert not (other == at and number > chosen.number), "a newer one took its place"
