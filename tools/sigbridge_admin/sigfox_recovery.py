"""`sigbridge sigfox recover`."""

from typing import Annotated

import typer

from sigbridge_admin.api import read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, examples
from sigbridge_admin.job_progress import Job, Wait, follow, show_job
from sigbridge_admin.presentation import show_json
from sigbridge_admin.times import read_past

commands = typer.Typer()


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox recover",
        "sigbridge sigfox recover --since 2d --wait",
        "sigbridge sigfox recover --since 2026-11-01 --all-messages",
    ),
)
def recover(
    context: ApiContext,
    since: Annotated[
        str | None,
        typer.Option(
            parser=read_past,
            metavar="WHEN",
            help="From then on: 12h, 2d, 2026-11-01; if left out, since the last time.",
            show_default=False,
        ),
    ] = None,
    device_types: Annotated[
        list[str] | None,
        typer.Option(
            "--device-type",
            metavar="ID",
            help="Compare the messages of this device type of Sigfox's too; repeat it.",
            show_default=False,
        ),
    ] = None,
    all_messages: Annotated[
        bool, typer.Option("--all-messages", help="Compare the messages of all device types.")
    ] = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Fetch what Sigfox could not deliver, as a job; it is done each hour, too.

    What is stored already stays as it is, and no device is answered.
    """
    body = {"device_types": device_types or [], "all_messages": all_messages}
    job = context.api.post("sigfox", "recover", body=body | ({} if since is None else {"since": since}))
    if wait:
        job = follow(context.api, job["id"])
    show_json(job) if as_json else show_job(read(Job, job))
