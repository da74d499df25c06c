"""Long work in the background, done step by step: what it is, how far it is, and how it ended."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

# Of more kinds of problems, only the number of things is known. Each step writes them again.
MOST_PROBLEMS = 20
_LONGEST_PROBLEM = 200


class JobKind(StrEnum):
    """What a job does."""

    REDECODE = "redecode"
    REPLAY = "replay"


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
class Progress:
    """How far a job is.

    Attributes:
        looked_at: How many things it has looked at.
        changed: How many of them it has changed.
        failed: How many it could do nothing about.
        problems: What was wrong with those, the first 20 kinds, each with how many it was so of.
        total: How many there are, about; None where that is not known.
        notes: What its user is to know of how it was done.
    """

    looked_at: int = 0
    changed: int = 0
    failed: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    notes: tuple[str, ...] = ()

    def plus(
        self, looked_at: int, changed: int, problems: Iterable[str] = (), notes: Iterable[str] = ()
    ) -> "Progress":
        """Return the progress after a further step, with what was wrong with each thing that it failed at."""
        found = Counter(problem[:_LONGEST_PROBLEM] for problem in problems)
        kinds = Counter(self.problems) + found
        return Progress(
            self.looked_at + looked_at,
            self.changed + changed,
            self.failed + found.total(),
            dict(islice(kinds.items(), MOST_PROBLEMS)),
            self.total,
            tuple(dict.fromkeys((*self.notes, *notes))),
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
    ended_at: int | None = None
