"""The command `python -m sigbridge_deploy`."""

import sys
from typing import Annotated

import typer

from sigbridge_admin.failures import AdminError
from sigbridge_deploy.architecture import architecture_to_build_for

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def architecture(
    stack: Annotated[str, typer.Option(help="The CloudFormation stack.")] = "sigbridge",
    region: Annotated[str | None, typer.Option(help="AWS region.", show_default="as configured")] = None,
) -> None:
    """Print the processor that a stack on AWS is to be built for."""
    print(architecture_to_build_for(stack, region))


def main() -> None:
    """Run the command line; a failure is one line and a non-zero exit code."""
    try:
        app()
    except AdminError as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(1)
