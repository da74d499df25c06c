"""Cayenne LPP, read and written back."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.formatters.kind import Decoded, InvalidSource
from sigbridge.formatters.kinds.cayenne_lpp import CayenneLpp
from sigbridge.model.downlink import InvalidDownlink
from tests.unit.formatter_vectors import Vector, vectors_of

LPP = CayenneLpp.parse("")
VECTORS = vectors_of("cayenne_lpp")

# Each type with its code, its name, its numbers of bits, what a bit of each is worth.
SINGLE = {
    0: ("digital_in", "u8", "1"),
    1: ("digital_out", "u8", "1"),
    2: ("analog_in", "i16", "0.01"),
    3: ("analog_out", "i16", "0.01"),
    100: ("generic", "u32", "1"),
    101: ("luminosity", "u16", "1"),
    102: ("presence", "u8", "1"),
    103: ("temperature", "i16", "0.1"),
    104: ("relative_humidity", "u8", "0.5"),
    115: ("barometric_pressure", "u16", "0.1"),
    116: ("voltage", "u16", "0.01"),
    117: ("current", "u16", "0.001"),
    118: ("frequency", "u32", "1"),
    120: ("percentage", "u8", "1"),
    121: ("altitude", "i16", "1"),
    122: ("load", "i24", "0.001"),
    125: ("concentration", "u16", "1"),
    128: ("power", "u16", "1"),
    130: ("distance", "u32", "0.001"),
    131: ("energy", "u32", "0.001"),
    132: ("direction", "u16", "1"),
    133: ("unixtime", "u32", "1"),
    142: ("switch", "u8", "1"),
}


def read(vector: Vector) -> Decoded:
    if vector.payload is not None:
        return LPP.decode_uplink(bytes.fromhex(vector.payload))
    assert vector.downlink is not None
    return LPP.decode_downlink(bytes.fromhex(vector.downlink))


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_payload_is_read_as_its_source_says(vector: Vector) -> None:
    found = read(vector)

    assert found.data == vector.decoded
    assert len(found.errors) == (vector.error is not None)
    assert all(error.startswith(vector.error or "") for error in found.errors)


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if vector.error is None and "polyline" not in str(vector.decoded)],
    ids=str,
)
def test_its_values_make_the_payload_again(vector: Vector) -> None:
    written = bytes.fromhex(vector.payload or vector.downlink or "")

    again = LPP.encode_downlink(vector.decoded)

    assert written.startswith(again)
    assert written.removeprefix(again).strip(b"\0") in {b"", b"\xff"}


@pytest.mark.parametrize("code", SINGLE)
def test_a_type_has_its_name_size_and_step(code: int) -> None:
    name, number, step = SINGLE[code]
    length = int(number[1:]) // 8
    raw = (2 << 8 * length - 8).to_bytes(length)
    negative = b"\xff" * length

    assert LPP.decode_uplink(bytes([4, code]) + raw).data == {
        f"{name}_4": int.from_bytes(raw) * Decimal(step)
    }
    least = LPP.decode_uplink(bytes([4, code]) + negative).data[f"{name}_4"]
    assert least == (-1 if number[0] == "i" else (1 << 8 * length) - 1) * Decimal(step)
    assert LPP.decode_uplink(bytes([4, code]) + raw[1:]).errors != ()


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        ({"value_1": Decimal("54.5")}, "01154a"),
        ({"value_1": 1, "value_2": Decimal("-54.5")}, "01006402eab6"),
        ({"value_254": 0}, "fe0000"),
        ({"temperature_1": Decimal("-4.10")}, "0167ffd7"),
        ({"temperature_1": Decimal("21.45")}, "016700d7"),
        ({"relative_humidity_255": Decimal("39.4")}, "ff684f"),
        ({"gyrometer_1": {"z": Decimal("-4.1"), "x": 0, "y": 0}}, "018600000000fe66"),
        ({"colour_1": {"r": 1, "g": 2, "b": 3}, "switch_2": 1}, "0187010203028e01"),
    ],
)
def test_the_nearest_value_is_written(data: Mapping[str, object], payload: str) -> None:
    assert LPP.encode_downlink(data).hex() == payload


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "decoded_payload: has no value"),
        ({"value_1": 1, "switch_2": 1}, "decoded_payload: must not mix"),
        ({"warmth_1": 1}, "decoded_payload.warmth_1: must be value_<channel>, or a type"),
        ({"value": 1}, "decoded_payload.value: must be value_<channel>, or a type"),
        ({"value_01": 1}, "decoded_payload.value_01: must be value_<channel>, or a type"),
        ({"value_\u0661": 1}, "decoded_payload.value_\u0661: must be value_<channel>, or a type"),
        ({"polyline_1": []}, "decoded_payload.polyline_1: must be value_<channel>, or a type"),
        ({"value_255": 1}, "decoded_payload.value_255: its channel must be from 0 to 254"),
        ({"switch_256": 1}, "decoded_payload.switch_256: its channel must be from 0 to 255"),
        ({"value_1": True}, "decoded_payload.value_1: must be a number"),
        ({"value_1": "1"}, "decoded_payload.value_1: must be a number"),
        ({"value_1": None}, "decoded_payload.value_1: must be a number"),
        ({"value_1": Decimal("NaN")}, "decoded_payload.value_1: must be a number"),
        ({"value_1": Decimal("327.68")}, "decoded_payload.value_1: must be a number from -327.68 to 327.67"),
        ({"switch_1": 256}, "decoded_payload.switch_1: must be a number from 0 to 255"),
        ({"switch_1": Decimal("1E+99")}, "decoded_payload.switch_1: must be a number from 0 to 255"),
        ({"gps_1": 1}, "decoded_payload.gps_1: must be an object with latitude, longitude, altitude"),
        ({"gps_1": {"latitude": 1}}, "decoded_payload.gps_1: must be an object with latitude, longitude"),
        ({"colour_1": {"r": 1, "g": 2, "b": 256}}, "decoded_payload.colour_1.b: must be a number from 0 to"),
    ],
)
def test_what_can_t_be_written_is_refused_by_its_name(data: Mapping[str, object], message: str) -> None:
    with pytest.raises(InvalidDownlink) as refused:
        LPP.encode_downlink(data)

    assert refused.value.message.startswith(message)


def test_of_values_of_one_name_the_last_counts_and_a_warning_says_so() -> None:
    found = LPP.decode_uplink(bytes.fromhex("018e00018e01018e02"))

    assert found.data == {"switch_1": 2}
    assert found.warnings == ("switch_1: stands there several times; the last counts",)


def test_cayenne_lpp_has_no_source() -> None:
    assert CayenneLpp.parse(" \n") == LPP
    with pytest.raises(InvalidSource) as refused:
        CayenneLpp.parse("\n a::uint:8")
    assert (refused.value.line, refused.value.column) == (2, 2)


def wholes(number: str) -> st.SearchStrategy[int]:
    bits = int(number[1:])
    return (
        st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
        if number[0] == "i"
        else st.integers(0, (1 << bits) - 1)
    )


def several(numbers: Mapping[str, tuple[str, str]]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {
            name: wholes(number).map(lambda whole, step=step: whole * Decimal(step))  # type: ignore[misc]
            for name, (number, step) in numbers.items()
        }
    )


OF_SEVERAL = {
    "accelerometer": several(dict.fromkeys("xyz", ("i16", "0.001"))),
    "gyrometer": several(dict.fromkeys("xyz", ("i16", "0.01"))),
    "colour": several(dict.fromkeys("rgb", ("u8", "1"))),
    "gps": several(
        {"latitude": ("i24", "0.0001"), "longitude": ("i24", "0.0001"), "altitude": ("i24", "0.01")}
    ),
}
OF_ONE = {
    name: wholes(number).map(lambda whole, step=step: whole * Decimal(step))  # type: ignore[misc]
    for name, number, step in SINGLE.values()
}
values = st.one_of(
    st.tuples(st.just(name), st.integers(0, 255), value) for name, value in (OF_ONE | OF_SEVERAL).items()
)
typed = st.lists(values, min_size=1, max_size=4).map(
    lambda listed: {f"{name}_{channel}": value for name, channel, value in listed}
)


@given(typed)
def test_typed_values_that_were_written_are_read(data: Mapping[str, object]) -> None:
    assert LPP.decode_uplink(LPP.encode_downlink(data)) == Decoded(data)


@given(
    st.dictionaries(
        st.integers(1, 254).map("value_{}".format),
        wholes("i16").map(lambda whole: whole * Decimal("0.01")),
        min_size=1,
        max_size=2,
    )
)
def test_downlinks_that_were_written_are_read_filled_up_or_not(data: Mapping[str, object]) -> None:
    payload = LPP.encode_downlink(data)

    assert LPP.decode_downlink(payload) == Decoded(data)
    assert LPP.decode_downlink(payload.ljust(8, b"\0")) == Decoded(data)


@given(st.binary(max_size=12) | st.lists(st.sampled_from([1, 103, 136, 240, 255, 9]), max_size=30).map(bytes))
def test_any_bytes_are_read_up_to_the_first_error(payload: bytes) -> None:
    found = LPP.decode_uplink(payload)

    assert LPP.decode_downlink(payload).data.keys() <= {f"value_{channel}" for channel in range(255)}
    if not found.errors and not found.warnings and found.data and "polyline" not in str(found.data):
        assert LPP.encode_downlink(found.data) == payload


anything = st.none() | st.booleans() | st.decimals() | st.text() | st.dictionaries(st.just("x"), st.none())


@given(st.dictionaries(st.sampled_from(["value_1", "gps_2", "switch_3", "accelerometer_4", "x"]), anything))
def test_any_values_are_written_or_refused(data: Mapping[str, object]) -> None:
    with suppress(InvalidDownlink):
        assert LPP.encode_downlink(data)
