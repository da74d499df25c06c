"""Sigfox's custom payload grammar, read and written back."""

import math
import struct
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.formatters.kind import Decoded, InvalidSource
from sigbridge.formatters.kinds.sigfox_grammar import SigfoxGrammar
from sigbridge.model.downlink import InvalidDownlink
from tests.unit.formatter_vectors import Vector, vectors_of

VECTORS = vectors_of("sigfox_grammar")


def decoded(source: str, payload: str) -> Mapping[str, object]:
    return SigfoxGrammar.parse(source).decode_uplink(bytes.fromhex(payload)).data


def encoded(source: str, data: Mapping[str, object]) -> str:
    return SigfoxGrammar.parse(source).encode_downlink(data).hex()


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.error is None], ids=str)
def test_a_payload_is_read_as_its_source_says(vector: Vector) -> None:
    assert vector.payload is not None
    assert decoded(vector.format, vector.payload) == vector.decoded


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.error is not None], ids=str)
def test_a_format_that_can_t_be_used_is_refused(vector: Vector) -> None:
    with pytest.raises(InvalidSource) as refused:
        SigfoxGrammar.parse(vector.format)

    assert vector.error is not None
    assert refused.value.reason.startswith(vector.error)


@pytest.mark.parametrize(
    ("source", "line", "column", "reason"),
    [
        ("a::uint:8 b::uint:x", 1, 19, "b: an integer has 1 to 64 bits"),
        ("a::uint:8\n  b::unt:8", 2, 6, "b: its type must be bool, char, float, int or uint"),
        ("\n\na::bool:8", 3, 9, "a: its bit must be from 0 to 7"),
        ("a::bool:7:0", 1, 11, "a: too many parts"),
        ("a::char:0", 1, 9, "a: a char has at least one byte"),
        ("a::char:2:8", 1, 11, "a: its bit must be from 0 to 7"),
        ("a::char:2:7:7", 1, 13, "a: too many parts"),
        ("a::uint:12:little-endian", 1, 9, "a: little-endian numbers must have whole bytes"),
        ("a::uint:8:middle-endian", 1, 11, "a: must be big-endian or little-endian, then"),
        ("a::uint:8:7:big-endian", 1, 13, "a: must be big-endian or little-endian, then"),
        ("a::uint:8:8", 1, 11, "a: must be big-endian or little-endian, then"),
        ("a::uint:8:::/2:", 1, 16, "a: too many parts"),
        ("a::uint:8:/", 1, 11, "a: must be big-endian"),
        ("a::uint:8:/1e3", 1, 11, "a: must be big-endian"),
        ("a::uint:8:/2/2/2/2/2", 1, 11, "a: must be big-endian"),
        ("a::uint:8:/0", 1, 11, "a: it must not multiply or divide by 0"),
        ("a::uint:8:+1*0.0", 1, 11, "a: it must not multiply or divide by 0"),
        ("a:10000:uint:8", 1, 3, "a: its index must be the number of a byte"),
        ("a:-1:uint:8", 1, 3, "a: its index must be the number of a byte"),
        ("a:\u0661:uint:8", 1, 3, "a: its index must be the number of a byte"),
        ("é::uint:8", 1, 1, "é: its name must be"),
        (f"{'a' * 101}::uint:8", 1, 1, f"{'a' * 100}…: its name must be"),
        ("a", 1, 1, "a: too few parts"),
        (" ", 1, 1, "there is no field"),
        (
            " ".join(f"f{number}::bool:0" for number in range(257)),
            1,
            3219,
            "there must be at most 256 fields",
        ),
    ],
)
def test_an_error_says_where_it_is_and_in_which_field(
    source: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(InvalidSource) as refused:
        SigfoxGrammar.parse(source)

    error = refused.value
    assert (error.line, error.column) == (line, column)
    assert error.reason.startswith(reason)
    assert error.message == f"line {line}, column {column}: {error.reason}"


@pytest.mark.parametrize(
    ("source", "payload", "data", "warnings"),
    [
        ("a::uint:8 b::uint:16 c::bool:0", "12", {"a": 18, "b": None, "c": None}, ["b", "c"]),
        ("t::float:32", "7fc00000", {"t": None}, ["t"]),
        ("t::float:64:/10", "fff0000000000000", {"t": None}, ["t"]),
        ("t::float:64", "7fe0000000000000", {"t": None}, ["t"]),
        ("s::char:2", "c328", {"s": None}, ["s"]),
        ("s::char:4", "41420043", {"s": "AB"}, []),
        ("s::char:3", "c3a500", {"s": "å"}, []),
        ("t::float:32", "80000000", {"t": 0}, []),
        ("t::uint:16:little-endian:3", "0a5b40", {"t": 0xB4A5}, []),
        ("t::int:8:*1.8+32", "16", {"t": Decimal("71.6")}, []),
        ("t::uint:8:-40/2", "00", {"t": -20}, []),
        ("t::uint:8:/3", "01", {"t": Decimal("0.3333333333333333333333333333")}, []),
    ],
)
def test_a_field_that_says_nothing_is_null_and_named_in_a_warning(
    source: str, payload: str, data: object, warnings: list[str]
) -> None:
    found = SigfoxGrammar.parse(source).decode_uplink(bytes.fromhex(payload))

    assert found.data == data
    assert [warning.partition(":")[0] for warning in found.warnings] == warnings
    assert found.errors == ()


@pytest.mark.parametrize(
    ("source", "data", "payload"),
    [
        ("interval::uint:16 led::bool:0", {"interval": 15, "led": True}, "000f01"),
        ("interval::uint:16:little-endian", {"interval": Decimal("15.0")}, "0f00"),
        ("t::int:16:/10", {"t": Decimal("-4.1")}, "ffd7"),
        ("t::int:16:/10", {"t": Decimal("21.45")}, "00d7"),
        ("t::int:16:/10", {"t": Decimal("-21.45")}, "ff29"),
        ("t::uint:8:*1.8+32", {"t": Decimal("71.6")}, "16"),
        ("t::float:32", {"t": Decimal("34.25")}, "42090000"),
        ("t::float:32:little-endian:/2", {"t": 1}, "00000040"),
        ("s::char:4", {"s": "å"}, "c3a50000"),
        ("a:2:uint:4::3", {"a": 5}, "000005"),
        ("a:0:uint:8 b:0:bool:7", {"a": 0x81, "b": True}, "81"),
        ("b::bool:7 a::uint:8", {"b": True, "a": 0x81}, "81"),
    ],
)
def test_values_are_written_into_their_bits_and_all_other_bits_are_zero(
    source: str, data: Mapping[str, object], payload: str
) -> None:
    assert encoded(source, data) == payload


@pytest.mark.parametrize(
    ("source", "data", "message"),
    [
        ("a::uint:8 b::uint:8", {"a": 1}, "decoded_payload.b: is missing"),
        ("a::uint:8", {"a": 1, "c": 1, "b": 1}, "decoded_payload.b: is no field of the format"),
        ("a::uint:8", {"a": 1, "b" * 10_000: 1}, f"decoded_payload.{'b' * 483}…: is no field of the format"),
        ("a::uint:8", {"a": 256}, "decoded_payload.a: must be a whole number from 0 to 255"),
        ("a::uint:8", {"a": -1}, "decoded_payload.a: must be a whole number from 0 to 255"),
        ("a::int:4", {"a": 8}, "decoded_payload.a: must be a whole number from -8 to 7"),
        ("a::uint:8", {"a": Decimal("1.5")}, "decoded_payload.a: must be a whole number from 0 to 255"),
        ("a::uint:8", {"a": True}, "decoded_payload.a: must be a number"),
        ("a::uint:8", {"a": "1"}, "decoded_payload.a: must be a number"),
        ("a::uint:8", {"a": None}, "decoded_payload.a: must be a number"),
        ("a::uint:8", {"a": Decimal("NaN")}, "decoded_payload.a: must be a number"),
        ("a::uint:8", {"a": Decimal("sNaN")}, "decoded_payload.a: must be a number"),
        ("a::uint:8", {"a": Decimal("1E+999999")}, "decoded_payload.a: must be a number"),
        ("a::int:8:/10-40", {"a": 0}, "decoded_payload.a: must be a number from -52.8 to -27.3"),
        ("a::bool:0", {"a": 1}, "decoded_payload.a: must be true or false"),
        ("a::float:32", {"a": Decimal("1E+39")}, "decoded_payload.a: must be a number that 32 bits can hold"),
        ("a::float:32", {"a": "x"}, "decoded_payload.a: must be a number"),
        ("a::char:2", {"a": "abc"}, "decoded_payload.a: must be a text of at most 2 bytes"),
        ("a::char:2", {"a": "éé"}, "decoded_payload.a: must be a text of at most 2 bytes"),
        ("a::char:2", {"a": "\0"}, "decoded_payload.a: must be a text of at most 2 bytes"),
        ("a::char:2", {"a": 12}, "decoded_payload.a: must be a text of at most 2 bytes"),
        ("a:0:uint:8 b:0:bool:7", {"a": 1, "b": True}, "decoded_payload.b: shares bits with a field"),
    ],
)
def test_what_can_t_be_written_is_refused_by_its_field(
    source: str, data: Mapping[str, object], message: str
) -> None:
    with pytest.raises(InvalidDownlink) as refused:
        encoded(source, data)

    assert refused.value.message.startswith(message)


names = st.text("abcXYZ019#-_$", min_size=1, max_size=6)
WHOLE = ("bool", "int", "uint")
EVERY = (*WHOLE, "char", "float")
endiannesses = st.sampled_from(["", "big-endian", "little-endian"])
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def rests(draw: st.DrawFn, kind: str, offset: int) -> tuple[str, int, st.SearchStrategy[object]]:
    """What follows the index of a field, how many bits it has, and the values that it can have."""
    match kind:
        case "bool":
            return f"bool:{offset}", 1, st.booleans()
        case "char":
            length = draw(st.integers(1, 4))
            return f"char:{length}:{offset}", 8 * length, st.text("abcÀ°", max_size=length // 2)
        case "float":
            rest = f"float:32:{draw(endiannesses)}:{offset}"
            return rest, 32, floats.map(lambda value: Decimal(repr(value)))
    bits = draw(st.integers(1, 64))
    endianness = draw(endiannesses) if bits % 8 == 0 else ""
    least = -(1 << bits - 1) if kind == "int" else 0
    arithmetic, step = draw(st.sampled_from([("", Decimal(1)), ("/100", Decimal("0.01"))]))
    values = st.integers(least, least + (1 << bits) - 1).map(lambda whole: whole * step)
    return f"{kind}:{bits}:{endianness}:{offset}:{arithmetic}", bits, values


@st.composite
def formats(
    draw: st.DrawFn, kinds: tuple[str, ...] = EVERY
) -> tuple[str, dict[str, st.SearchStrategy[object]]]:
    """A format whose fields begin at any bit and share none, and the values of each."""
    sources: list[str] = []
    values: dict[str, st.SearchStrategy[object]] = {}
    position = 0
    for name in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        position += draw(st.integers(0, 9))
        rest, bits, values[name] = draw(rests(draw(st.sampled_from(kinds)), 7 - position % 8))
        sources.append(f"{name}:{position // 8}:{rest}")
        position += bits
    return " ".join(sources), values


@given(st.data())
def test_what_was_written_is_read(data: st.DataObject) -> None:
    source, values = data.draw(formats())
    wanted = {name: data.draw(strategy) for name, strategy in values.items()}

    found = SigfoxGrammar.parse(source)

    assert found.decode_uplink(found.encode_downlink(wanted)) == Decoded(wanted)


@given(formats(WHOLE), st.binary(min_size=60, max_size=60))
def test_what_was_read_is_written_with_zeros_around_it(wanted: tuple[str, object], payload: bytes) -> None:
    found = SigfoxGrammar.parse(wanted[0])
    read = found.decode_uplink(payload)

    written = found.encode_downlink(read.data)

    assert found.decode_downlink(written) == read
    assert all(ours & theirs == ours for ours, theirs in zip(written, payload, strict=False))


@given(st.binary(min_size=4, max_size=4))
def test_a_float_is_the_one_of_its_bits(payload: bytes) -> None:
    (expected,) = struct.unpack(">f", payload)

    value = SigfoxGrammar.parse("t::float:32").decode_uplink(payload).data["t"]

    assert value is None if not math.isfinite(expected) else float(value) == expected


written = st.text("ab:#-/*+0137 \nuintboolcharfloatlittle-endian", max_size=60) | st.text(max_size=40)
words = st.sampled_from(["", "0", "1", "8", "16", "64", "7", "bool", "char", "int", "uint", "float"])
options = st.sampled_from(["little-endian", "big-endian", "/100", "+1*2", "a"])
parts = st.lists(st.lists(words | options, max_size=7).map(":".join), max_size=4).map(
    lambda rests: " ".join(f"n{number}:{rest}" for number, rest in enumerate(rests))
)


@given(written | parts, st.binary(max_size=12))
def test_any_text_is_a_format_or_refused_as_one(source: str, payload: bytes) -> None:
    with suppress(InvalidSource):
        found = SigfoxGrammar.parse(source).decode_uplink(payload)
        assert list(found.data) == [field.partition(":")[0] for field in source.split()]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
)


@given(formats(), st.data())
def test_any_values_are_written_or_refused(
    wanted: tuple[str, dict[str, st.SearchStrategy[object]]], data: st.DataObject
) -> None:
    source, values = wanted
    with suppress(InvalidDownlink):
        assert SigfoxGrammar.parse(source).encode_downlink({name: data.draw(anything) for name in values})
