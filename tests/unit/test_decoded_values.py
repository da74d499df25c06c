"""What becomes of a formatter's values: variables and a location."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.formatters.kinds.cayenne_lpp import CayenneLpp
from sigbridge.formatters.values import DecodedVariable, InvalidResult, read_values
from sigbridge.model.message import Location, Variable

# 2026-01-02T03:04:05Z
MOMENT = 1767323045000
GRENOBLE = Location(Decimal("45.19"), Decimal("5.71"))


def variables_of(data: object) -> list[Variable]:
    return [decoded.variable for decoded in read_values(data).variables]


def values_of(data: object) -> dict[str, object]:
    return {variable.name: variable.value for variable in variables_of(data)}


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ({}, {}),
        ({"Temperature": Decimal("21.5"), "open": True}, {"temperature": Decimal("21.5"), "open": True}),
        ({"soil": {"depth 1": {"t": 7}}}, {"soil_depth_1_t": 7}),
        ({"history": [{"t": 1}, {"t": 2}]}, {"history_0_t": 1, "history_1_t": 2}),
        ({"a": None, "b": "", "c": "n/a", "d": {}, "e": []}, {}),
        ({"a": {"value": 5}}, {"a": 5}),
        ({"a": {"value": 5, "unit": "V"}, "b": {"unit": "V"}}, {"a": 5, "b_unit": "V"}),
        ({"a": {"value": 5, "limit": 7}}, {"a_value": 5, "a_limit": 7}),
        ({"a": {"value": {"x": 1, "y": 2}, "unit": "g"}}, {"a_x": 1, "a_y": 2}),
        ({"value": 5, "unit": "V"}, {"value": 5, "unit": "V"}),
        ([{"variable": "Temp", "value": 5}, {"variable": "x", "value": None}], {"temp": 5}),
        ([], {}),
    ],
)
def test_values_become_variables_by_the_rules_for_bodies(data: object, values: object) -> None:
    assert values_of(data) == values


def test_a_value_has_what_belongs_to_it() -> None:
    item = {
        "value": Decimal("21.5"),
        "unit": "°C",
        "time": "2026-01-02T03:04:05Z",
        "location": {"lat": Decimal("45.19"), "lng": Decimal("5.71")},
        "metadata": {"probe": {"id": 7}},
        "displayName": "Soil temperature",
    }
    details = {"displayName": "Soil temperature", "probe.id": 7}
    variable = Variable("soil_t", Decimal("21.5"), "°C", details, GRENOBLE)

    found = read_values({"soil": {"t": item}})

    assert found.variables == (DecodedVariable(variable, MOMENT),)
    assert found.location == GRENOBLE
    assert found.warnings == ()


def test_an_array_of_tagoio_gives_a_variable_an_item() -> None:
    items = [
        {"variable": "t", "value": 7, "unit": "°C", "time": MOMENT, "group": "g1"},
        {"variable": "t", "value": 8, "metadata": {"color": "red"}},
        {
            "variable": "position",
            "location": {"type": "Point", "coordinates": [Decimal("5.71"), Decimal("45.19")]},
        },
    ]
    found = read_values(items)

    assert found.variables == (
        DecodedVariable(Variable("t", 7, "°C"), MOMENT),
        DecodedVariable(Variable("t", 8, metadata={"color": "red"})),
    )
    assert found.location == GRENOBLE


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        ({"latitude": Decimal("45.19"), "longitude": Decimal("5.71"), "t": 1}, {"t": 1}),
        ({"fix": {"lat": Decimal("45.19"), "lng": Decimal("5.71"), "sats": 4}}, {"fix_sats": 4}),
        ({"gps_1": {"latitude": Decimal("45.19"), "longitude": Decimal("5.71")}}, {}),
        (
            {
                "first": {"lat": Decimal("45.19"), "lng": Decimal("5.71")},
                "second": {"lat": 1, "lng": 2},
            },
            {"second_lat": 1, "second_lng": 2},
        ),
        (
            {"gateway": {"lat": 1, "lng": 2}, "lat": Decimal("45.19"), "lon": Decimal("5.71")},
            {"gateway_lat": 1, "gateway_lng": 2},
        ),
    ],
)
def test_latitude_and_longitude_become_the_location(data: object, rest: object) -> None:
    assert read_values(data).location == GRENOBLE
    assert values_of(data) == rest


def test_a_gps_of_cayenne_lpp_is_the_location() -> None:
    decoded = CayenneLpp().decode_uplink(bytes.fromhex("0d8807fd87ff410c00086a"))

    found = read_values(decoded.data)

    assert found.location == Location(Decimal("52.3655"), Decimal("-4.8884"))
    assert values_of(decoded.data) == {"gps_13_altitude": Decimal("21.54")}


@pytest.mark.parametrize(
    ("data", "warning", "values"),
    [
        ({"lat": 13401526, "lng": 1}, "lat: must be from -90 to 90", {"lat": 13401526, "lng": 1}),
        ({"a": {"b": "x" * 6001}, "c": 1}, "a.b: must be at most 6000 bytes", {"c": 1}),
        ({"x" * 101: 1, "c": 1}, f"{'x' * 101}: its name must be at most 100 characters", {"c": 1}),
        ({"a": 10**39, "c": 1}, "a: must be a number of at most 38 digits", {"c": 1}),
        ({"a": {"value": 1, "time": "soon"}}, "a.time: must be epoch seconds (10 digits), epoch", {"a": 1}),
        ({"a": {"value": "x" * 6001, "unit": "V"}, "c": 1}, "a: must be at most 6000 bytes", {"c": 1}),
    ],
)
def test_what_can_t_be_kept_is_left_out_with_a_warning(data: object, warning: str, values: object) -> None:
    found = read_values(data)

    assert [text.startswith(warning) for text in found.warnings] == [True]
    assert values_of(data) == values


def nested(levels: int) -> object:
    return {"a": nested(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "must be an object of named values"),
        (7, "must be an object of named values"),
        ("text", "must be an object of named values"),
        ([1], "must be an object of named values"),
        ([{"variable": "a", "value": 1}, {"value": 1}], "must be an object of named values"),
        (nested(11), "must nest at most 10 levels"),
        (nested(500), "must nest at most 10 levels"),
        ({"a": [0] * 257}, "must have at most 256 values"),
        ({f"a{number}": number for number in range(10_000)}, "must have at most 256 values"),
        ({"a": "é" * 8_200}, "must be at most 16384 bytes of JSON"),
        ({"a" * 16_384: 1}, "must be at most 16384 bytes of JSON"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_result_or_too_large_is_refused(data: object, message: str) -> None:
    with pytest.raises(InvalidResult) as refused:
        read_values(data)

    assert refused.value.message.startswith(message)


@pytest.mark.parametrize(
    "data",
    [nested(10), {"a": [0] * 256}, [{"variable": "a", "value": 1, "unit": "V"}] * 256, {"a": "x" * 6000}],
    ids=lambda value: str(value)[:40],
)
def test_what_is_just_small_enough_is_taken(data: object) -> None:
    assert read_values(data).warnings == ()


names = st.sampled_from(
    ["value", "unit", "location", "time", "lat", "lng", "variable", "coordinates", "type"]
)
scalars = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
results = st.recursive(
    scalars | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(results)
def test_any_result_is_read_or_refused(data: object) -> None:
    with suppress(InvalidResult):
        found = read_values(data)
        json.dumps([decoded.variable.as_record() for decoded in found.variables], default=str)
