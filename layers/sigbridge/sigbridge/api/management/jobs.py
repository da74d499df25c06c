"""`/v1/jobs`: long work in the background, how far it is, and how it ended."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from sigbridge import jobs
from sigbridge.api.http.models import Moment, ResponseModel
from sigbridge.api.http.routing import new_routes
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


@routes.get("/v1/jobs", summary="List jobs", tags=["jobs"])
def list_jobs(key: DevicesReader) -> JobListResponse:
    """The last 100 jobs, the newest one first. A job is forgotten 30 days after it was ordered."""
    return JobListResponse(jobs=[JobResponse.of(job) for job in jobs.list_jobs(key.application_id)])


@routes.get("/v1/jobs/<job_id>", summary="Show a job", tags=["jobs"])
@refuses(_NO_SUCH)
def get_job(key: DevicesReader, job_id: _JobInPath) -> JobResponse:
    """How a job is doing."""
    return JobResponse.of(find_job(key.application_id, job_id))


@routes.delete("/v1/jobs/<job_id>", summary="Cancel a job", tags=["jobs"])
@refuses(_NO_SUCH)
def delete_job(key: DevicesWriter, job_id: _JobInPath) -> JobResponse:
    """Cancel a job: it ends where it is, what it has done stays done. One that has ended stays as it is."""
    return JobResponse.of(jobs.cancel_job(key.application_id, job_id))
