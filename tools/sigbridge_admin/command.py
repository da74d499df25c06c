"""What all commands have in common."""

import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from sigbridge.devices import InvalidDeviceId, normalize_device_id
from sigbridge.errors import SigbridgeError
from sigbridge_admin.connection import connected
from sigbridge_admin.failures import AdminError
from sigbridge_admin.presentation import show_error


class AdminCommand(TyperCommand):
    """A command that works on the table which the options before it name."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command while connected to the table."""
        with connected(ctx.obj()):
            return super().invoke(ctx)


class AdminGroup(TyperGroup):
    """All commands; what goes wrong in one is said on one line.

    Exit codes: 1 for what can't be done, 2 for what was not understood.
    """

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Runs the command that the arguments name, and ends the process."""
        try:
            exit_code = super().main(*args, **options | {"standalone_mode": False})
        except typer.TyperException as failure:
            _fail(_with_pointer_to_help(failure), failure.exit_code)
        except (AdminError, SigbridgeError) as failure:
            _fail(str(failure))
        except typer.Abort:
            _fail("Aborted")
        sys.exit(exit_code)


def examples(*lines: str) -> str:
    """Writes examples for the foot of a command's help."""
    return "\n\n".join(["Examples:" if len(lines) > 1 else "Example:", *(f"  $ {line}" for line in lines)])


def _fail(message: str, exit_code: int = 1) -> NoReturn:
    if message:
        show_error(message)
    sys.exit(exit_code)


def _with_pointer_to_help(failure: typer.TyperException) -> str:
    # Called without arguments, a group shows its help and fails without a message.
    message = failure.format_message()
    context = getattr(failure, "ctx", None)
    if not message or context is None:
        return message
    return f"{message.rstrip('.')} (see {context.command_path} --help)"


def _read_device_id(text: str) -> str:
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
        parser=_read_device_id,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print data for scripts instead of text for people.")]
