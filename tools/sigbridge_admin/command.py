"""What all commands have in common."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from sigbridge.applications import UnknownApplication
from sigbridge.errors import SigbridgeError
from sigbridge.model.device_id import InvalidDeviceId, normalize_device_id
from sigbridge_admin.api import Api, Surroundings, connected_api
from sigbridge_admin.dead_letters import DeadLetters
from sigbridge_admin.failures import AdminError
from sigbridge_admin.places import Place
from sigbridge_admin.presentation import name_application, show_error
from sigbridge_admin.table import Target, connected

# Where commands stand in the help.
WITH_AWS = "With AWS credentials"
WITH_KEY = "With a key, over HTTP"
ON_THIS_MACHINE = "On this machine"


# What the parser of options says, in words that say what to write instead.
_WORDINGS = (
    (re.compile(r"Value error, '([^']*)' is not one of "), r"unknown value '\1', choose from "),
    (re.compile(r"Input should be a valid integer.*"), "write a whole number"),
    (re.compile(r"Input should be less than or equal to "), "write at most "),
    (re.compile(r"Input should be greater than or equal to "), "write at least "),
)


@dataclass(frozen=True, slots=True)
class Where:
    """What the options before a command say of where it works.

    Attributes:
        table: Finds the table, for the commands that work with AWS credentials.
        dead_letters: Finds what webhooks could not be told, with AWS credentials.
        api: Finds the API, for the commands that work with a key.
        surroundings: The machine that the command runs on.
    """

    table: Callable[[], Target]
    dead_letters: Callable[[], AbstractContextManager[DeadLetters]]
    api: Callable[[], Place]
    surroundings: Surroundings


class TableCommand(TyperCommand):
    """A command that works on the table, with AWS credentials."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command while connected to the table."""
        with connected(ctx.obj.table()):
            return super().invoke(ctx)


class TableChange(TyperCommand):
    """A command that changes the application that it names, with AWS credentials."""

    def invoke(self, ctx: Any) -> Any:
        """Say which application it is, and run the command while connected to the table."""
        target: Target = ctx.obj.table()
        with connected(target):
            name_application(f"'{ctx.params['application_id']}'", target.name)
            return super().invoke(ctx)


class ApiContext(typer.Context):
    """What a command that works over HTTP is called with."""

    @property
    def api(self) -> Api:
        """The API that the options before the command name."""
        connected: Api = self.obj
        return connected


class ApiCommand(TyperCommand):
    """A command that works over HTTP, with a key."""

    context_class = ApiContext

    def invoke(self, ctx: Any) -> Any:
        """Run the command while connected to the API."""
        where: Where = ctx.obj
        with connected_api(where.api(), where.surroundings) as ctx.obj:
            return super().invoke(ctx)


class DeadLettersContext(typer.Context):
    """What a command that works on dead letters is called with."""

    @property
    def dead_letters(self) -> DeadLetters:
        """Those of the stack that the options before the command name."""
        found: DeadLetters = self.obj
        return found


class DeadLettersCommand(TyperCommand):
    """A command that works on what webhooks could not be told, with AWS credentials."""

    context_class = DeadLettersContext

    def invoke(self, ctx: Any) -> Any:
        """Run the command with the dead letters of the stack."""
        where: Where = ctx.obj
        with where.dead_letters() as ctx.obj:
            return super().invoke(ctx)


class AdminGroup(TyperGroup):
    """All commands; what goes wrong in one is reported on one line, and its faults below.

    Exit codes: 1 for what can't be done, 2 for what was not understood.
    """

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run the command that the arguments name, and end the process."""
        try:
            exit_code = super().main(*args, **options | {"standalone_mode": False})
        except typer.TyperException as failure:
            _fail(_with_pointer_to_help(failure), exit_code=failure.exit_code)
        except AdminError as failure:
            _fail(str(failure), failure.details)
        except UnknownApplication as failure:
            _fail(f"{failure}: `sigbridge applications list` shows those there are")
        except SigbridgeError as failure:
            _fail(str(failure))
        except typer.Abort:
            _fail("Aborted")
        sys.exit(exit_code)


def examples(*lines: str) -> str:
    """Write examples for the foot of a command's help."""
    return "\n\n".join(["Examples:" if len(lines) > 1 else "Example:", *(f"  $ {line}" for line in lines)])


def _fail(message: str, details: Sequence[str] = (), exit_code: int = 1) -> NoReturn:
    if message:
        show_error(message, details)
    sys.exit(exit_code)


def _with_pointer_to_help(failure: typer.TyperException) -> str:
    # Called without arguments, a group shows its help and fails without a message.
    message = failure.format_message()
    context = getattr(failure, "ctx", None)
    if not message or context is None:
        return message
    for wording, ours in _WORDINGS:
        message = wording.sub(ours, message)
    return f"{message.rstrip('.')} (see {context.command_path} --help)"


def read_device_id(text: str) -> str:
    """Read the id of a device.

    Raises:
        BadParameter: It is none.
    """
    try:
        return normalize_device_id(text)
    except InvalidDeviceId as invalid:
        raise typer.BadParameter(str(invalid)) from invalid


ApplicationId = Annotated[
    str, typer.Argument(metavar="APPLICATION", help="Id of the application.", show_default=False)
]
DeviceId = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE",
        help="Id of the device, as Sigfox shows it.",
        parser=read_device_id,
        show_default=False,
    ),
]
DeviceIds = Annotated[
    list[Any] | None,
    typer.Argument(
        metavar="DEVICE",
        help="Ids of devices, as Sigfox shows them.",
        parser=read_device_id,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print data for scripts instead of text for people.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def confirm(api: Api, question: str, *, without_asking: str = "--yes") -> None:
    """Ask before something that can't be undone, under the name of the application.

    Args:
        api: Where the application is.
        question: What is asked.
        without_asking: The option with which nobody is asked.

    Raises:
        AdminError: The answer is no, or there is nobody to give one.
    """
    api.name_application()
    try:
        typer.confirm(question, abort=True, err=True)
    except typer.Abort as no:
        message = f"Nothing was changed: answer y, or give {without_asking} in scripts"
        raise AdminError(message) from no
