"""The commands of `python -m sigbridge_deploy`."""

import sys
from typing import Annotated

import boto3
import typer

from sigbridge_admin.aws_failures import aws_failures_explained
from sigbridge_admin.failures import AdminError
from sigbridge_deploy.architecture import ADVICE, architecture_to_build_for
from sigbridge_deploy.removal import Installation, delete_data, delete_stack, find_installation

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Stack = Annotated[str, typer.Option(help="The CloudFormation stack.")]
Region = Annotated[str | None, typer.Option(help="AWS region.", show_default="as configured")]


@app.command()
def architecture(
    stack: Stack = "sigbridge",
    region: Region = None,
    wanted: Annotated[str, typer.Option(help="Another processor than the stack has.")] = "",
) -> None:
    """Print the processor that a stack on AWS is to be built for, when AWS lets you ask."""
    deployed = architecture_to_build_for(stack, region)
    print(wanted or deployed)


@app.command()
def remove(stack: Stack = "sigbridge", region: Region = None) -> None:
    """Delete a stack from AWS and, if that is wanted, its data; each after a question."""
    with aws_failures_explained(ADVICE):
        session = boto3.Session(region_name=region)
        found = find_installation(session, stack)
        if found.is_gone:
            print(f"There is nothing of a stack '{stack}' in {session.region_name}.")
            return
        _show(stack, session.region_name, found)
        if found.stack and not _agreed(f"Type {stack} to delete the stack, or Enter to keep it", stack):
            print("Nothing was deleted.")
            return
        without_data = _agreed("Type delete to delete the data for good, or Enter to keep them", "delete")
        if found.stack:
            delete_stack(session, stack)
        if without_data:
            delete_data(session, found)
        print("Deleted." if without_data else "The data are kept, and cost their storage.")


def main() -> None:
    """Run the command line; a failure is one line and a non-zero exit code."""
    try:
        app()
    except AdminError as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(1)


def _show(stack: str, region: str, found: Installation) -> None:
    print(f"In {region} there is:")
    if found.stack:
        print(f"  stack {stack}: functions, API, alarms, roles, logs")
    for table in found.tables:
        contents = f"about {table.items:,} items, {table.size / 1e6:,.1f} MB"
        print(f"  table {table.name}: messages, devices, queues and keys, {contents}")
    for queue in found.queues:
        print(f"  queue {queue.rsplit('/', 1)[-1]}: changes that were given up")
    for parameter in found.credentials:
        print(f"  parameter {parameter}: credentials for Sigfox's API")


def _agreed(question: str, word: str) -> bool:
    return bool(typer.prompt(question, default="", show_default=False) == word)
