"""The command line `sigbridge`."""

from functools import partial
from typing import Annotated

import typer

from sigbridge_admin import applications, devices, downlink_data, keys
from sigbridge_admin.command import AdminGroup, examples
from sigbridge_admin.connection import DEFAULT_STACK, aws_target, local_target
from sigbridge_admin.failures import AdminError

app = typer.Typer(
    name="sigbridge",
    cls=AdminGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(applications.commands, name="applications")
app.add_typer(keys.commands, name="keys")
app.add_typer(devices.commands, name="devices")
app.add_typer(downlink_data.commands, name="downlink-data")

_WHERE = "Where the command works (write these before it)"


@app.callback(
    epilog=examples(
        "sigbridge applications create greenhouse",
        'sigbridge keys create greenhouse --name "Sigfox callbacks"',
        "sigbridge --local keys list demo",
        "sigbridge --stack staging --region eu-west-1 keys list greenhouse",
    )
)
def sigbridge(
    context: typer.Context,
    local: Annotated[
        bool,
        typer.Option(
            "--local",
            help="The local stack that `make up` or `make run` started in this project.",
            rich_help_panel=_WHERE,
        ),
    ] = False,
    stack: Annotated[
        str | None,
        typer.Option(
            help="The CloudFormation stack, whose output names the table.",
            show_default=DEFAULT_STACK,
            metavar="NAME",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="The DynamoDB table itself, where you may not ask CloudFormation.",
            show_default=False,
            metavar="NAME",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="AWS region.", show_default="as configured", metavar="REGION", rich_help_panel=_WHERE
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Profile of your AWS credentials.",
            show_default="as configured",
            metavar="NAME",
            rich_help_panel=_WHERE,
        ),
    ] = None,
) -> None:
    """Administer Sigbridge: applications, keys, devices and their downlinkData.

    The commands work on the table of a deployed stack, with your AWS credentials, or on the local stack.
    """
    if local and any((stack, table, region, profile)):
        message = "--local already says where: leave out --stack, --table, --region and --profile"
        raise AdminError(message)
    if stack and table:
        message = "Give --stack or --table, not both"
        raise AdminError(message)
    context.obj = (
        local_target if local else partial(aws_target, table, stack or DEFAULT_STACK, region, profile)
    )


def main() -> None:
    """Runs the command line."""
    app(prog_name="sigbridge")
