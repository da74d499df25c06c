"""`/v1/jobs`: long work in the background, how far it is, and how it ended."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from sigbridge import jobs
from sigbridge.api.http.models import Moment, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.cursors import read_cursor, unreadable_cursor, write_cursor
from sigbridge.api.management.endpoint import DevicesReader, DevicesWriter
from sigbridge.api.management.resolver import refuses
from sigbridge.jobs import Job, JobKind, JobState, Progress, UnknownJob, find_job

routes = new_routes()

_JobInPath = Annotated[str, Path(pattern=r"^[0-9]{13}-[0-9a-f]{8}$", description="Id of the job")]
_NO_SUCH = UnknownJob("There is no job '1763770827000-0a1b2c3d'")


class ProblemResponse(ResponseModel):
    """What was wrong with some of the things that a job looked at."""

    problem: str
    count: int = Field(description="How many things it was so of")


class ProgressResponse(ResponseModel):
    """How far a job is."""

    looked_at: int = Field(description="How many things it has looked at")
    changed: int = Field(
        description="How many of them it has changed; of a replay, how many calls it has ordered"
    )
    failed: int = Field(description="How many it could do nothing about")
    problems: list[ProblemResponse] = Field(description="What was wrong with those, the first 20 kinds")
    total: int | None = Field(description="How many there are, about; left out where that is not known")
    notes: list[str] = Field(description="What is to be known of how it was done")

    @classmethod
    def of(cls, progress: Progress) -> "ProgressResponse":
        problems = progress.problems.items()
        return cls(
            looked_at=progress.looked_at,
            changed=progress.changed,
            failed=progress.failed,
            problems=[ProblemResponse(problem=problem, count=count) for problem, count in problems],
            total=progress.total,
            notes=list(progress.notes),
        )


class JobResponse(ResponseModel):
    """A job."""

    id: str = Field(examples=["1763770827000-0a1b2c3d"])
    kind: JobKind
    state: JobState
    created_at: Moment
    ended_at: Moment | None = Field(description="Left out while it has not ended")
    progress: ProgressResponse

    @classmethod
    def of(cls, job: Job) -> "JobResponse":
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            created_at=job.created_at,
            ended_at=job.ended_at,
            progress=ProgressResponse.of(job.progress),
        )


class JobListResponse(ResponseModel):
    """The last 100 jobs of the application, the newest one first."""

    jobs: list[JobResponse]


class RowErrorResponse(ResponseModel):
    """What was wrong with one of the things that a job looked at."""

    row: str = Field(description="Which one: the id of a device, say", examples=["1A2B45"])
    message: str


class RowErrorListResponse(ResponseModel):
    """A page of what was wrong with single things."""

    errors: list[RowErrorResponse] = Field(description="In the order in which they were found")
    next_cursor: str | None = Field(description="Asks for the next page; left out on the last one")


@routes.get("/v1/jobs", summary="List jobs", tags=["jobs"])
def list_jobs(key: DevicesReader) -> JobListResponse:
    """The last 100 jobs, the newest one first.

    A job is forgotten 30 days after it was ordered; an hourly recovery or daily check that found nothing,
    sooner.
    """
    return JobListResponse(jobs=[JobResponse.of(job) for job in jobs.list_jobs(key.application_id)])


@routes.get("/v1/jobs/<job_id>", summary="Show a job", tags=["jobs"])
@refuses(_NO_SUCH)
def get_job(key: DevicesReader, job_id: _JobInPath) -> JobResponse:
    """How a job is doing."""
    return JobResponse.of(find_job(key.application_id, job_id))


@routes.get("/v1/jobs/<job_id>/errors", summary="List what a job failed at", tags=["jobs"])
@refuses(_NO_SUCH)
def list_job_errors(
    key: DevicesReader,
    job_id: _JobInPath,
    limit: Annotated[int, Query(ge=1, le=100, description="Errors in a page, at most")] = 100,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the previous page")] = None,
) -> RowErrorListResponse:
    """What was wrong with single things that a job looked at, such as devices, in the order in which it did.

    The first 10,000 are kept as long as the job. What was wrong with many in the same way is told in
    its `problems` alone.
    """
    query = [key.application_id, job_id]
    start = 0 if cursor is None else _read_number(read_cursor(cursor, query))
    page = jobs.list_row_errors(key.application_id, job_id, start, limit)
    return RowErrorListResponse(
        errors=[RowErrorResponse(row=error.row, message=error.message) for error in page.errors],
        next_cursor=None if page.next_start is None else write_cursor(str(page.next_start), query),
    )


@routes.delete("/v1/jobs/<job_id>", summary="Cancel a job", tags=["jobs"])
@refuses(_NO_SUCH)
def delete_job(key: DevicesWriter, job_id: _JobInPath) -> JobResponse:
    """Cancel a job: it ends where it is, what it has done stays done. One that has ended stays as it is."""
    return JobResponse.of(jobs.cancel_job(key.application_id, job_id))


def _read_number(position: str) -> int:
    if not position.isdecimal():
        raise unreadable_cursor()
    return int(position)
