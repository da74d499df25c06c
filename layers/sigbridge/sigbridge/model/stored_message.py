"""A message as it is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.decoding import DecodedPayload
from sigbridge.model.message import Location, MessagePart, Network, Variable

_OVERHEAD = 400


@dataclass(frozen=True, slots=True)
class ConflictingPayload:
    """Another payload that a further delivery of a message had.

    Attributes:
        payload: Lower-case hex.
        received_at: Epoch ms at which it came.
    """

    payload: str
    received_at: int


@dataclass(frozen=True, slots=True)
class PartContent:
    """What one part of a message says that the other may not.

    Attributes:
        arrived_at: When it came, epoch ms.
        facts: Sigfox's facts, by their names in snake case.
        variables: Everything else.
        warnings: What of it was not understood, or left out.
        recovered: Whether it was fetched from Sigfox, which could not deliver it.
    """

    arrived_at: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    warnings: tuple[Fault, ...] = ()
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it is kept: what one callback told, or two (sigfox reference, 1.1 and 1.4).

    Attributes:
        id: `<ms, 13 digits>#<seqNumber or digest>`, unique among the messages of its device.
        device_id: Normalised device id.
        device_as_received: The id as the sender wrote it.
        network: Sigfox or generic.
        time: Epoch ms; of its reception where the sender gave no time that can be believed.
        group: Its group.
        parts: Its parts that have come, at least one.
        seq_number: Sigfox's sequence number, or None.
        payload: Lower-case hex, or None.
        port: LoRaWAN's port, or None.
        ack: Whether the device waits for a downlink, where the sender says so.
        location: Where the device was, or None.
        sent_time: What the sender gave as time, epoch ms, where it is not believed; else None.
        amended_at: Epoch ms at which a further delivery added to it the last time; None where none did.
        amendments: How often further deliveries added to it.
        conflicts: Other payloads, of further deliveries of it.
        decoded: What a formatter made of its payload; as long as it is not asked, what a script made of it
            before.
    """

    id: str
    device_id: str
    device_as_received: str
    network: Network
    time: int
    group: str
    parts: Mapping[MessagePart, PartContent]
    seq_number: int | None = None
    payload: str | None = None
    port: int | None = None
    ack: bool | None = None
    location: Location | None = None
    sent_time: int | None = None
    amended_at: int | None = None
    amendments: int = 0
    conflicts: tuple[ConflictingPayload, ...] = ()
    decoded: DecodedPayload | None = None

    @property
    def received_at(self) -> int | None:
        """When the uplink itself came, epoch ms; None while it has not."""
        return self._arrival_of(MessagePart.UPLINK)

    @property
    def advanced_at(self) -> int | None:
        """When what the network adds to it came, epoch ms; None while it has not."""
        return self._arrival_of(MessagePart.ADVANCED)

    def _arrival_of(self, part: MessagePart) -> int | None:
        return self.parts[part].arrived_at if part in self.parts else None

    @property
    def first_arrived_at(self) -> int:
        """When the first part of it came, epoch ms."""
        return min(content.arrived_at for content in self.parts.values())

    @property
    def radio(self) -> Mapping[str, Any]:
        """Sigfox's facts about the reception."""
        return self.parts[MessagePart.UPLINK].facts if MessagePart.UPLINK in self.parts else {}

    @property
    def advanced(self) -> Mapping[str, Any]:
        """Sigfox's facts that the network added."""
        return self.parts[MessagePart.ADVANCED].facts if MessagePart.ADVANCED in self.parts else {}

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The uplink's own, then those that came with what the network added; what both tell alike is once.

        Values that are equal, such as 1 and true, are not alike.
        """
        own, *added = [self.parts[part].variables for part in MessagePart if part in self.parts]
        told = {repr(variable) for variable in own}
        return (*own, *(variable for more in added for variable in more if repr(variable) not in told))

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What of both parts was not understood, or left out."""
        parts = [self.parts[part] for part in MessagePart if part in self.parts]
        return tuple(dict.fromkeys(warning for content in parts for warning in content.warnings))

    @property
    def recovered(self) -> bool:
        """Whether a part of it was fetched from Sigfox, which could not deliver it."""
        return any(content.recovered for content in self.parts.values())

    @property
    def size(self) -> int:
        """About how many bytes it takes in the store."""
        payload = len(self.payload or "")
        decoded = 0 if self.decoded is None else self.decoded.size
        return _OVERHEAD + payload + decoded + len(str(self.advanced)) + sum(v.size for v in self.variables)

    @property
    def told_size(self) -> int:
        """About how many bytes it takes in JSON, whatever characters it holds."""
        variables = [variable.as_record() for variable in self.variables]
        texts = [*map(str, self.conflicts), *map(str, self.warnings)]
        content = [self.payload, self.radio, self.advanced, variables, texts]
        decoded = 0 if self.decoded is None else self.decoded.size
        return _OVERHEAD + decoded + len(json.dumps(content, default=str))
