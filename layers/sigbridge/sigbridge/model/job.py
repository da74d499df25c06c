"""Long work in the background, done step by step: what it is, how far it is, and how it ended."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

_KEPT_SECONDS = 30 * 86_400
# Of those that failed, the first so many are named.
MOST_ROW_ERRORS = 10_000
# Of more kinds of problems, only the number of things is known. Each step writes them again.
MOST_PROBLEMS = 20
_LONGEST_PROBLEM = 200
# Of more notes the first are kept: they are written again at each step, too.
MOST_NOTES = 50
_LONGEST_NOTE = 1_000


class JobKind(StrEnum):
    """What a job does."""

    REDECODE = "redecode"
    REPLAY = "replay"
    SIGFOX_IMPORT = "sigfox_import"
    SIGFOX_CHANGE = "sigfox_change"
    SIGFOX_RECOVERY = "sigfox_recovery"
    SIGFOX_CHECK = "sigfox_check"


# They are ordered again and again: those that found nothing would hide all others.
_KEPT_WITHOUT_FINDINGS = {JobKind.SIGFOX_RECOVERY: 3 * 3600, JobKind.SIGFOX_CHECK: 86_400}


class JobState(StrEnum):
    """How a job is doing.

    WAITING: it begins, or goes on, within a minute.
    RUNNING: a function works on it.
    DONE, FAILED, CANCELLED: it ended.
    """

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one of the things that a job was to do something with.

    Attributes:
        row: Which one: the id of a device, say.
        message: What is wrong with it.
    """

    row: str
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        looked_at: How many things it has looked at.
        changed: How many of them it has changed.
        failed: How many it could do nothing about.
        problems: What was wrong with those, the first 20 kinds, each with how many it was so of.
        total: How many there are, about; None where that is not known.
        notes: What its user is to know of how it was done, the first 50.
    """

    looked_at: int = 0
    changed: int = 0
    failed: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_findings(self) -> bool:
        """Whether it changed or failed at anything, or noted anything."""
        return bool(self.changed or self.failed or self.notes)

    def plus(
        self,
        looked_at: int,
        changed: int,
        problems: Iterable[str] = (),
        notes: Iterable[str] = (),
        row_errors: int = 0,
    ) -> "Progress":
        """Return the progress after a further step.

        Args:
            looked_at, changed: How many things it looked at, and changed.
            problems: What was wrong with each thing that it failed at.
            notes: What its user is to know.
            row_errors: At how many things it failed besides, each of which is named elsewhere.
        """
        found = Counter(problem[:_LONGEST_PROBLEM] for problem in problems)
        kinds = Counter(self.problems) + found
        told = dict.fromkeys((*self.notes, *(note[:_LONGEST_NOTE] for note in notes)))
        return Progress(
            self.looked_at + looked_at,
            self.changed + changed,
            self.failed + found.total() + row_errors,
            dict(islice(kinds.items(), MOST_PROBLEMS)),
            self.total,
            tuple(islice(told, MOST_NOTES)),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A job of an application.

    Attributes:
        id: Unique in its application; a later job has a higher one.
        application_id: Whose it is.
        kind: What it does.
        arguments: What it does that with.
        created_at: Epoch ms.
        state: How it is doing.
        cursor: Where to go on; None for the beginning.
        progress: How far it is.
        failing_since: Since when each step has failed for what the job needs, epoch ms; None where the last
            one did not.
        ended_at: Epoch ms; None while it has not.
    """

    id: str
    application_id: str
    kind: JobKind
    arguments: Mapping[str, Any]
    created_at: int
    state: JobState = JobState.WAITING
    cursor: str | None = None
    progress: Progress = field(default_factory=Progress)
    failing_since: int | None = None
    ended_at: int | None = None

    @property
    def kept_until(self) -> int:
        """When it is forgotten, epoch seconds: sooner where it is one of a routine, and found nothing."""
        if self.state is JobState.DONE and self.ended_at is not None and not self.progress.has_findings:
            return self.ended_at // 1000 + _KEPT_WITHOUT_FINDINGS.get(self.kind, _KEPT_SECONDS)
        return self.created_at // 1000 + _KEPT_SECONDS
