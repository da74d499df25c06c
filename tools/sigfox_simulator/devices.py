"""Devices: who transmits, how often, and what."""

import struct
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

from sigbridge.model.device_id import sigfox_device_id
from sigfox_simulator.dice import dice
from sigfox_simulator.payload_formats import PayloadFormat, payload_formats
from sigfox_simulator.services import Service
from sigfox_simulator.templates import CONFIGURATIONS, BatchTemplate, Configuration

SEQUENCE_NUMBERS = 4096
MAX_PAYLOAD_BYTES = 12
_BIDIRECTIONAL = 0.6
_FORMATTED = 0.6
_TYPE_ID = "5e74c318aa8aec41f9cc6b00"
# Above the 45 s of a radio procedure, so that a device can ask at each of its messages.
_SHORTEST_RHYTHM_S, _LONGEST_RHYTHM_S = 50, 72
_BATCH_RHYTHM_S = 60


class Sensor(StrEnum):
    """What a device puts into its payloads."""

    COUNTER = "counter"
    TEMPERATURE = "temperature"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Device:
    """A simulated device.

    Attributes:
        id: Its id as the bundle keeps it.
        spelling: Its id as the callbacks spell it.
        configuration: The callbacks of its device type.
        bidirectional: Whether its messages come as BIDIR, not as UPLINK.
        sensor: What its payloads tell.
        rhythm_s: Simulated seconds between two of its messages, more or less.
        phase_s: Simulated seconds until its first one.
        first_seq_number: Sequence number of that.
        payloads: The payloads of its type, if the bundle is to read them; else its sensor makes them.
    """

    id: str
    spelling: str
    configuration: Configuration
    bidirectional: bool
    sensor: Sensor
    rhythm_s: float
    phase_s: float
    first_seq_number: int
    payloads: PayloadFormat | None = field(default=None, repr=False, compare=False)

    @property
    def id_in_paths(self) -> str:
        """Its id as the queue's paths want it: lower case, at least 3 digits."""
        return self.id.lower().rjust(3, "0")

    @property
    def type_id(self) -> str:
        """Its device type, as the callbacks name it."""
        return _TYPE_ID if self.payloads is None else self.payloads.id

    @property
    def service(self) -> Service:
        """The callback that brings its messages."""
        return Service.BIDIR if self.bidirectional else Service.UPLINK

    @property
    def batched(self) -> bool:
        """Whether its messages come in batches."""
        return isinstance(self.configuration.of_messages(self.service), BatchTemplate)


def make_fleet(seed: int, size: int) -> list[Device]:
    """Make devices with different ids; the same for the same seed."""
    fleet: dict[str, Device] = {}
    throw = dice(seed, "fleet")
    while len(fleet) < size:
        device = _make_device(throw, CONFIGURATIONS[len(fleet) % len(CONFIGURATIONS)])
        fleet.setdefault(device.id, replace(device, payloads=_choose_payloads(seed, device)))
    return list(fleet.values())


def make_payload(device: Device, number: int, throw: Random) -> str:
    """Make the payload of a device's n-th message: hex of 0 to 12 bytes."""
    if device.payloads is not None:
        return throw.choice(device.payloads.samples).payload
    match device.sensor:
        case Sensor.COUNTER:
            return f"{number:08x}"
        case Sensor.TEMPERATURE:
            walk = 200 + 15 * (number % 8) + throw.randint(-5, 5)
            return struct.pack(">hB", walk, throw.randint(200, 255)).hex()
        case Sensor.RANDOM:
            return throw.randbytes(throw.randint(0, MAX_PAYLOAD_BYTES)).hex()


def _make_device(throw: Random, configuration: Configuration) -> Device:
    bidirectional = throw.random() < _BIDIRECTIONAL
    rhythm = throw.uniform(_SHORTEST_RHYTHM_S, _LONGEST_RHYTHM_S)
    phase = throw.uniform(0, rhythm)
    spelling = _spell(throw)
    device = Device(
        id=sigfox_device_id(spelling),
        spelling=spelling,
        configuration=configuration,
        bidirectional=bidirectional,
        sensor=throw.choice(tuple(Sensor)),
        rhythm_s=rhythm,
        phase_s=phase,
        # Near the end of the range, so that a fifth of the devices come to wrap.
        first_seq_number=SEQUENCE_NUMBERS - 3 if throw.random() < 0.2 else throw.randrange(SEQUENCE_NUMBERS),
    )
    if device.batched:
        # They all send at the full minute, so that there is something to gather.
        return replace(device, rhythm_s=_BATCH_RHYTHM_S, phase_s=throw.uniform(1, 3))
    return device


def _choose_payloads(seed: int, device: Device) -> PayloadFormat | None:
    throw = dice(seed, device.id, "payloads")
    return throw.choice(payload_formats()) if throw.random() < _FORMATTED else None


def _spell(throw: Random) -> str:
    digits = throw.choices((4, 5, 6, 7, 8), (1, 2, 8, 8, 8))[0]
    number = throw.randrange(16 ** (digits - 1), 16**digits)
    spelling = f"{number:X}"
    match throw.choices(("plain", "lower", "padded"), (7, 2, 1))[0]:
        case "lower":
            return spelling.lower()
        case "padded":
            return spelling.rjust(8, "0")
        case _:
            return spelling
