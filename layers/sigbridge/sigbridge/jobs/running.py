"""Working on jobs: step by step, each step written, so that another function can go on after a crash.

A step may be done twice, where its function dies before it is written: so a step changes nothing that it has
changed already.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

from sigbridge.aws.invocation import invoke_later
from sigbridge.clock import DAY_MS, now_ms
from sigbridge.errors import StoreUnavailable, Unavailable
from sigbridge.model.job import Job, JobKind, JobState, RowError
from sigbridge.settings import settings
from sigbridge.store import job_errors, job_rows
from sigbridge.store import jobs as stored
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.jobs import Lease, LeaseLost
from sigbridge.store.parallel import RunResult, run_each

# Longer than any step takes.
LEASE_MS = 120_000
MOST_AT_ONCE = 2
# Where it is not known when what a job needs is there again.
_TRIED_AGAIN_AFTER_MS = 300_000
_GIVEN_UP_AFTER_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class StepDone:
    """What a step of a job did.

    Attributes:
        cursor: Where to go on; None where the job is done.
        looked_at: How many things it looked at.
        changed: How many of them it changed.
        problems: What was wrong with each of those that it could do nothing about.
        row_errors: The same of things that its user will want to find again one by one, which are listed
            beside the job.
        notes: What the job's user is to know of how it was done; each is told once.
        again_at: When to go on, epoch ms, where that is not at once: the job waits, and holds up no other.
    """

    cursor: str | None
    looked_at: int = 0
    changed: int = 0
    problems: tuple[str, ...] = ()
    row_errors: tuple[RowError, ...] = ()
    notes: tuple[str, ...] = ()
    again_at: int | None = None


# Does the next step of a job; must end within a minute. Where it raises `Unavailable`, the same step is done
# again later.
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
    begun = [item for item in unfinished if item.due_at > now]
    due = [item for item in unfinished if item.due_at <= now]
    waited_longest = sorted((*due, *stored.postponed(now)), key=lambda item: item.due_at)
    free = max(0, MOST_AT_ONCE - len(begun))
    return [DueJob(*stored.job_named(item)) for item in waited_longest[:free]]


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
        StoreUnavailable: The job is due again when its lease ends.
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
        except StoreUnavailable:
            # Nor can it be written that the job waits.
            raise
        except Unavailable as failure:
            _wait(job, holder, failure)
            return
        except LASTING_FAILURES as failure:
            _fail(job, holder, failure)
            return
        job_errors.add(job, done.row_errors)
        job = _after(job, done)
        if done.cursor is None:
            _end(job, holder, JobState.DONE)
            return
        if done.again_at is not None and done.again_at > now_ms():
            stored.postpone(job, _lease(holder), done.again_at)
            return
        stored.advance(job, _lease(holder))
    stored.hand_back(job, _lease(holder), now_ms())


def _wait(job: Job, holder: str, failure: Unavailable) -> None:
    """Have the step that failed done again: when it may succeed, or every 5 minutes for a day."""
    if failure.again_at is not None:
        stored.postpone(job, _lease(holder), failure.again_at)
        return
    now = now_ms()
    since = now if job.failing_since is None else job.failing_since
    if now - since >= _GIVEN_UP_AFTER_MS:
        _fail(job, holder, failure)
        return
    progress = job.progress.plus(0, 0, notes=(str(failure),))
    stored.postpone(
        replace(job, failing_since=since, progress=progress), _lease(holder), now + _TRIED_AGAIN_AFTER_MS
    )


def _fail(job: Job, holder: str, failure: Exception) -> None:
    progress = job.progress.plus(0, 0, (str(failure),))
    _end(replace(job, progress=progress), holder, JobState.FAILED)


def _end(job: Job, holder: str, state: JobState) -> None:
    stored.end(job, _lease(holder), state, now_ms())
    job_rows.remove(job.application_id, job.id)


def _after(job: Job, done: StepDone) -> Job:
    progress = job.progress.plus(
        done.looked_at, done.changed, done.problems, done.notes, len(done.row_errors)
    )
    return replace(job, cursor=done.cursor, progress=progress, failing_since=None)


def _lease(holder: str) -> Lease:
    return Lease(holder, now_ms() + LEASE_MS)
