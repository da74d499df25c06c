"""A message as it was read from a request, before it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.settings import PayloadEncoding

type Value = str | int | Decimal | bool

_VARIABLE_OVERHEAD = 24
_LOCATION_SIZE = 100


class Network(StrEnum):
    """Where a message comes from, which decides how its payload is read."""

    SIGFOX = "sigfox"
    GENERIC = "generic"


class MessagePart(StrEnum):
    """Which part of a message a request brings.

    Sigfox calls twice for one message: at once (UPLINK or BIDIR), and about 25 s later with what all
    base stations know of it (DATA_ADVANCED); sigfox reference, 1.1 and 1.4.
    """

    UPLINK = "uplink"
    ADVANCED = "advanced"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a device was.

    Attributes:
        latitude, longitude: Degrees, WGS 84.
        radius: Uncertainty in metres, where known.
        source: Sigfox's code of how it was found (sigfox reference, 1.4), where known.
        status: Sigfox's code of how well it was found, where known.
    """

    latitude: Decimal
    longitude: Decimal
    radius: Decimal | None = None
    source: int | None = None
    status: int | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Location":
        """Read a stored location."""
        codes = {name: int(record[name]) for name in ("source", "status") if name in record}
        return cls(record["latitude"], record["longitude"], record.get("radius"), **codes)

    def as_record(self) -> dict[str, Decimal | int]:
        """Return the stored form: what is known, by its name."""
        content = {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "radius": self.radius,
            "source": self.source,
            "status": self.status,
        }
        return {name: value for name, value in content.items() if value is not None}

    def as_text(self) -> str:
        """Return it as the value of a variable: `latitude, longitude`."""
        return f"{self.latitude:f}, {self.longitude:f}"


@dataclass(frozen=True, slots=True)
class Variable:
    """A named value of a message, in TagoIO's sense (tagoio reference, 7).

    Attributes:
        name: Lower case, at most 100 characters.
        value: Text, number or boolean.
        unit: Such as "°C", where given.
        metadata: Free details, where given.
        location: Where the device was for this value, where given.
    """

    name: str
    value: Value
    unit: str | None = None
    metadata: Mapping[str, object] | None = None
    location: Location | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Variable":
        """Read a stored variable."""
        place = record.get("location")
        return cls(
            name=record["variable"],
            value=record["value"],
            unit=record.get("unit"),
            metadata=record.get("metadata"),
            location=None if place is None else Location.from_record(place),
        )

    def as_record(self) -> dict[str, Any]:
        """Return the stored form: what is known, by its name."""
        content = {
            "variable": self.name,
            "value": self.value,
            "unit": self.unit,
            "metadata": self.metadata,
            "location": None if self.location is None else self.location.as_record(),
        }
        return {name: value for name, value in content.items() if value is not None}

    @property
    def size(self) -> int:
        """About how many bytes it takes in the store."""
        return (
            len(self.name)
            + len(str(self.value).encode())
            + len(str(self.metadata or ""))
            + (0 if self.location is None else _LOCATION_SIZE)
            + _VARIABLE_OVERHEAD
        )


@dataclass(frozen=True, slots=True)
class WrittenPayload:
    """A payload as its sender wrote it.

    Attributes:
        text: Hex or base64.
        name: The field it was found in, a variable's name if it turns out to be no payload.
        encoding: How this sender is known to write payloads; None where it is as the device's settings say.
        likely: How it is written where it can't be read as the settings say; None where that is not known.
        guessed: Whether only its name speaks for a payload.
    """

    text: str
    name: str = "payload"
    encoding: PayloadEncoding | None = None
    likely: PayloadEncoding | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """What one callback, or one item of an array, says.

    Attributes:
        device_id: Normalised device id.
        device_as_received: The id as the sender wrote it; a BIDIR answer repeats it.
        network: Sigfox or generic.
        part: The uplink itself or the network's later addition.
        time: Epoch ms of the message, or None where the sender gave none that can be read.
        unread_time: What the sender wrote as time, where it can't be read as a moment; else None.
        seq_number: Sigfox's sequence number, or None.
        payload: Not yet read; None where there is none.
        port: LoRaWAN's port, where given.
        ack: Whether the device waits for a downlink; None where the sender does not say.
        radio: Sigfox's facts about the reception, by Sigfox's names in snake case.
        variables: Everything else the sender says.
        location: Where the device was, where given.
        group: TagoIO's group (or serie), where given.
        warnings: What was not understood, and is kept as a variable or left out.
        recovered: Whether it was fetched from Sigfox, which could not deliver it.
    """

    device_id: str
    device_as_received: str
    network: Network
    part: MessagePart = MessagePart.UPLINK
    time: int | None = None
    unread_time: str | None = None
    seq_number: int | None = None
    payload: WrittenPayload | None = None
    port: int | None = None
    ack: bool | None = None
    radio: Mapping[str, object] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    location: Location | None = None
    group: str | None = None
    warnings: tuple[Fault, ...] = ()
    recovered: bool = False

    @property
    def asks_downlink(self) -> bool:
        """Whether a BIDIR callback wants an answer; absent counts as true: TagoIO's template has no `ack`.

        What the network adds to a message later asks for nothing.
        """
        return self.part is MessagePart.UPLINK and self.ack is not False
