"""What a variable may hold (tagoio reference, 7)."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sigbridge.api.http.json_body import read_json
from sigbridge.api.management.data_models import DataCreate
from sigbridge.errors import InvalidInput
from sigbridge.messages import Location
from sigbridge.model.limits import checked_metadata, checked_name


def nested(levels: int) -> dict[str, object]:
    return {"a": 1} if levels == 1 else {"a": nested(levels - 1)}


def asked(body: object) -> DataCreate:
    return DataCreate.model_validate(read_json(json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("name", "kept"),
    [("temperature", "temperature"), ("Temp_1", "temp_1"), ("x" * 100, "x" * 100), ("été/1", "été/1")],
)
def test_a_name_is_kept_in_lower_case(name: str, kept: str) -> None:
    assert checked_name(name) == kept


@pytest.mark.parametrize("name", ["", "x" * 101, "İ" * 100, *(f"a{c}b" for c in "*?!<>.-=$ \t\n\u00a0")])
def test_a_name_that_tagoio_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must "):
        checked_name(name)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"a": "x" * 6_000},
        {"color": "red", "x": 1, "y": Decimal("1.5"), "on": True, "none": None, "list": [{"a": []}]},
        {f"n{number}": "x" * 89 for number in range(100)},
        {"x" * 255: 1},
        nested(16),
    ],
)
def test_details_are_kept(metadata: dict[str, object]) -> None:
    assert checked_metadata(metadata) == metadata


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        "text",
        {"": 1},
        {"x" * 256: 1},
        {"a": {"": 1}},
        {"a": [10**38]},
        {"a": Decimal("1e126")},
        {"a": "x" * 6_001},
        {f"n{number}": "é" * 55 for number in range(100)},
        nested(17),
    ],
)
def test_details_that_can_not_be_kept_are_refused(metadata: object) -> None:
    with pytest.raises(ValueError, match="must "):
        checked_metadata(metadata)


@pytest.mark.parametrize(
    ("location", "latitude", "longitude"),
    [
        ({"lat": 45.19, "lng": -180}, Decimal("45.19"), Decimal(-180)),
        ({"type": "Point", "coordinates": [5.71, -90]}, Decimal(-90), Decimal("5.71")),
    ],
)
def test_a_location_has_two_forms(location: object, latitude: Decimal, longitude: Decimal) -> None:
    [value] = asked({"variable": "place", "location": location}).new_values()

    assert value.variable.location == Location(latitude, longitude)
    assert value.variable.value == f"{latitude}, {longitude}"


@pytest.mark.parametrize(
    "location",
    [
        {},
        [],
        "45,5",
        {"lat": 1},
        {"lat": "1", "lng": 2},
        {"lat": True, "lng": 2},
        {"lat": 90.1, "lng": 2},
        {"lat": 1, "lng": -180.5},
        {"lat": 1, "lng": 2, "alt": 3},
        {"type": "Polygon", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "Point", "coordinates": [1, 91]},
        {"type": "Point", "coordinates": "12"},
    ],
)
def test_a_place_that_is_none_is_refused(location: object) -> None:
    with pytest.raises(ValidationError, match="must "):
        asked({"variable": "place", "location": location})


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["variable", "value", "time", "group", "unit", "location", "metadata", "lat", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(anything)
def test_any_body_is_read_or_refused(body: Any) -> None:
    try:
        values = asked(body).new_values()
    except (ValidationError, InvalidInput):
        return
    assert all(value.variable.name == value.variable.name.lower() for value in values)
