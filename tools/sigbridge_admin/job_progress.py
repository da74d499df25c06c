"""How far a job is, in words and as a bar."""

from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge.jobs import JobKind, JobState
from sigbridge_admin.api import Api, Json, read
from sigbridge_admin.presentation import note, progress_bar, readable_second, say, show_facts, show_table

_LOOKED_AT_EVERY_SECONDS = 5

_IN_WORDS = {
    JobKind.REDECODE: "redecode",
    JobKind.REPLAY: "replay",
    JobKind.SIGFOX_IMPORT: "import from Sigfox",
    JobKind.SIGFOX_CHANGE: "changes in Sigfox",
    JobKind.SIGFOX_RECOVERY: "recovery from Sigfox",
    JobKind.SIGFOX_CHECK: "check of callbacks",
}

Wait = Annotated[bool, typer.Option("--wait", help="Go on until it has ended, or until Ctrl-C.")]


class Problem(BaseModel):
    """What was wrong with some things."""

    problem: str
    count: int


class Progress(BaseModel):
    """How far a job is."""

    looked_at: int
    changed: int
    failed: int
    problems: list[Problem]
    total: int | None = None
    notes: list[str] = []

    @property
    def in_words(self) -> str:
        """How much is done, and of how much."""
        return str(self.looked_at) if self.total is None else f"{self.looked_at} of about {self.total}"


class Job(BaseModel):
    """A job."""

    id: str
    kind: JobKind
    state: JobState
    created_at: datetime
    ended_at: datetime | None = None
    progress: Progress

    @property
    def what(self) -> str:
        """What it does, for people."""
        return _IN_WORDS[self.kind]


def follow(api: Api, job_id: str) -> Json:
    """Show a bar until a job has ended, or the user has seen enough, and return it as it is then."""
    with progress_bar("waiting") as show:
        while True:
            document = api.get("jobs", job_id)
            job = read(Job, document)
            show(job.state, job.progress.looked_at, job.progress.total)
            if job.state.is_end:
                return document
            try:
                api.surroundings.sleep(_LOOKED_AT_EVERY_SECONDS)
            except KeyboardInterrupt:
                note(f"It goes on: `sigbridge jobs show {job_id}` shows it, `sigbridge jobs cancel` ends it.")
                return document


def show_job(job: Job) -> None:
    """Print how a job is doing, for people."""
    facts = {
        "id": job.id,
        "kind": job.what,
        "state": job.state.value,
        "ordered": readable_second(job.created_at),
        "looked at": job.progress.in_words,
        "sent" if job.kind is JobKind.REPLAY else "changed": str(job.progress.changed),
        "failed": str(job.progress.failed),
    }
    if job.ended_at is not None:
        facts["ended"] = readable_second(job.ended_at)
    show_facts(facts)
    if job.progress.problems:
        say("")
        show_table(
            [{"problem": each.problem, "count": str(each.count)} for each in job.progress.problems],
            folding={"problem"},
        )
    if job.progress.failed > sum(each.count for each in job.progress.problems):
        say(f"`sigbridge jobs errors {job.id}` names what it failed at one by one.")
    for text in job.progress.notes:
        say(text)
