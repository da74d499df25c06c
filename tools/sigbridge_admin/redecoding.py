"""`sigbridge formatters redecode`."""

from typing import Annotated

import typer
from pydantic import BaseModel

from sigbridge_admin.api import read
from sigbridge_admin.command import ApiContext, AsJson, Yes, confirm, examples, read_device_id
from sigbridge_admin.job_progress import Job, follow, show_job
from sigbridge_admin.presentation import say, show_json
from sigbridge_admin.times import read_moment

EXAMPLES = examples(
    "sigbridge formatters redecode climate --dry-run",
    "sigbridge formatters redecode climate",
    "sigbridge formatters redecode climate --since 2026-11-01 --device 1A2B3C --yes --no-wait",
)


class _Estimate(BaseModel):
    devices: int
    messages: int
    read_units: int
    write_units: int
    cost_usd: float
    is_complete: bool


def redecode(
    context: ApiContext,
    formatter_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the formatter.", show_default=False)
    ],
    since: Annotated[
        str | None,
        typer.Option(
            parser=read_moment, metavar="WHEN", help="Only messages from then on.", show_default=False
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            parser=read_moment, metavar="WHEN", help="Only messages up to then.", show_default=False
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            parser=read_device_id, metavar="DEVICE", help="Only those of this device.", show_default=False
        ),
    ] = None,
    type_id: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="Only those of this device type.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it takes.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Show how far it is until it has ended.")
    ] = True,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Have stored messages read anew by a script.

    It says first what it will read, write and cost, and asks. Then it runs as a job: `sigbridge jobs`.
    """
    path = ("formatters", formatter_id, "redecode")
    given = {"since": since, "until": until, "device": device, "type": type_id}
    wanted = {name: value for name, value in given.items() if value is not None}
    if dry_run or not yes:
        foreseen = context.api.post(*path, body=wanted | {"dry_run": True})
        if dry_run and as_json:
            show_json(foreseen)
            return
        if not as_json:
            say(_in_words(read(_Estimate, foreseen["estimate"])))
        if dry_run:
            return
        confirm(context.api, "Read them anew?")
    job = context.api.post(*path, body=wanted)["job"]
    if wait:
        job = follow(context.api, job["id"])
    show_json(job) if as_json else show_job(read(Job, job))


def _in_words(estimate: _Estimate) -> str:
    more = "" if estimate.is_complete else " or more: not all were counted"
    return (
        f"About {estimate.messages:,} messages of {estimate.devices:,} devices{more}."
        f" It reads about {estimate.read_units:,} units and writes at most {estimate.write_units:,},"
        f" for at most {estimate.cost_usd:.4f} USD (list prices of us-east-1)."
        " Messages that are up to date are not written."
    )
