"""What became of an outage: every message there once, and each downlink in its true state."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigfox_simulator.readback import Readback, State
from sigfox_simulator.violations import Invariant, Violation


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that a device sent.

    Attributes:
        device_id: The device.
        time: When, epoch seconds.
        seq_number: Its sequence number.
        payload: Hex.
        is_lost: Whether its callback could not be delivered.
    """

    device_id: str
    time: int
    seq_number: int
    payload: str
    is_lost: bool


@dataclass(frozen=True, slots=True)
class LostDownlinks:
    """Two downlinks of a device.

    Attributes:
        sent: The one that was sent, and whose acknowledgement could not be delivered.
        queued: The one behind it, which no message may have claimed since.
    """

    sent: str
    queued: str


@dataclass(frozen=True, slots=True)
class OutageAccount:
    """What is reported of an outage.

    Attributes:
        sent: Messages that the devices sent.
        lost: Those whose callback could not be delivered.
        recovered: Those that the bundle has all the same.
        violations: What is missing, there twice, or otherwise than it was.
    """

    sent: int
    lost: int
    recovered: int
    violations: tuple[Violation, ...]


def take_outage_account(
    sent: Sequence[SentMessage], downlinks: Mapping[str, LostDownlinks], readback: Readback
) -> OutageAccount:
    """Count messages, and check what became of them and of the downlinks."""
    recovered = sum(message.recovered for messages in readback.messages.values() for message in messages)
    found = [*_check_messages(sent, readback), *_check_downlinks(downlinks, readback)]
    return OutageAccount(len(sent), sum(message.is_lost for message in sent), recovered, tuple(found))


def _check_messages(sent: Sequence[SentMessage], readback: Readback) -> Iterator[Violation]:
    stored = Counter(
        SentMessage(
            device_id, message.time // 1000, message.seq_number or 0, message.payload, message.recovered
        )
        for device_id, messages in readback.messages.items()
        for message in messages
    )
    for message in sent:
        times = stored.pop(message, 0)
        if times != 1:
            yield Violation(Invariant.OUTAGE, f"{message} is stored {times} times")
    for message in stored:
        yield Violation(Invariant.OUTAGE, f"{message} is stored and was not sent so")


def _check_downlinks(downlinks: Mapping[str, LostDownlinks], readback: Readback) -> Iterator[Violation]:
    for device_id, wanted in downlinks.items():
        states = {life.id: life.state for life in readback.lives.get(device_id, ())}
        for id_, state in ((wanted.sent, State.SENT), (wanted.queued, State.QUEUED)):
            if states.get(id_) != state:
                yield Violation(Invariant.OUTAGE, f"downlink {id_} is {states.get(id_)}, not {state}")
