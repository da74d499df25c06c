"""Variables: what becomes of everything that has no meaning of its own."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.model.message import Location, Variable
from sigbridge.tagoio.locations import NotOnEarth, read_location
from sigbridge.tagoio.variables import InvalidVariable, check_value, leaves, make_variable, variable_name

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10))
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def scalars_in(value: object) -> list[object]:
    """All scalars of a document, in order."""
    if isinstance(value, dict):
        return [scalar for inner in value.values() for scalar in scalars_in(inner)]
    if isinstance(value, list):
        return [scalar for inner in value for scalar in scalars_in(inner)]
    return [value]


def at(value: object, path: tuple[str, ...]) -> object:
    """What stands at a path of a document."""
    for name in path:
        value = value[int(name)] if isinstance(value, list) else value[name]  # type: ignore[index]
    return value


@given(documents)
def test_flattening_loses_and_adds_nothing(document: object) -> None:
    found = list(leaves(document))

    assert [value for _, value in found] == scalars_in(document)
    assert all(at(document, path) is value for path, value in found)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("Temperature",), "temperature"),
        (("Radio", "deep", "a"), "radio_deep_a"),
        (("arr", "0"), "arr_0"),
        (("Soil Temp",), "soil_temp"),
        (("a.b-c=d$e?f!g*h<i>j",), "a_b_c_d_e_f_g_h_i_j"),
        (("größe",), "größe"),
    ],
)
def test_a_variable_carries_the_names_of_its_parents_in_lower_case(path: tuple[str, ...], name: str) -> None:
    assert variable_name(path) == name


def test_a_name_has_a_limit() -> None:
    assert len(variable_name(("x" * 100,))) == 100
    assert len(variable_name(("\u0130" * 100,))) == 100
    assert variable_name(("x" * 60, "y" * 60)) == "x" * 39 + "_" + "y" * 60
    with pytest.raises(InvalidVariable, match="at most 100 characters"):
        variable_name(("x", "x" * 101))


@pytest.mark.parametrize("value", [True, False, 0, -5, Decimal("3.60"), "", "text", "x" * 6000, 10**37])
def test_a_value_that_can_be_kept_is_kept(value: object) -> None:
    assert check_value(("x",), value) is value


@pytest.mark.parametrize(
    "value", ["x" * 6001, "é" * 3001, 10**38 + 1, Decimal("1e126"), Decimal("NaN"), [], {}, None]
)
def test_another_value_is_refused_by_its_place(value: object) -> None:
    with pytest.raises(InvalidVariable) as refused:
        check_value(("a", "b"), value)
    assert refused.value.path == ("a", "b")


@pytest.mark.parametrize("value", [None, "", "null", "N/A"])
def test_what_is_absent_makes_no_variable(value: object) -> None:
    assert make_variable(("x",), value) is None


def test_zero_and_false_make_variables() -> None:
    assert make_variable(("x",), 0) == Variable("x", 0)
    assert make_variable(("x",), False) == Variable("x", False)


@pytest.mark.parametrize(
    ("content", "location"),
    [
        ({"latitude": 45.2, "longitude": 5.7}, None),
        ({"lat": 1, "lng": 104}, Location(Decimal(1), Decimal(104))),
        ({"Lat": "1.5", "Lon": "-104"}, Location(Decimal("1.5"), Decimal(-104))),
        ({"latitude": 0, "longitude": 0}, Location(Decimal(0), Decimal(0))),
        ({"lat": 90, "long": -180}, Location(Decimal(90), Decimal(-180))),
        ({"lat": 1}, None),
        ({"lat": "", "lng": 5}, None),
        ({"lat": None, "lng": 5}, None),
        (
            {"lat": 45, "lng": 5, "radius": "2447", "source": 2, "status": "1"},
            Location(Decimal(45), Decimal(5), Decimal(2447), 2, 1),
        ),
    ],
)
def test_a_location_needs_both_coordinates(content: dict[str, object], location: Location | None) -> None:
    if any(isinstance(value, float) for value in content.values()):
        content = {name: Decimal(str(value)) for name, value in content.items()}
        location = Location(Decimal("45.2"), Decimal("5.7"))

    found = read_location(content)

    assert (found and found.location) == location


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"lat": Decimal("90.5"), "lng": 5}, "lat"),
        ({"lat": 91, "lng": 5}, "lat"),
        ({"latitude": 5, "longitude": -181}, "longitude"),
    ],
)
def test_a_coordinate_that_is_not_on_earth_is_refused_by_its_name(
    content: dict[str, object], field: str
) -> None:
    with pytest.raises(NotOnEarth) as refused:
        read_location(content, ("position",))
    assert refused.value.path == ("position", field)


@pytest.mark.parametrize(
    "content",
    [
        {"lat": "north", "lng": 5},
        {"lat": True, "lng": 5},
        {"lat": [1], "lng": 5},
        {"long": "a text"},
        {"lat": 5},
    ],
)
def test_what_is_no_location_is_left_to_be_variables(content: dict[str, object]) -> None:
    assert read_location(content) is None


def test_a_location_takes_only_what_it_is_made_of() -> None:
    content = {"Lat": 1, "lng": 2, "radius": 3, "accuracy": 4, "status": "moving", "source": "gps"}

    found = read_location(content)

    assert found is not None
    assert found.location == Location(Decimal(1), Decimal(2), radius=Decimal(3))
    assert found.paths == {("Lat",), ("lng",), ("radius",)}


def test_a_geojson_point_is_a_location() -> None:
    content = {"type": "Point", "coordinates": [Decimal("-78.677328"), Decimal("35.770723"), 12]}

    found = read_location(content, ("place",))

    assert found is not None
    assert found.location == Location(Decimal("35.770723"), Decimal("-78.677328"))
    assert found.paths == {("place", "type"), ("place", "coordinates", "0"), ("place", "coordinates", "1")}
