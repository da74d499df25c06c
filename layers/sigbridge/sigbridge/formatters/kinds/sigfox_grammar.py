"""Sigfox's custom payload grammar (formatters reference, 1), with SORACOM's arithmetic.

`name:index:type:…` for each field, white space between fields:

    flag:0:bool:7  mode::uint:4::3  temp:1:int:16:little-endian:/100-40  level::float:32  text::char:4

- An omitted index is the byte after the field before; the last byte of that field where it is a bool or
  gives a bit offset.
- A bit offset is that of the field's first bit, 7 the most significant; the field runs down and into the
  next bytes.
- Endianness, bit offset and arithmetic may each be left out, or left empty. Arithmetic goes from left to
  right.
- A field that the payload is too short for is null, and so is a float that is no number; a warning names it.
- `char` is text in UTF-8 that ends at its first NUL.

Refused, because no two sources agree on what they mean: little-endian numbers whose bits are no whole bytes,
floats of other sizes than 32 and 64 bits, a name that stands twice, `bool` without its bit. `*0` and `/0`
have no way back.

Encoding goes the same way back: bits that no field has are 0, and what arithmetic makes of a value is
rounded.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sigbridge.formatters.field_types import FLOAT_BITS, Bool, Char, FieldType, Float, Integer, Operation
from sigbridge.formatters.kind import Decoded, InvalidSource, invalid_value

_MOST_FIELDS = 256
_MOST_OPERATIONS = 4
_NAME_LENGTH = 100
_NAME = re.compile(rf"[A-Za-z0-9#_$-]{{1,{_NAME_LENGTH}}}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,4}", re.ASCII)
_BIT = re.compile(r"[0-7]", re.ASCII)
_ENDIANNESS = re.compile(r"big-endian|little-endian")
_OPERATION = re.compile(r"([-+*/])([0-9]{1,9}(?:\.[0-9]{1,9})?)", re.ASCII)
_OPERATIONS = re.compile(rf"(?:{_OPERATION.pattern}){{1,{_MOST_OPERATIONS}}}", re.ASCII)
_OPTIONS = (_ENDIANNESS, _BIT, _OPERATIONS)
_FIRST_OFFSET = 7


@dataclass(frozen=True, slots=True)
class _Field:
    """A field and its bits, counted from the first one of the payload.

    Attributes:
        name: Its name.
        type: What its bits mean.
        end: The bit after its last one.
        mask: As many set bits as it has.
    """

    name: str
    type: FieldType
    end: int
    mask: int


@dataclass(frozen=True, slots=True)
class SigfoxGrammar:
    """A format, read.

    Attributes:
        fields: At least one, of different names.
    """

    fields: tuple[_Field, ...]

    @classmethod
    def parse(cls, source: str) -> "SigfoxGrammar":
        """Read a format.

        Raises:
            InvalidSource: It can't be read.
        """
        fields: dict[str, _Field] = {}
        for position, field in _placed(source):
            if field.name in fields:
                raise InvalidSource.at(source, position, f"{field.name}: there is another field of this name")
            fields[field.name] = field
            if len(fields) > _MOST_FIELDS:
                raise InvalidSource.at(source, position, f"there must be at most {_MOST_FIELDS} fields")
        if not fields:
            raise InvalidSource.at(source, 0, "there is no field")
        return cls(tuple(fields.values()))

    def decode_uplink(self, payload: bytes) -> Decoded:
        """Read a payload; a field that it is too short for is None."""
        number, bits = int.from_bytes(payload), 8 * len(payload)
        data: dict[str, Any] = {}
        warnings: list[str] = []
        for field in self.fields:
            shift = bits - field.end
            if shift < 0:
                data[field.name] = None
                warnings.append(f"{field.name}: the payload is too short")
                continue
            try:
                data[field.name] = field.type.read((number >> shift) & field.mask)
            except ValueError as unreadable:
                data[field.name] = None
                warnings.append(f"{field.name}: {unreadable}")
        return Decoded(data, tuple(warnings))

    def decode_downlink(self, payload: bytes) -> Decoded:
        """Read a payload, as `decode_uplink`."""
        return self.decode_uplink(payload)

    def encode_downlink(self, data: Mapping[str, object]) -> bytes:
        """Return the shortest payload that says this.

        Raises:
            InvalidDownlink: A field is missing or unknown, its value can't be written, or two fields that
                share bits don't agree.
        """
        length = -(-max(field.end for field in self.fields) // 8)
        number = written = 0
        for field in self.fields:
            shift = 8 * length - field.end
            mask = field.mask << shift
            bits = _written(field, data) << shift
            if (number ^ bits) & mask & written:
                raise invalid_value(field.name, "shares bits with a field that says something else")
            number |= bits
            written |= mask
        unknown = data.keys() - {field.name for field in self.fields}
        if unknown:
            raise invalid_value(min(unknown), "is no field of the format")
        return number.to_bytes(length)


def _written(field: _Field, data: Mapping[str, object]) -> int:
    if field.name not in data:
        raise invalid_value(field.name, "is missing")
    try:
        return field.type.write(data[field.name])
    except ValueError as invalid:
        raise invalid_value(field.name, str(invalid)) from invalid


def _placed(source: str) -> Iterator[tuple[int, _Field]]:
    """Yield the position of each field in the source, and the field, with its place in the payload."""
    next_byte = last_byte = 0
    stays = False
    for match in re.finditer(r"\S+", source):
        written = _WrittenField.split(source, match)
        start = written.index
        if start is None:
            start = last_byte if stays else next_byte
        field_type, offset = written.read_type()
        end = 8 * start + _FIRST_OFFSET - (_FIRST_OFFSET if offset is None else offset) + field_type.bits
        last_byte = (end - 1) // 8
        next_byte = last_byte + 1
        stays = offset is not None
        yield match.start(), _Field(written.name, field_type, end, (1 << field_type.bits) - 1)


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between two colons, and where."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class _WrittenField:
    """A field as it is written: its parts, and the source for the places of errors."""

    source: str
    parts: tuple[_Part, ...]

    @classmethod
    def split(cls, source: str, match: re.Match[str]) -> "_WrittenField":
        parts: list[_Part] = []
        position = match.start()
        for text in match[0].split(":"):
            parts.append(_Part(text, position))
            position += len(text) + 1
        field = cls(source, tuple(parts))
        if not _NAME.fullmatch(field.name):
            subject = "its name" if field.name else "it has no name; a name"
            raise field.error(
                parts[0], f"{subject} must be 1 to {_NAME_LENGTH} letters, digits, or any of # _ - $"
            )
        if len(parts) < 4:
            raise field.error(
                parts[-1], "too few parts: name, index, type and size must have ':' between them"
            )
        return field

    @property
    def name(self) -> str:
        return self.parts[0].text

    @property
    def index(self) -> int | None:
        part = self.parts[1]
        if not part.text:
            return None
        return self._size(part, range(10_000), "its index must be the number of a byte, from 0, or nothing")

    def error(self, part: _Part, reason: str) -> InvalidSource:
        name = self.name if len(self.name) <= _NAME_LENGTH else f"{self.name[:_NAME_LENGTH]}…"
        return InvalidSource.at(self.source, part.position, f"{name}: {reason}" if name else reason)

    def read_type(self) -> tuple[FieldType, int | None]:
        """Return the type, and the bit offset; None where it gives none."""
        kind, size, *options = self.parts[2:]
        match kind.text:
            case "bool":
                self._end(options)
                return Bool(), self._bit(size)
            case "char":
                self._end(options[1:])
                offset = self._bit(options[0]) if options and options[0].text else None
                return Char(8 * self._size(size, range(1, 10_000), "a char has at least one byte")), offset
            case "float":
                bits = self._size(size, FLOAT_BITS, "a float has 32 or 64 bits")
                is_little_endian, offset, operations = self._options(options)
                return Float(bits, is_little_endian, operations), offset
            case "int" | "uint":
                bits = self._size(size, range(1, 65), "an integer has 1 to 64 bits")
                is_little_endian, offset, operations = self._options(options)
                if is_little_endian and bits % 8:
                    raise self.error(size, "little-endian numbers must have whole bytes: 8, 16, … bits")
                return Integer(bits, is_little_endian, operations, kind.text == "int"), offset
        raise self.error(kind, "its type must be bool, char, float, int or uint")

    def _size(self, part: _Part, allowed: Container[int], reason: str) -> int:
        if not _WHOLE.fullmatch(part.text) or int(part.text) not in allowed:
            raise self.error(part, reason)
        return int(part.text)

    def _bit(self, part: _Part) -> int:
        if not _BIT.fullmatch(part.text):
            raise self.error(part, "its bit must be from 0 to 7")
        return int(part.text)

    def _end(self, parts: Sequence[_Part]) -> None:
        if parts:
            raise self.error(parts[0], "too many parts")

    def _options(self, parts: Sequence[_Part]) -> tuple[bool, int | None, tuple[Operation, ...]]:
        """Return whether a number is little-endian, its bit offset and its arithmetic, in this order."""
        found = ["", "", ""]
        free = 0
        for part in parts:
            if free == len(found):
                raise self.error(part, "too many parts")
            fitting = (slot for slot in range(free, len(found)) if _OPTIONS[slot].fullmatch(part.text))
            slot = next(fitting, None) if part.text else free
            if slot is None:
                raise self.error(
                    part,
                    "must be big-endian or little-endian, then a bit from 0 to 7, then up to"
                    f" {_MOST_OPERATIONS} operations such as /100",
                )
            found[slot] = part.text
            free = slot + 1
        endianness, offset, arithmetic = found
        operations = tuple((sign, Decimal(operand)) for sign, operand in _OPERATION.findall(arithmetic))
        if any(sign in "*/" and not operand for sign, operand in operations):
            raise self.error(parts[-1], "it must not multiply or divide by 0")
        return endianness == "little-endian", int(offset) if offset else None, operations
