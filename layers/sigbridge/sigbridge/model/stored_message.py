"""A message as it is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.message import Location, Network, Variable

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
class RecordedMessage:
    """A message as it is kept: what one callback told, or two (sigfox reference, 1.1 and 1.4).

    Attributes:
        id: `<ms, 13 digits>#<seqNumber or digest>`, unique among the messages of its device.
        device_id: Normalised device id.
        device_as_received: The id as the sender spelt it.
        network: Sigfox or generic.
        time: Epoch ms; of its reception where the sender gave no time that can be believed.
        sent_time: What the sender gave as time, epoch ms, where it is not believed; else None.
        group: Its group.
        seq_number: Sigfox's sequence number, or None.
        payload: Lower-case hex, or None.
        port: LoRaWAN's port, or None.
        ack: Whether the device waited for a downlink; None where nobody said.
        received_at: Epoch ms at which the uplink itself came; None while it has not.
        advanced_at: Epoch ms at which came what the network adds to it; None while it has not.
        amended_at: Epoch ms at which a further delivery added to it the last time; None where none did.
        radio: Sigfox's facts about the reception, by their names in snake case.
        advanced: Those that the network added.
        location: Where the device was, or None.
        variables: The uplink's own, then those that came with what the network added; what both tell
            alike is there once.
        conflicts: Other payloads, of further deliveries of it.
        warnings: What of it was not understood, or left out.
    """

    id: str
    device_id: str
    device_as_received: str
    network: Network
    time: int
    group: str
    seq_number: int | None = None
    payload: str | None = None
    port: int | None = None
    ack: bool | None = None
    received_at: int | None = None
    advanced_at: int | None = None
    radio: Mapping[str, Any] = field(default_factory=dict)
    advanced: Mapping[str, Any] = field(default_factory=dict)
    location: Location | None = None
    variables: tuple[Variable, ...] = ()
    sent_time: int | None = None
    amended_at: int | None = None
    conflicts: tuple[ConflictingPayload, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @property
    def size(self) -> int:
        """About how many bytes it takes in the store."""
        payload = len(self.payload or "")
        return _OVERHEAD + payload + len(str(self.advanced)) + sum(v.size for v in self.variables)

    @property
    def told_size(self) -> int:
        """About how many bytes it takes in JSON, whatever characters it holds."""
        variables = [variable.as_record() for variable in self.variables]
        texts = [*map(str, self.conflicts), *map(str, self.warnings)]
        content = [self.payload, self.radio, self.advanced, variables, texts]
        return _OVERHEAD + len(json.dumps(content, default=str))
