"""The command line `sigbridge`."""

from functools import partial
from typing import Annotated

import typer

from sigbridge_admin import (
    application_settings,
    applications,
    data,
    device_types,
    devices,
    keys,
    messages,
    parameters,
)
from sigbridge_admin.api import Surroundings, local_place, remote_place
from sigbridge_admin.command import WITH_AWS, WITH_KEY, AdminGroup, Where, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.table import DEFAULT_STACK, aws_target, local_target

app = typer.Typer(
    name="sigbridge",
    cls=AdminGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(applications.commands, name="applications", rich_help_panel=WITH_AWS)
app.add_typer(application_settings.commands, name="settings", rich_help_panel=WITH_KEY)
app.add_typer(device_types.commands, name="types", rich_help_panel=WITH_KEY)
app.add_typer(devices.commands, name="devices", rich_help_panel=WITH_KEY)
app.add_typer(parameters.commands, name="parameters", rich_help_panel=WITH_KEY)
# Without a name its one command stands among the groups.
app.add_typer(messages.commands)
app.add_typer(data.commands, name="data", rich_help_panel=WITH_KEY)
app.add_typer(keys.commands, name="keys", rich_help_panel=WITH_KEY)

_EVERYWHERE = "For all commands (write options before the command)"
_API = "For commands with a key: where the API is, and who you are"
_TABLE = "For `applications`, with AWS credentials: where the table is"


@app.callback(
    epilog=examples(
        "sigbridge applications create greenhouse",
        'sigbridge applications issue-key greenhouse --name "My own" --all-rights',
        "sigbridge devices list --state silent",
        "sigbridge data watch 1A2B3C",
        "sigbridge --local devices list",
        "sigbridge --stack staging --region eu-west-1 applications create greenhouse",
    )
)
def sigbridge(
    context: typer.Context,
    local: Annotated[
        bool,
        typer.Option(
            "--local",
            help="The local stack that `make up` or `make run` started in this project: its API, its key,"
            " its table.",
            rich_help_panel=_EVERYWHERE,
        ),
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_URL",
            help="Address of the API: the stack's output ApiUrl.",
            show_default=False,
            metavar="URL",
            rich_help_panel=_API,
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_KEY",
            help="Your key. Better set the variable: others may see what stands on a command line.",
            show_default=False,
            metavar="KEY",
            rich_help_panel=_API,
        ),
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            help="The CloudFormation stack, whose output names the table.",
            show_default=DEFAULT_STACK,
            metavar="NAME",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="The DynamoDB table itself, where you may not ask CloudFormation.",
            show_default=False,
            metavar="NAME",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="AWS region.", show_default="as configured", metavar="REGION", rich_help_panel=_TABLE
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Profile of your AWS credentials.",
            show_default="as configured",
            metavar="NAME",
            rich_help_panel=_TABLE,
        ),
    ] = None,
) -> None:
    """Administer Sigbridge: applications, device types, devices, their parameters and data, keys.

    `applications` needs AWS credentials: it makes an application and its first key.

    All other commands call the API with a key.
    """
    typed = {name for name in context.params if _is_typed(context, name)}
    if "local" in typed and len(typed) > 1:
        message = f"--local already says where: leave out {_options(typed - {'local'})}"
        raise AdminError(message)
    if stack and table:
        message = "Give --stack or --table, not both"
        raise AdminError(message)
    if context.invoked_subcommand == "applications":
        _refuse(typed & {"url", "key"}, "`applications` works with AWS credentials")
    else:
        _refuse(
            typed & {"stack", "table", "region", "profile"},
            "This command works over HTTP, with SIGBRIDGE_URL and SIGBRIDGE_KEY",
        )
    context.obj = Where(
        table=local_target if local else partial(aws_target, table, stack or DEFAULT_STACK, region, profile),
        api=local_place if local else partial(remote_place, url, key),
        surroundings=context.obj or Surroundings(),
    )


def main() -> None:
    """Run the command line."""
    app(prog_name="sigbridge")


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _refuse(options: set[str], why: str) -> None:
    if options:
        message = f"{why}: leave out {_options(options)}"
        raise AdminError(message)


def _options(names: set[str]) -> str:
    return ", ".join(f"--{name}" for name in sorted(names))
