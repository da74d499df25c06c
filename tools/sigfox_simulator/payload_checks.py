"""The promise about payloads: what their devices mean is what the bundle shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigfox_simulator.payload_formats import Sample
from sigfox_simulator.readback import StoredMessage
from sigfox_simulator.truth import DeviceTruth, Transmission
from sigfox_simulator.violations import Invariant, Violation


class Reading(StrEnum):
    """How a payload was read."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "not decoded"


@dataclass(frozen=True, slots=True)
class PayloadReading:
    """A stored message whose payload has a meaning, and what the bundle shows.

    Attributes:
        transmission: The message.
        reading: How its payload was read.
        shown: What the bundle shows, where that is not right.
    """

    transmission: Transmission
    reading: Reading
    shown: str = ""


def read_payloads(
    truth: DeviceTruth, stored: Sequence[StoredMessage], values: Mapping[tuple[int, str], Any]
) -> Iterator[PayloadReading]:
    """Hold what is shown of a device's payloads against what they mean.

    Args:
        truth: What the device sent.
        stored: Its messages.
        values: Its data, by epoch ms and variable.
    """
    payloads = truth.device.payloads
    if payloads is None:
        return
    messages = {(message.time, message.seq_number, message.payload): message for message in stored}
    for transmission in truth.transmissions:
        time, payload = transmission.time * 1000, transmission.message.payload
        message = messages.get((time, transmission.message.seq_number, payload))
        if message is not None:
            found = {name: value for (moment, name), value in values.items() if moment == time}
            yield _read(transmission, payloads.sample(payload), message, found)


def check_payloads(readings: Iterator[PayloadReading]) -> Iterator[Violation]:
    """Find payloads that are shown otherwise than they are meant."""
    for each in readings:
        if each.reading is not Reading.RIGHT:
            what = f"{each.transmission} with payload {each.transmission.message.payload} is {each.reading}"
            yield Violation(Invariant.DECODED, f"{what}: {each.shown}")


def _read(
    transmission: Transmission, sample: Sample, message: StoredMessage, values: Mapping[str, Any]
) -> PayloadReading:
    if message.decoded is None:
        return PayloadReading(transmission, Reading.NONE, message.decode_error or "no values, and no error")
    if message.decoded != sample.decoded:
        shown = f"{message.decoded}, not {sample.decoded}"
        return PayloadReading(transmission, Reading.WRONG, shown)
    for name, value in sample.data.items():
        if values.get(name) != value:
            shown = f"{name} is {values.get(name)} in its data, not {value}"
            return PayloadReading(transmission, Reading.WRONG, shown)
    return PayloadReading(transmission, Reading.RIGHT)
