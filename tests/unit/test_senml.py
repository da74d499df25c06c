"""SenML packs, as KPN Things posts them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.ingest.senml import read_senml

DEVICE = "urn:dev:DEVEUI:A1B2C3D4E5F60718:"


def test_a_record_of_senml_keeps_its_unit_and_its_own_time() -> None:
    records = [
        {"bn": DEVICE, "bt": Decimal("1.772600767E+9")},
        {"n": "temperature", "u": "Cel", "v": 28.2, "t": -60},
        {"n": "door", "vb": True},
        {"n": "empty"},
        {"s": 1},
    ]
    assert read_senml(records) == [
        {"variable": "bn", "value": DEVICE},
        {"variable": "bt", "value": "1772600767"},
        {"variable": "temperature", "value": 28.2, "unit": "Cel", "time": "1772600707"},
        {"variable": "door", "value": True, "time": "1772600767"},
        {"variable": "empty", "value": None, "time": "1772600767"},
    ]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [1],
        [{"n": "temperature", "v": 1}],
        [{"bn": "a house:", "n": "temperature", "v": 1}],
        [{"bn": 7, "n": "temperature", "v": 1}],
        [{"bn": "urn:dev:DEVEUI:A1:", "n": "t", "v": 1}, "stranger"],
        [{"bn": "urn:dev:DEVEUI:A1:", "n": "t", "v": 1}, {"bn": "urn:dev:DEVEUI:B2:", "n": "t", "v": 2}],
        [{"variable": "bn", "value": "urn:dev:DEVEUI:A1:"}],
    ],
)
def test_what_is_no_senml_of_one_device_is_left_alone(records: list[object]) -> None:
    assert read_senml(records) is None


values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=8)
    | st.just([])
)


@given(st.lists(st.dictionaries(st.sampled_from(["bt", "n", "u", "v", "vs", "t"]), values), max_size=3))
def test_no_pack_is_too_odd_to_read(records: list[dict[str, Any]]) -> None:
    items = read_senml([{"bn": DEVICE}, *records])
    assert items is not None
    named = [record["n"] for record in records if isinstance(record.get("n"), str)]
    assert [item["variable"] for item in items] == ["bn", *named]


@given(st.lists(values, min_size=1))
def test_no_array_is_too_odd_to_look_at(records: list[object]) -> None:
    assert read_senml(records) is None
