"""What the bits of a field say, and which bits say a value."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sigbridge.formatters.numbers import checked_number, rounded, shortest

# Of arithmetic: +, -, * or /, and its second operand.
type Operation = tuple[str, Decimal]

_INVERSE = {"+": "-", "-": "+", "*": "/", "/": "*"}
_FLOATS = {32: struct.Struct(">f"), 64: struct.Struct(">d")}
FLOAT_BITS = frozenset(_FLOATS)


class FieldType(Protocol):
    """What the bits of a field mean; `ValueError` where they, or what they should say, mean nothing."""

    @property
    def bits(self) -> int: ...

    def read(self, raw: int) -> object: ...

    def write(self, value: object) -> int: ...


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false."""

    bits: int = 1

    def read(self, raw: int) -> bool:
        return raw == 1

    def write(self, value: object) -> int:
        if isinstance(value, bool):
            return int(value)
        message = "must be true or false"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Char:
    """Text in UTF-8 that ends at its first NUL."""

    bits: int

    def read(self, raw: int) -> str:
        text, _, _ = raw.to_bytes(self.bits // 8).partition(b"\0")
        try:
            return text.decode()
        except UnicodeDecodeError as invalid:
            message = "is no text in UTF-8"
            raise ValueError(message) from invalid

    def write(self, value: object) -> int:
        length = self.bits // 8
        if isinstance(value, str) and "\0" not in value:
            text = value.encode()
            if len(text) <= length:
                return int.from_bytes(text.ljust(length, b"\0"))
        message = f"must be a text of at most {length} bytes"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class _Number:
    """A number: its bytes may be turned round, and arithmetic makes its value.

    Attributes:
        bits: How many it has, whole bytes where it is little-endian.
        is_little_endian: Whether its first byte is the least significant.
        operations: From left to right.
    """

    bits: int
    is_little_endian: bool
    operations: tuple[Operation, ...]

    def swapped(self, raw: int) -> int:
        return int.from_bytes(raw.to_bytes(self.bits // 8), "little") if self.is_little_endian else raw

    def scaled(self, number: Decimal) -> int | Decimal:
        return shortest(_applied(number, self.operations))

    def unscaled(self, value: object) -> Decimal:
        inverse = [(_INVERSE[sign], operand) for sign, operand in reversed(self.operations)]
        return _applied(checked_number(value), inverse)


@dataclass(frozen=True, slots=True)
class Integer(_Number):
    """A whole number, signed in two's complement or not."""

    is_signed: bool

    def read(self, raw: int) -> int | Decimal:
        number = self.swapped(raw) if self.is_little_endian else raw
        if self.is_signed and number >> (self.bits - 1):
            number -= 1 << self.bits
        return self.scaled(Decimal(number)) if self.operations else number

    def write(self, value: object) -> int:
        least, most = self._limits
        number = self.unscaled(value)
        whole = rounded(number)
        if (number != whole and not self.operations) or not least <= whole <= most:
            low, high = sorted((self.scaled(Decimal(least)), self.scaled(Decimal(most))))
            name = "number" if self.operations else "whole number"
            message = f"must be a {name} from {low} to {high}"
            raise ValueError(message)
        return self.swapped(whole & ((1 << self.bits) - 1))

    @property
    def _limits(self) -> tuple[int, int]:
        if self.is_signed:
            return -1 << (self.bits - 1), (1 << (self.bits - 1)) - 1
        return 0, (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class Float(_Number):
    """A number after IEEE 754, of 32 or 64 bits."""

    def read(self, raw: int) -> int | Decimal:
        (number,) = _FLOATS[self.bits].unpack(self.swapped(raw).to_bytes(self.bits // 8))
        return self.scaled(Decimal(repr(number)))

    def write(self, value: object) -> int:
        try:
            packed = _FLOATS[self.bits].pack(float(self.unscaled(value)))
        except OverflowError as overflow:
            message = f"must be a number that {self.bits} bits can hold"
            raise ValueError(message) from overflow
        return self.swapped(int.from_bytes(packed))


def _applied(number: Decimal, operations: Sequence[Operation]) -> Decimal:
    for sign, operand in operations:
        match sign:
            case "+":
                number += operand
            case "-":
                number -= operand
            case "*":
                number *= operand
            case _:
                number /= operand
    return number
