"""Ordering jobs, and what becomes of them."""

import secrets
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from sigbridge.clock import now_ms
from sigbridge.errors import NotFound, TooManyRequests
from sigbridge.model.job import Job, JobKind, Progress
from sigbridge.store import job_rows
from sigbridge.store import jobs as stored

_LISTED = 100
MOST_UNFINISHED = 10


class UnknownJob(NotFound):
    """The application has no job of that id."""


class TooManyJobs(TooManyRequests):
    """The application has as many jobs as it may have that have not ended."""

    def __init__(self) -> None:
        super().__init__(f"There are {MOST_UNFINISHED} jobs that have not ended: wait, or cancel one")


def order_job(
    application_id: str,
    kind: JobKind,
    arguments: Mapping[str, Any],
    total: int | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
) -> Job:
    """Have a job done; it begins within a minute.

    Args:
        application_id: Whose it is.
        kind: What it does.
        arguments: What it does that with: texts, numbers, and lists of them.
        total: How many things there are, about; None where that is not known.
        rows: Those things, as JSON has them, where the job must be told; deleted when it ends.

    Raises:
        TooManyJobs: It has ten that have not ended.
    """
    if len(unfinished_jobs(application_id)) >= MOST_UNFINISHED:
        raise TooManyJobs
    made_at = now_ms()
    id_ = f"{made_at:013d}-{secrets.token_hex(4)}"
    job = Job(id_, application_id, kind, arguments, made_at, progress=Progress(total=total))
    job_rows.add(job, rows)
    stored.add(job)
    return job


def find_job(application_id: str, job_id: str) -> Job:
    """Read a job, until it is forgotten.

    Raises:
        UnknownJob: There is none of that id.
    """
    job = stored.find(application_id, job_id)
    if job is None:
        message = f"There is no job '{job_id}'"
        raise UnknownJob(message)
    return job


def list_jobs(application_id: str) -> list[Job]:
    """Read the last 100 jobs of an application, the newest one first."""
    now = now_ms() // 1000
    # DynamoDB deletes what has expired within days.
    kept = (job for job in stored.newest_first(application_id) if job.kept_until > now)
    return list(islice(kept, _LISTED))


def unfinished_jobs(application_id: str) -> list[Job]:
    """Read those of the last 100 jobs of an application that have not ended, the newest one first."""
    return [job for job in list_jobs(application_id) if not job.state.is_end]


def cancel_job(application_id: str, job_id: str) -> Job:
    """End a job where it is; what it has done stays done. One that has ended is left as it is.

    Raises:
        UnknownJob: There is none of that id.
    """
    find_job(application_id, job_id)
    stored.cancel(application_id, job_id, now_ms())
    job_rows.remove(application_id, job_id)
    return find_job(application_id, job_id)
