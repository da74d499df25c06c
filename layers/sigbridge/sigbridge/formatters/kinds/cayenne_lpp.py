"""Cayenne LPP (formatters reference, 2): `<channel> <type> <value>`, one after the other, big-endian.

Values are named `<type>_<channel>`; those of several numbers are objects, such as
`gps_1: {latitude, longitude, altitude}`. What was read before an unknown type or a truncated value is kept.

Downlinks are `<channel> <value of 0.01, signed>` and named `value_<channel>`; 255 ends them, and so do zeros
to the end, with which short ones are filled up. Typed values, as devices send them, can be encoded too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sigbridge.formatters.kind import Decoded, InvalidSource, invalid_value
from sigbridge.formatters.numbers import checked_number, rounded, shortest
from sigbridge.model.downlink import InvalidDownlink

_NAME = re.compile(r"([a-z_]+)_(0|[1-9][0-9]{0,2})", re.ASCII)
_LAST_CHANNEL = 255
_END = 255
_VALUE = "value"


@dataclass(frozen=True, slots=True)
class _Number:
    """How a number is written.

    Attributes:
        length: How many bytes it takes.
        step: What its last bit is worth.
        is_signed: Whether it can be below 0.
    """

    length: int
    step: Decimal = Decimal(1)
    is_signed: bool = False

    def read(self, raw: bytes) -> int | Decimal:
        return shortest(int.from_bytes(raw, signed=self.is_signed) * self.step)

    def write(self, value: object) -> bytes:
        """Return the bytes of the nearest number that can be written.

        Raises:
            ValueError: There is none.
        """
        steps = rounded(checked_number(value) / self.step)
        try:
            return steps.to_bytes(self.length, signed=self.is_signed)
        except OverflowError as overflow:
            values = 1 << 8 * self.length
            least, most = (-values // 2, values // 2 - 1) if self.is_signed else (0, values - 1)
            message = f"must be a number from {shortest(least * self.step)} to {shortest(most * self.step)}"
            raise ValueError(message) from overflow


@dataclass(frozen=True, slots=True)
class _Type:
    """What a type says: one number, or several with names.

    Attributes:
        name: Its name.
        numbers: Each by its name; that of an only one is empty.
    """

    name: str
    numbers: Mapping[str, _Number]

    @property
    def length(self) -> int:
        """How many bytes its value takes."""
        return sum(number.length for number in self.numbers.values())

    def read(self, raw: bytes) -> object:
        values: dict[str, int | Decimal] = {}
        position = 0
        for name, number in self.numbers.items():
            values[name] = number.read(raw[position : position + number.length])
            position += number.length
        return values.get("", values)

    def write(self, field: str, value: object) -> bytes:
        if "" in self.numbers:
            return _written(self.numbers[""], field, value)
        if not isinstance(value, Mapping) or value.keys() != self.numbers.keys():
            raise invalid_value(field, f"must be an object with {', '.join(self.numbers)}")
        return b"".join(
            _written(number, f"{field}.{name}", value[name]) for name, number in self.numbers.items()
        )


def _one(name: str, length: int, step: str = "1", *, signed: bool = False) -> _Type:
    return _Type(name, {"": _Number(length, Decimal(step), signed)})


def _axes(step: str) -> dict[str, _Number]:
    return dict.fromkeys("xyz", _Number(2, Decimal(step), is_signed=True))


_DEGREES = _Number(3, Decimal("0.0001"), is_signed=True)
_POLYLINE = 240
_TYPES: Mapping[int, _Type] = {
    0: _one("digital_in", 1),
    1: _one("digital_out", 1),
    2: _one("analog_in", 2, "0.01", signed=True),
    3: _one("analog_out", 2, "0.01", signed=True),
    100: _one("generic", 4),
    101: _one("luminosity", 2),
    102: _one("presence", 1),
    103: _one("temperature", 2, "0.1", signed=True),
    104: _one("relative_humidity", 1, "0.5"),
    113: _Type("accelerometer", _axes("0.001")),
    115: _one("barometric_pressure", 2, "0.1"),
    116: _one("voltage", 2, "0.01"),
    117: _one("current", 2, "0.001"),
    118: _one("frequency", 4),
    120: _one("percentage", 1),
    121: _one("altitude", 2, signed=True),
    122: _one("load", 3, "0.001", signed=True),
    125: _one("concentration", 2),
    128: _one("power", 2),
    130: _one("distance", 4, "0.001"),
    131: _one("energy", 4, "0.001"),
    132: _one("direction", 2),
    133: _one("unixtime", 4),
    134: _Type("gyrometer", _axes("0.01")),
    135: _Type("colour", dict.fromkeys("rgb", _Number(1))),
    136: _Type(
        "gps",
        {
            "latitude": _DEGREES,
            "longitude": _DEGREES,
            "altitude": _Number(3, Decimal("0.01"), is_signed=True),
        },
    ),
    142: _one("switch", 1),
}
_CODES = {lpp_type.name: code for code, lpp_type in _TYPES.items()}
_DOWNLINK_VALUE = _Number(2, Decimal("0.01"), is_signed=True)


class _Unreadable(ValueError):
    """Bytes that are no value of Cayenne LPP."""


@dataclass(frozen=True, slots=True)
class CayenneLpp:
    """Cayenne LPP, which describes itself: there is nothing to be said in a source."""

    @classmethod
    def parse(cls, source: str) -> "CayenneLpp":
        """Take a source that says nothing.

        Raises:
            InvalidSource: It says something.
        """
        if source.strip():
            position = len(source) - len(source.lstrip())
            raise InvalidSource.at(source, position, "Cayenne LPP has no format of its own: leave it empty")
        return cls()

    def decode_uplink(self, payload: bytes) -> Decoded:
        """Read typed values up to the first one that can't be read."""
        return _collected(_typed_values(payload))

    def decode_downlink(self, payload: bytes) -> Decoded:
        """Read values of channels."""
        return _collected(_channel_values(payload))

    def encode_downlink(self, data: Mapping[str, object]) -> bytes:
        """Return the bytes of `value_<channel>`s, or of typed values, in their order.

        Raises:
            InvalidDownlink: A name is not known, or its value can't be written.
        """
        if not data:
            raise InvalidDownlink("decoded_payload", "has no value")
        names = [_split_name(name) for name in data]
        kinds = {name == _VALUE for name, _ in names}
        if len(kinds) > 1:
            raise InvalidDownlink("decoded_payload", "must not mix value_<channel> with typed values")
        return b"".join(
            _encoded(name, channel, field, data[field])
            for (name, channel), field in zip(names, data, strict=True)
        )


