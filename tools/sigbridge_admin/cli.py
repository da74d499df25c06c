"""The command line `sigbridge`."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from sigbridge import __version__
from sigbridge_admin import (
    application_settings,
    applications,
    data,
    device_types,
    devices,
    downlinks,
    feed,
    formatters,
    jobs,
    keys,
    messages,
    parameters,
    profiles,
    sigfox,
    webhooks,
)
from sigbridge_admin.api import Surroundings
from sigbridge_admin.command import ON_THIS_MACHINE, WITH_AWS, WITH_KEY, AdminGroup, Where, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.places import Choice, api_place, dead_letters, table_target
from sigbridge_admin.presentation import say
from sigbridge_admin.stack import DEFAULT_STACK

app = typer.Typer(
    name="sigbridge",
    cls=AdminGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(applications.commands, name="applications", rich_help_panel=WITH_AWS)
app.add_typer(application_settings.commands, name="settings", rich_help_panel=WITH_KEY)
app.add_typer(device_types.commands, name="types", rich_help_panel=WITH_KEY)
app.add_typer(formatters.commands, name="formatters", rich_help_panel=WITH_KEY)
app.add_typer(webhooks.commands, name="webhooks", rich_help_panel=WITH_KEY)
app.add_typer(devices.commands, name="devices", rich_help_panel=WITH_KEY)
app.add_typer(parameters.commands, name="parameters", rich_help_panel=WITH_KEY)
# Without a name their one command stands among the groups.
app.add_typer(messages.commands)
app.add_typer(feed.commands)
app.add_typer(data.commands, name="data", rich_help_panel=WITH_KEY)
app.add_typer(downlinks.commands, name="downlinks", rich_help_panel=WITH_KEY)
app.add_typer(sigfox.commands, name="sigfox", rich_help_panel=WITH_KEY)
app.add_typer(jobs.commands, name="jobs", rich_help_panel=WITH_KEY)
app.add_typer(keys.commands, name="keys", rich_help_panel=WITH_KEY)
app.add_typer(profiles.commands, name="profiles", rich_help_panel=ON_THIS_MACHINE)

_EVERYWHERE = "For all commands (write options before the command)"
_API = "For commands with a key: where the API is, and who you are"
_TABLE = "For commands with AWS credentials: where the table is"
_VARIABLES = {"url": ("URL", "SIGBRIDGE_URL"), "key": ("key", "SIGBRIDGE_KEY")}
_AWS_OPTIONS = {"stack", "table", "region", "aws_profile"}
_KEY_OPTIONS = {"url", "key"}
_NO_STACK_OPTIONS = {"local", "table", *_KEY_OPTIONS}
_WITH_AWS = "This command works with AWS credentials"
_OF_A_STACK = "This command works on a stack in AWS, with AWS credentials"
_OVER_HTTP = "This command works over HTTP, with a key"


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"sigbridge {__version__}")
        raise typer.Exit


@app.callback(
    epilog=examples(
        "sigbridge applications create greenhouse",
        'sigbridge applications issue-key greenhouse --name "My own" --all-rights',
        "sigbridge devices list --state silent",
        "sigbridge downlinks push 1A2B3C 0102030405060708",
        "sigbridge data watch 1A2B3C",
        "sigbridge --local devices list",
        "sigbridge --profile prod devices list",
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
    profile: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_PROFILE",
            help="A profile of `sigbridge profiles`, which says where a stack is and how to use it.",
            show_default="the one in use",
            metavar="NAME",
            rich_help_panel=_EVERYWHERE,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - it ends the command before this
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_URL",
            help="Address of the API: the stack's output ApiUrl. It wins over the profile's and --local's.",
            show_default=False,
            metavar="URL",
            rich_help_panel=_API,
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_KEY",
            help="Your key; it wins over the profile's and --local's. Better set the variable: others may see"
            " what stands on a command line.",
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
    aws_profile: Annotated[
        str | None,
        typer.Option(
            help="Profile of your AWS credentials.",
            show_default="as configured",
            metavar="NAME",
            rich_help_panel=_TABLE,
        ),
    ] = None,
) -> None:
    """Administer Sigbridge: applications, device types, devices, their data, downlinks and keys.

    `applications` needs AWS credentials: it makes an application and its first key. So does
    `webhooks redeliver`.

    All other commands call the API with a key. `profiles` remembers where your stacks are.
    """
    typed = {name for name in context.params if _is_typed(context, name)}
    _refuse_contradictions(context.invoked_subcommand, typed)
    choice = Choice(
        is_local=local,
        profile=profile,
        url=url,
        key=key,
        variables={what: variable for name, (what, variable) in _VARIABLES.items() if name not in typed},
        stack=stack,
        table=table,
        region=region,
        aws_profile=aws_profile,
    )
    context.obj = Where(
        table=partial(_found, table_target, choice, typed & _KEY_OPTIONS, _WITH_AWS),
        dead_letters=partial(_found, dead_letters, choice, typed & _NO_STACK_OPTIONS, _OF_A_STACK),
        api=partial(_found, api_place, choice, typed & _AWS_OPTIONS, _OVER_HTTP),
        surroundings=context.obj or Surroundings(),
    )


def main() -> None:
    """Run the command line."""
    app(prog_name="sigbridge")


def _refuse_contradictions(command: str | None, typed: set[str]) -> None:
    if {"local", "profile"} <= typed:
        message = "Give --local or --profile, not both"
        raise AdminError(message)
    if {"stack", "table"} <= typed:
        message = "Give --stack or --table, not both"
        raise AdminError(message)
    if "local" in typed:
        _refuse(typed & _AWS_OPTIONS, "--local already says where the table is")
    if command == "profiles":
        _refuse(typed, "`profiles` works on this machine alone, and its options stand behind its name")


def _found[Found](find: Callable[[Choice], Found], choice: Choice, unfit: set[str], why: str) -> Found:
    """Find where a command works, unless options were typed that are not for such a command."""
    _refuse(unfit, why)
    return find(choice)


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _refuse(options: set[str], why: str) -> None:
    if options:
        message = f"{why}: leave out {_options(options)}"
        raise AdminError(message)


def _options(names: set[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in sorted(names))
