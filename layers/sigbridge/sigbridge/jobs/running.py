"""Working on jobs: step by step, each step written, so that another function can go on after a crash.

A step may be done twice, where its function dies before it is written: so a step changes nothing that it has
changed already.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

from sigbridge.aws.invocation import invoke_later
from sigbridge.clock import now_ms
from sigbridge.errors import Unavailable
from sigbridge.model.job import Job, JobKind, JobState
from sigbridge.settings import settings
from sigbridge.store import jobs as stored
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.jobs import Lease, LeaseLost
from sigbridge.store.parallel import RunResult, run_each

# Longer than any step takes.
LEASE_MS = 120_000
MOST_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class StepDone:
    """What a step of a job did.

    Attributes:
        cursor: Where to go on; None where the job is done.
        looked_at: How many things it looked at.
        changed: How many of them it changed.
        problems: What was wrong with each of those that it could do nothing about.
        notes: What the job's user is to know of how it was done; each is told once.
    """

    cursor: str | None
    looked_at: int = 0
    changed: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# Does the next step of a job; must end within a minute, and may raise `Unavailable`.
type Step = Callable[[Job], StepDone]


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job that nobody works on."""

    application_id: str
    job_id: str


def due_jobs(now: int) -> list[DueJob]:
    """Return the jobs to begin or to go on with, the one that waits longest first.

    Of all applications together two are worked on at a time: a new account may have ten functions running.
    """
    unfinished = list(stored.unfinished(now + LEASE_MS))
    due = [DueJob(*stored.job_named(item)) for item in unfinished if item.due_at <= now]
    return due[: max(0, MOST_AT_ONCE - (len(unfinished) - len(due)))]


def begin_due_jobs(now: int, _until_ms: int) -> RunResult[DueJob]:
    """Have a function of its own work on each job that is due.

    Args:
        now: The present moment, epoch ms.
    """
    function = settings().jobs_function
    return run_each(lambda due: invoke_later(function, asdict(due)), due_jobs(now))


def run_job(due: DueJob, steps: Mapping[JobKind, Step], until_ms: int) -> None:
    """Work on a job until it ends, or time does; then it is due again.

    Args:
        due: The job; where somebody works on it already nothing is done.
        steps: What a step of each kind of job is.
        until_ms: When to hand it back, epoch ms.

    Raises:
        Unavailable: A step failed for a while; the job is due again when its lease ends.
    """
    holder = secrets.token_hex(8)
    try:
        job = stored.begin(due.application_id, due.job_id, _lease(holder), now_ms())
        _work(job, holder, steps[job.kind], until_ms)
    except LeaseLost:
        # It was cancelled, or its lease ended during a step: whoever has it now goes on.
        return


def _work(job: Job, holder: str, step: Step, until_ms: int) -> None:
    while now_ms() < until_ms:
        try:
            done = step(job)
        except Unavailable:
            raise
        except LASTING_FAILURES as failure:
            progress = job.progress.plus(0, 0, (str(failure),))
            stored.end(replace(job, progress=progress), _lease(holder), JobState.FAILED, now_ms())
            return
        job = _after(job, done)
        if done.cursor is None:
            stored.end(job, _lease(holder), JobState.DONE, now_ms())
            return
        stored.advance(job, _lease(holder))
    stored.hand_back(job, _lease(holder), now_ms())


def _after(job: Job, done: StepDone) -> Job:
    progress = job.progress.plus(done.looked_at, done.changed, done.problems, done.notes)
    return replace(job, cursor=done.cursor, progress=progress)


def _lease(holder: str) -> Lease:
    return Lease(holder, now_ms() + LEASE_MS)
