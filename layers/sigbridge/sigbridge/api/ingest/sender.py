"""The form of one known sender's uplinks, and how a row of `senders` is written.

In a row, names of a path have dots between them, alternatives spaces: `meta.time params.rx_time`.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sigbridge.applications import PayloadEncoding
from sigbridge.messages import Network
from sigbridge.model.field_mapping import Field

type Path = tuple[str, ...]

_MISSING = object()
_COORDINATES = (("latitude", "longitude"), ("lat", "lng"), ("lat", "lon"))
_BASE64_EUI = re.compile(r"[A-Za-z0-9+/]{11}=")


@dataclass(frozen=True, slots=True)
class StatedEncoding:
    """An encoding that the message itself names.

    Attributes:
        path: Where it is named.
        names: Encodings by the sender's names for them, in lower case.
        otherwise: The encoding where none of these names is given.
    """

    path: Path
    names: Mapping[str, PayloadEncoding]
    otherwise: PayloadEncoding


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sender writes a position of the device.

    Attributes:
        latitude, longitude: Their paths.
        radius: Path of the uncertainty in metres, if the sender gives it.
    """

    latitude: Path
    longitude: Path
    radius: Path | None = None


@dataclass(frozen=True, slots=True)
class FoundPosition:
    """A position of the device, as the sender wrote it.

    Attributes:
        paths: What was read.
        values: `latitude`, `longitude` and, where given, `radius`.
    """

    paths: frozenset[Path]
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender's form of an uplink.

    Attributes:
        name: As it calls itself.
        marks: Paths that an uplink always has, spelt exactly so; the first one begins with a name
            that no ordinary message has.
        fields: Paths of each field, best first.
        encoding: How the payload is written.
        positions: Places of the device's own position, best first; never a gateway's.
        texts: What must be written at a path, if the path is there.
        network: Whose device it is.
    """

    name: str
    marks: tuple[Path, ...]
    fields: Mapping[Field, tuple[Path, ...]]
    encoding: PayloadEncoding | StatedEncoding
    positions: tuple[Position, ...] = ()
    texts: tuple[tuple[Path, re.Pattern[str]], ...] = ()
    network: Network = Network.GENERIC

    def wrote(self, content: Mapping[str, object]) -> bool:
        """Return whether a message is an uplink of this sender."""
        return all(_value_at(content, mark) is not _MISSING for mark in self.marks) and all(
            _fits(_value_at(content, path), text) for path, text in self.texts
        )

    def find(self, content: Mapping[str, object], field: Field) -> tuple[Path, object] | None:
        """Find a field: where it stands, and its value as the sender wrote it.

        Two spellings are undone: a device id that is a URN or in base64 is given plain, a payload
        that is a list of bytes as text in the sender's encoding.
        """
        for path in self.fields.get(field, ()):
            value = _value_at(content, path)
            if field is Field.SERIAL:
                value = _plain_device_id(value)
            if field is Field.PAYLOAD and isinstance(value, list):
                value = _payload_text(value, self.payload_encoding(content))
            if _is_given(value) or (field is Field.PAYLOAD and value == ""):
                return path, value
        return None

    def payload_encoding(self, content: Mapping[str, object]) -> PayloadEncoding:
        """Return how the payload of a message is written."""
        if isinstance(self.encoding, StatedEncoding):
            stated = _value_at(content, self.encoding.path)
            name = stated.lower() if isinstance(stated, str) else ""
            return self.encoding.names.get(name, self.encoding.otherwise)
        return self.encoding

    def find_position(self, content: Mapping[str, object]) -> FoundPosition | None:
        """Find the device's own position."""
        for position in self.positions:
            sought = {"latitude": position.latitude, "longitude": position.longitude}
            if position.radius is not None:
                sought["radius"] = position.radius
            found = {name: _value_at(content, path) for name, path in sought.items()}
            values = {name: value for name, value in found.items() if _is_given(value)}
            if {"latitude", "longitude"} <= values.keys():
                return FoundPosition(frozenset(sought[name] for name in values), values)
        return None


def path(dotted: str) -> Path:
    """Read a path."""
    return tuple(dotted.split("."))


def paths(dotted: str) -> tuple[Path, ...]:
    """Read paths."""
    return tuple(map(path, dotted.split()))


def fields(
    *, serial: str, payload: str = "", port: str = "", time: str = "", counter: str = ""
) -> Mapping[Field, tuple[Path, ...]]:
    """Read the alternatives for each field."""
    return {
        Field.SERIAL: paths(serial),
        Field.PAYLOAD: paths(payload),
        Field.PORT: paths(port),
        Field.TIME: paths(time),
        Field.SEQ_NUMBER: paths(counter),
    }


def texts(dotted: str, text: str) -> tuple[tuple[Path, re.Pattern[str]]]:
    """Read what must be written at a path."""
    return ((path(dotted), re.compile(text)),)


def position(parent: str, names: str) -> tuple[Position]:
    """Read where a position stands: in one object, under its names for latitude, longitude, radius."""
    above = path(parent) if parent else ()
    return (Position(*((*above, name) for name in names.split())),)


def decoded(parent: str) -> tuple[Position, ...]:
    """Read where a decoder of the payload puts a position, however it spells it: the device's own."""
    return tuple(place for pair in _COORDINATES for place in position(parent, " ".join(pair)))


def _value_at(content: object, path: Path) -> object:
    value = content
    for name in path:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value


def _is_given(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | float | Decimal)


def _fits(value: object, text: re.Pattern[str]) -> bool:
    return value is _MISSING or (isinstance(value, str) and text.fullmatch(value) is not None)


def _plain_device_id(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.startswith("urn:"):
        return value.rstrip(":").rpartition(":")[2]
    return binascii.a2b_base64(value).hex() if _BASE64_EUI.fullmatch(value) else value


def _payload_text(octets: Sequence[object], encoding: PayloadEncoding) -> object:
    numbers = [octet for octet in octets if isinstance(octet, int) and 0 <= octet <= 255]
    if len(numbers) < len(octets):
        return _MISSING
    if encoding is PayloadEncoding.HEX:
        return bytes(numbers).hex()
    return binascii.b2a_base64(bytes(numbers), newline=False).decode()
