"""What a kind of formatter gives: bytes read into named values, and the way back. Pure: no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.downlink import InvalidDownlink


class InvalidSource(InvalidInput):
    """The source of a formatter, a format or a script, that can't be used.

    Attributes:
        reason: What is wrong, with the name of the field where it is one's.
        line, column: Where, from 1.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        fault = Fault("source", reason, line=line, column=column)
        super().__init__(f"line {line}, column {column}: {reason}", [fault])
        self.reason = reason
        self.line = line
        self.column = column

    @classmethod
    def at(cls, source: str, position: int, reason: str) -> "InvalidSource":
        """Make the error of what stands at a position of a source, from 0."""
        line = source.count("\n", 0, position) + 1
        return cls(reason, line, position - source.rfind("\n", 0, position))


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a payload says.

    Attributes:
        data: Values by their names, as in JSON; numbers are whole or Decimals.
        warnings: What whoever reads them should know.
        errors: Why this is not all; what was read before the first one is in `data`.
    """

    data: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


class PayloadCodec(Protocol):
    """A formatter that is ready: its source was checked."""

    def decode_uplink(self, payload: bytes) -> Decoded:
        """Read what a device sent."""
        ...

    def decode_downlink(self, payload: bytes) -> Decoded:
        """Read what a device is sent."""
        ...

    def encode_downlink(self, data: Mapping[str, object]) -> bytes:
        """Return the bytes that say this. Whoever sends them fills them up.

        Raises:
            InvalidDownlink: They can't be made; it names the field.
        """
        ...


def invalid_value(name: str, reason: str) -> InvalidDownlink:
    """Make the error of a named value that can't be encoded."""
    return InvalidDownlink(Fault.at(("decoded_payload", name), reason).field, reason)
