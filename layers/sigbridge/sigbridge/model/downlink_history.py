"""The life of a downlink, as the steps of its attempts tell it.

    queued -> answered -> sent | failed
    queued -> expired | removed
    answered, confirmed, failed or not acknowledged -> queued (the next attempt) | superseded | expired

What a downlink is now follows from its recorded steps alone, in whatever order they were recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sigbridge.clock import rfc3339
from sigbridge.model.downlink import Downlink


class Step(StrEnum):
    """What can happen to an attempt, in the order in which it does; each happens once.

    QUEUED: it waits in the queue.
    ANSWERED: it was handed to Sigfox, as the answer to an uplink.
    PENDING: Sigfox says that it is neither sent nor failed yet (sigfox reference, 1.5: code 5).
    SENT: a base station emitted it, which does not prove that the device heard it.
    UNACKNOWLEDGED: no acknowledgement came.
    FAILED: Sigfox says that it was not emitted; or a confirmed one had no acknowledgement, ever.
    EXPIRED: its time was over before it could be handed out.
    REMOVED: it was taken out of the queue.
    SUPERSEDED: it is not tried again, because its queue was replaced or cleared in the meantime.
    """

    QUEUED = "queued"
    ANSWERED = "answered"
    PENDING = "pending"
    SENT = "sent"
    UNACKNOWLEDGED = "unacknowledged"
    FAILED = "failed"
    EXPIRED = "expired"
    REMOVED = "removed"
    SUPERSEDED = "superseded"


class DownlinkState(StrEnum):
    """What a downlink is now."""

    QUEUED = "queued"
    ANSWERED = "answered"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    REMOVED = "removed"
    SUPERSEDED = "superseded"


# Of several steps of the last attempt the first of these decides.
_DECIDING = (
    (Step.REMOVED, DownlinkState.REMOVED),
    (Step.SUPERSEDED, DownlinkState.SUPERSEDED),
    (Step.EXPIRED, DownlinkState.EXPIRED),
    (Step.FAILED, DownlinkState.FAILED),
    (Step.ANSWERED, DownlinkState.ANSWERED),
)
# A message without sequence number has a digest of 16 digits in its key instead.
_DIGEST_LENGTH = 16
_INTERNAL = frozenset({"at", "uplink", "generation", "report"})
_ORDER = {step: position for position, step in enumerate(Step)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to bring a downlink to its device.

    Attributes:
        downlink: The downlink, with the number of the attempt.
        steps: What happened, with `at` (epoch ms) and what else is known of each step.
    """

    downlink: Downlink
    steps: Mapping[Step, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """Which attempt of which downlink of which device.

    Attributes:
        application_id, device_id: The device.
        downlink_id: The downlink.
        number: The attempt, from 1.
    """

    application_id: str
    device_id: str
    downlink_id: str
    number: int


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """An attempt as it is stored.

    Attributes:
        key: Which one it is.
        attempt: What happened to it.
    """

    key: AttemptKey
    attempt: Attempt

    @property
    def downlink(self) -> Downlink:
        """The downlink, with the number of the attempt."""
        return self.attempt.downlink

    @property
    def steps(self) -> Mapping[Step, Mapping[str, Any]]:
        """What happened."""
        return self.attempt.steps


@dataclass(frozen=True, slots=True)
class AnsweredUplink:
    """The uplink that a downlink was handed to.

    Attributes:
        time: Epoch ms.
        seq_number: Sigfox's sequence number, if it had one.
    """

    time: int
    seq_number: int | None

    @classmethod
    def of(cls, key: str) -> "AnsweredUplink":
        """Read the key of a message."""
        moment, _, number = key.partition("#")
        return cls(int(moment), int(number) if len(number) < _DIGEST_LENGTH else None)

    def told(self) -> dict[str, object]:
        """Write the uplink for others, with its time in RFC 3339."""
        content = {"time": rfc3339(self.time), "seq_number": self.seq_number}
        return {name: value for name, value in content.items() if value is not None}


def uplink_moment(uplink: str) -> int:
    """Read from an uplink's key when it was sent, epoch ms."""
    return int(uplink.partition("#")[0])


@dataclass(frozen=True, slots=True)
class DownlinkEvent:
    """One step of a life.

    Attributes:
        step: What happened.
        attempt: In which attempt.
        at: When, epoch ms.
        uplink: The uplink that got it, if it was an answer.
        details: What else is to be told of it.
    """

    step: Step
    attempt: int
    at: int
    uplink: AnsweredUplink | None
    details: Mapping[str, Any]

    @classmethod
    def of(cls, step: Step, attempt: int, recorded: Mapping[str, Any]) -> "DownlinkEvent":
        """Read what was recorded of a step."""
        uplink = recorded.get("uplink")
        return cls(
            step=step,
            attempt=attempt,
            at=int(recorded["at"]),
            uplink=None if uplink is None else AnsweredUplink.of(uplink),
            details={name: value for name, value in recorded.items() if name not in _INTERNAL},
        )

    def told(self) -> dict[str, object]:
        """Write the step for others, with times in RFC 3339."""
        content: dict[str, object] = {"state": self.step, "attempt": self.attempt, "at": rfc3339(self.at)}
        if self.uplink is not None:
            content["uplink"] = self.uplink.told()
        return content | dict(self.details)


@dataclass(frozen=True, slots=True)
class DownlinkHistory:
    """The life of one downlink.

    Attributes:
        attempts: At least one, the first one first.
    """

    attempts: tuple[Attempt, ...]

    @classmethod
    def of(cls, attempts: Iterable[Attempt]) -> "DownlinkHistory":
        """Make the life of a downlink from its attempts, in whatever order they come."""
        return cls(tuple(sorted(attempts, key=lambda attempt: attempt.downlink.attempt)))

    def with_step(self, step: Step, recorded: Mapping[str, Any]) -> "DownlinkHistory":
        """Return this life with one more step of its last attempt."""
        *before, last = self.attempts
        return DownlinkHistory((*before, Attempt(last.downlink, {**last.steps, step: recorded})))

    @property
    def downlink(self) -> Downlink:
        """The downlink, with the number of its last attempt."""
        return self.attempts[-1].downlink

    @property
    def state(self) -> DownlinkState:
        """What the downlink is now.

        One that was sent stays so, whatever its other attempts came to.
        """
        if any(Step.SENT in attempt.steps for attempt in self.attempts):
            return DownlinkState.SENT
        last = self.attempts[-1].steps
        return next((state for step, state in _DECIDING if step in last), DownlinkState.QUEUED)

    @property
    def is_outcome_unknown(self) -> bool:
        """Whether it was handed to Sigfox and no more is to be expected."""
        return self.state is DownlinkState.ANSWERED and Step.UNACKNOWLEDGED in self.attempts[-1].steps

    @property
    def steps(self) -> Sequence[DownlinkEvent]:
        """Everything that happened, in its order."""
        steps = [
            DownlinkEvent.of(step, attempt.downlink.attempt, recorded)
            for attempt in self.attempts
            for step, recorded in attempt.steps.items()
        ]
        return sorted(steps, key=lambda step: (step.attempt, step.at, _ORDER[step.step]))
