"""What a stored message says as data items."""

from decimal import Decimal
from typing import Any

import pytest

from sigbridge.data import DataItem, Order, Selection, read_data
from sigbridge.messages import Location
from tests.unit.stored_timeline import DEVICE, StoredTimeline

MS = 1_763_770_827_000


def items(**content: Any) -> list[DataItem]:
    """The data items of a message with this content, in their order."""
    stored = StoredTimeline()
    stored.put_message(f"{MS}#241", **content)
    with stored.in_place_of_the_table():
        return list(read_data(*DEVICE, Selection(frozenset(), 0, MS, Order.ASCENDING), 100).items)


def told(**content: Any) -> dict[str, Any]:
    return {item.variable: item.value for item in items(**content)}


def variable(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"variable": name, "value": value, **more}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"payload": "0011aa"}, {"payload": "0011aa"}),
        ({"payload": ""}, {"payload": ""}),
        ({"port": Decimal(10), "seq_number": Decimal(0)}, {"port": 10, "seq_number": 0}),
        (
            {"radio": {"rssi": Decimal("-128.5"), "station": "93CF", "duplicate": False}},
            {"rssi": Decimal("-128.5"), "station": "93CF", "duplicate": False},
        ),
        ({"advanced": {"lqi": "GOOD", "country_code": Decimal(250)}}, {"lqi": "GOOD", "country_code": 250}),
        (
            {
                "advanced": {
                    "duplicates": [{"bs_id": "1D44", "rssi": Decimal("-110.5"), "nb_rep": Decimal(3)}]
                }
            },
            {"duplicates": '[{"bs_id": "1D44", "rssi": -110.5, "nb_rep": 3}]'},
        ),
        # What both calls told of the reception is what the second one says.
        ({"radio": {"rssi": Decimal(-128)}, "advanced": {"rssi": Decimal(-127)}}, {"rssi": -127}),
        (
            {
                "location": {
                    "latitude": Decimal("45.19"),
                    "longitude": Decimal("-5.0"),
                    "radius": Decimal(2447),
                }
            },
            {"location": "45.19, -5.0", "radius": 2447},
        ),
        ({"location": {"latitude": Decimal(0), "longitude": Decimal(0)}}, {"location": "0, 0"}),
        ({}, {}),
    ],
)
def test_a_message_says_what_it_carries(content: dict[str, Any], expected: dict[str, Any]) -> None:
    assert told(**content) == expected


def test_a_location_has_its_details() -> None:
    place = {"latitude": Decimal("45.19"), "longitude": Decimal("5.71"), "source": Decimal(2)}
    [location] = items(location=place | {"status": Decimal(1)})

    assert location.location is not None
    assert (location.location.latitude, location.location.longitude) == (Decimal("45.19"), Decimal("5.71"))
    assert location.metadata == {"source": 2, "status": 1}


def test_a_variable_has_the_location_that_it_was_told_with() -> None:
    place = {"latitude": Decimal("45.76"), "longitude": Decimal("4.84")}
    door, gate = items(variables=[variable("door", "open", location=place), variable("gate", "shut")])

    assert door.location == Location(Decimal("45.76"), Decimal("4.84"))
    assert gate.location is None


def test_a_radius_is_in_metres() -> None:
    place = {"latitude": Decimal("45.19"), "longitude": Decimal("5.71"), "radius": Decimal(2447)}

    assert [item.unit for item in items(location=place) if item.variable == "radius"] == ["m"]


def test_variables_of_both_calls_are_told_once_where_they_agree() -> None:
    own = [variable("t", Decimal(20), unit="°C"), variable("t", Decimal(21)), variable("flag", value=True)]
    added = [variable("t", Decimal(21)), variable("t", Decimal(22)), variable("flag", Decimal(1))]

    found = items(variables=own, advanced_variables=added)

    assert [(item.variable, item.value, item.unit) for item in found] == [
        ("flag", True, None),
        ("flag", 1, None),
        ("t", 20, "°C"),
        ("t", 21, None),
        ("t", 22, None),
    ]
    assert len({item.id for item in found}) == 5


def test_an_id_is_the_same_whatever_else_a_message_says() -> None:
    [alone] = items(variables=[variable("t", Decimal(20))])
    [*_, among_others] = items(
        variables=[variable("a", "x"), variable("t", Decimal(20))], advanced={"lqi": "GOOD"}, payload="00"
    )

    assert alone.id == among_others.id
    assert len(alone.id) == 24
    int(alone.id, 16)
