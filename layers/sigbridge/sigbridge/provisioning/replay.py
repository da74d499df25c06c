"""What recovering needs done of those who read callbacks, and what comes of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from sigbridge.model.sigfox_connection import SigfoxConnection
from sigbridge.sigfox.rest.undelivered import UndeliveredCallback


@dataclass(frozen=True, slots=True)
class Recovered:
    """How much was recovered.

    Attributes:
        callbacks: Callbacks that Sigfox could not deliver.
        foreign: Those of them that call somebody else, or are e-mails.
        refused: What of them can't be read, or may not be stored.
        inactive: What of them is of inactive devices.
        messages: Messages, or parts of messages, that are new.
        reports: Reports that are new.
        known: Messages and reports that were there already.
        conflicts: Messages that were there with another payload.
        compared: Messages in Sigfox's lists that were compared with those that are there.
        filled: Those of them that were missing, and are stored now.
    """

    callbacks: int = 0
    foreign: int = 0
    refused: int = 0
    inactive: int = 0
    messages: int = 0
    reports: int = 0
    known: int = 0
    conflicts: int = 0
    compared: int = 0
    filled: int = 0

    def __add__(self, other: "Recovered") -> "Recovered":
        theirs = asdict(other)
        return Recovered(**{name: count + theirs[name] for name, count in asdict(self).items()})

    @property
    def stored(self) -> int:
        """How much is there now that was not before."""
        return self.messages + self.reports + self.filled


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of reading a callback that Sigfox could not deliver.

    Attributes:
        recovered: How much was recovered.
        problems: Why something of it was refused.
    """

    recovered: Recovered
    problems: tuple[str, ...] = ()


# Reads a callback as if it had been delivered, and stores what it says; may raise `Unavailable`.
type Replay = Callable[[SigfoxConnection, UndeliveredCallback], Replayed]
