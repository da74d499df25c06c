"""Jobs: long work in the background, which goes on after a crash and can be cancelled."""

from sigbridge.jobs.ordering import (
    TooManyJobs,
    UnknownJob,
    cancel_job,
    find_job,
    list_jobs,
    order_job,
    unfinished_jobs,
)
from sigbridge.jobs.row_errors import RowErrorPage, list_row_errors
from sigbridge.jobs.running import DueJob, Step, StepDone, begin_due_jobs, due_jobs, run_job
from sigbridge.model.job import Job, JobKind, JobState, Progress, RowError

__all__ = [
    "DueJob",
    "Job",
    "JobKind",
    "JobState",
    "Progress",
    "RowError",
    "RowErrorPage",
    "Step",
    "StepDone",
    "TooManyJobs",
    "UnknownJob",
    "begin_due_jobs",
    "cancel_job",
    "due_jobs",
    "find_job",
    "list_jobs",
    "list_row_errors",
    "order_job",
    "run_job",
    "unfinished_jobs",
]
