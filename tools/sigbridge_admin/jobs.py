"""`sigbridge jobs`."""

from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge_admin.api import read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, examples
from sigbridge_admin.job_progress import Job, Wait, follow, show_job
from sigbridge_admin.lists import EveryPage, PageSize, read_list, say_whether_more
from sigbridge_admin.presentation import NONE, readable_second, say, show_json, show_table

commands = typer.Typer(
    help="Jobs: long work in the background, such as reading the past anew.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_JobId = Annotated[str, typer.Argument(metavar="ID", help="Id of the job.", show_default=False)]


class _RowError(BaseModel):
    """What is wrong with one thing."""

    row: str
    message: str


@commands.command("list", cls=ApiCommand, epilog=examples("sigbridge jobs list"))
def list_jobs(context: ApiContext, as_json: AsJson = False) -> None:
    """List the last 100 jobs of your application, the newest one first."""
    document = context.api.get("jobs")
    if as_json:
        show_json(document)
        return
    jobs = [read(Job, each) for each in document["jobs"]]
    if not jobs:
        say("There are no jobs.")
        return
    show_table([_row(job) for job in jobs])


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge jobs show 1763770827000-0a1b2c3d", "sigbridge jobs show 1763770827000-0a1b2c3d --wait"
    ),
)
def show(context: ApiContext, job_id: _JobId, wait: Wait = False, as_json: AsJson = False) -> None:
    """Show how a job is doing."""
    document = follow(context.api, job_id) if wait else context.api.get("jobs", job_id)
    show_json(document) if as_json else show_job(read(Job, document))


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge jobs errors 1763770827000-0a1b2c3d", "sigbridge jobs errors 1763770827000-0a1b2c3d --all"
    ),
)
def errors(
    context: ApiContext,
    job_id: _JobId,
    limit: PageSize = 100,
    every_page: EveryPage = False,
    as_json: AsJson = False,
) -> None:
    """List single things that a job failed at, such as devices, and why; the first 10,000 are known."""
    document = read_list(
        context.api,
        *("jobs", job_id, "errors"),
        query={"limit": limit},
        plural="errors",
        every_page=every_page,
    )
    if as_json:
        show_json(document)
        return
    found = [read(_RowError, each) for each in document["errors"]]
    if not found:
        say("There are none.")
        return
    show_table([{"row": each.row, "message": each.message} for each in found], folding={"message"})
    say_whether_more(document)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge jobs cancel 1763770827000-0a1b2c3d"))
def cancel(context: ApiContext, job_id: _JobId, as_json: AsJson = False) -> None:
    """Cancel a job. What it has done stays done; one that has ended stays as it is."""
    document = context.api.delete("jobs", job_id)
    show_json(document) if as_json else show_job(read(Job, document))


def _row(job: Job) -> dict[str, str]:
    return {
        "id": job.id,
        "kind": job.what,
        "state": job.state,
        "ordered (UTC)": readable_second(job.created_at),
        "ended (UTC)": NONE if job.ended_at is None else readable_second(job.ended_at),
        "done": job.progress.in_words,
        "changed or sent": str(job.progress.changed),
        "failed": str(job.progress.failed),
    }