def _encoded(name: str, channel: int, field: str, value: object) -> bytes:
    if name == _VALUE:
        return bytes([channel]) + _written(_DOWNLINK_VALUE, field, value)
    code = _CODES[name]
    return bytes([channel, code]) + _TYPES[code].write(field, value)


def _split_name(field: str) -> tuple[str, int]:
    match = _NAME.fullmatch(field)
    if match is None or match[1] not in {*_CODES, _VALUE}:
        raise invalid_value(
            field, "must be value_<channel>, or a type of Cayenne LPP and its channel as in temperature_1"
        )
    # Among values of channels 255 is the end.
    most = _LAST_CHANNEL - 1 if match[1] == _VALUE else _LAST_CHANNEL
    if int(match[2]) > most:
        raise invalid_value(field, f"its channel must be from 0 to {most}")
    return match[1], int(match[2])


def _written(number: _Number, field: str, value: object) -> bytes:
    try:
        return number.write(value)
    except ValueError as invalid:
        raise invalid_value(field, str(invalid)) from invalid


def _collected(values: Iterator[tuple[str, object]]) -> Decoded:
    data: dict[str, Any] = {}
    repeated: dict[str, None] = {}
    try:
        for name, value in values:
            if name in data:
                repeated[name] = None
            data[name] = value
    except _Unreadable as unreadable:
        errors: tuple[str, ...] = (str(unreadable),)
    else:
        errors = ()
    return Decoded(
        data, tuple(f"{name}: stands there several times; the last counts" for name in repeated), errors
    )


def _typed_values(payload: bytes) -> Iterator[tuple[str, object]]:
    position = 0
    while position < len(payload):
        channel = payload[position]
        if position + 1 == len(payload):
            raise _Unreadable(f"channel {channel}: too short, its type is missing")
        code = payload[position + 1]
        position += 2
        if code == _POLYLINE:
            points, position = _read_polyline(payload, position, channel)
            yield f"polyline_{channel}", points
            continue
        lpp_type = _TYPES.get(code)
        if lpp_type is None:
            raise _Unreadable(f"channel {channel}: unknown type {code}")
        raw = payload[position : position + lpp_type.length]
        if len(raw) < lpp_type.length:
            name = f"{lpp_type.name}_{channel}"
            raise _Unreadable(f"{name}: too short, {len(raw)} of {lpp_type.length} bytes are there")
        position += len(raw)
        yield f"{lpp_type.name}_{channel}", lpp_type.read(raw)


def _channel_values(payload: bytes) -> Iterator[tuple[str, object]]:
    position = 0
    while position < len(payload) and payload[position] != _END and any(payload[position:]):
        channel, raw = payload[position], payload[position + 1 : position + 1 + _DOWNLINK_VALUE.length]
        name = f"{_VALUE}_{channel}"
        if len(raw) < _DOWNLINK_VALUE.length:
            raise _Unreadable(f"{name}: too short, {len(raw)} of {_DOWNLINK_VALUE.length} bytes are there")
        yield name, _DOWNLINK_VALUE.read(raw)
        position += 1 + len(raw)


_POLYLINE_HEADER = 8
# Steps of 0.0001 degrees, by the codes of the factors; a code below 200 is their number itself.
_NAMED_FACTORS = dict(enumerate((1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000), start=227))
_LARGEST_PLAIN_FACTOR = 199


def _read_polyline(payload: bytes, position: int, channel: int) -> tuple[list[dict[str, int | Decimal]], int]:
    """Read a line of points: size, factor, first point, then a byte for each step to the next one.

    Returns:
        The points, and where the next value begins.

    Raises:
        _Unreadable: It is truncated, or its factor has no meaning.
    """
    raw = payload[position : position + payload[position]] if position < len(payload) else b""
    if len(raw) < _POLYLINE_HEADER or len(raw) < raw[0]:
        raise _Unreadable(f"polyline_{channel}: too short")
    factor = raw[1] if raw[1] <= _LARGEST_PLAIN_FACTOR else _NAMED_FACTORS.get(raw[1], 0)
    if not factor:
        raise _Unreadable(f"polyline_{channel}: unknown factor {raw[1]}")
    latitude, longitude = (int.from_bytes(raw[begin : begin + 3], signed=True) for begin in (2, 5))
    points = [_point(latitude * factor, longitude * factor)]
    for step in raw[_POLYLINE_HEADER:]:
        latitude += _signed_nibble(step & 0x0F)
        longitude += _signed_nibble(step >> 4)
        points.append(_point(latitude * factor, longitude * factor))
    return points, position + len(raw)


def _signed_nibble(nibble: int) -> int:
    return nibble - 16 if nibble > 7 else nibble


def _point(latitude: int, longitude: int) -> dict[str, int | Decimal]:
    step = _DEGREES.step
    return {"latitude": shortest(latitude * step), "longitude": shortest(longitude * step)}
