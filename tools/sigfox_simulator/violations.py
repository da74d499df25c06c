"""The promises of the bundle, each held against what truly happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sigfox_simulator.truth import Truth


class Invariant(StrEnum):
    """What the bundle promises (docs/architecture.md)."""

    I1 = "I1"
    I2 = "I2"
    I3 = "I3"
    I4 = "I4"
    I5 = "I5"
    I6 = "I6"
    I7 = "I7"
    I8 = "I8"
    I9 = "I9"
    ANSWERS = "2xx"
    DECODED = "values"
    WEBHOOKS = "hooks"
    OUTAGE = "outage"

    @property
    def promise(self) -> str:
        """The promise in words."""
        return _PROMISES[self]


_PROMISES = {
    Invariant.I1: "a downlink is handed to one message",
    Invariant.I2: "a repeated callback gets the same answer",
    Invariant.I3: "first in, first out; a retried one comes first",
    Invariant.I4: "every downlink ends in one true state",
    Invariant.I5: "8 bytes leave, no more, no fewer",
    Invariant.I6: "nobody gets data without asking",
    Invariant.I7: "a late callback gets no new downlink",
    Invariant.I8: "a message is stored once",
    Invariant.I9: "what was answered 2xx is stored",
    Invariant.ANSWERS: "whatever is valid is accepted in the end",
    Invariant.DECODED: "a payload is read as its device means it",
    Invariant.WEBHOOKS: "a webhook is told of everything, with a signature",
    Invariant.OUTAGE: "what Sigfox could not deliver is fetched, once",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken.

    Attributes:
        invariant: Which.
        what: What happened, for people.
    """

    invariant: Invariant
    what: str


def wrong_refusals(truth: Truth) -> Iterator[Violation]:
    """Find valid requests that the bundle did not accept."""
    for given_up in truth.given_up:
        yield Violation(Invariant.ANSWERS, f"given up: {given_up}")
    for refusal in truth.refusals:
        answer = refusal.content.decode(errors="replace")
        yield Violation(Invariant.ANSWERS, f"{refusal.what} was answered {refusal.status} {answer}".strip())
