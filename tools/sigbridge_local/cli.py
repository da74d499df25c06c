"""The commands of `python -m sigbridge_local`."""

import signal
import sys
import time
from typing import Annotated, NoReturn

import typer

from sigbridge_local.demonstration import curl_lines, play
from sigbridge_local.emulator import running_emulator
from sigbridge_local.failures import LocalStackError, UnavailableError
from sigbridge_local.places import EMULATOR_FILE, EMULATOR_LOG, STACK_FILE, shown
from sigbridge_local.progress import console, errors
from sigbridge_local.sam_local import invoke_all
from sigbridge_local.stack import Stack, bring_up, require_stack, running_stack, take_down

app = typer.Typer(
    help="Sigbridge on this machine: the real `sam build` and `sam deploy`, against an AWS emulator.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Port = Annotated[
    int,
    typer.Option(min=1, max=65535, envvar="SIGBRIDGE_PORT", help="Local port of the emulator and the API."),
]


@app.command()
def up(port: Port = 4566) -> None:
    """Bring the stack up in the background; .local/stack.json says where it is."""
    stack = running_stack()
    if stack is not None:
        console.print("the local stack is up already")
    else:
        stack = bring_up(port)
    _show(stack)


@app.command()
def down() -> None:
    """Stop the stack; what it stored is gone."""
    console.print("the local stack is down" if take_down() else "the local stack was not up")


@app.command()
def run(port: Port = 4566) -> None:
    """Bring the stack up, play the demonstration, stay up until Ctrl-C."""
    stack = bring_up(port)
    try:
        play(stack)
        _show(stack)
        console.print("\n" + "\n".join(curl_lines(stack)), markup=False)
        console.print("\nCtrl-C stops it.")
        _wait_for_emulator()
    finally:
        _let_nothing_interrupt()
        take_down()


@app.command()
def demo() -> None:
    """Play the demonstration against the stack that is up."""
    play(require_stack())


@app.command("sam-local")
def sam_local() -> None:
    """Invoke every function once in Docker against a local table; exit code 3 where Docker is missing."""
    invoke_all()


def main() -> None:
    """Run the command line; a failure is one line and a non-zero exit code."""
    signal.signal(signal.SIGTERM, _end)
    try:
        app()
    except UnavailableError as failure:
        errors.print(f"skipped: {failure}", markup=False)
        sys.exit(failure.exit_code)
    except LocalStackError as failure:
        errors.print(f"error: {failure}", markup=False)
        sys.exit(failure.exit_code)


def _end(_signal: int, _frame: object) -> NoReturn:
    # `make` passes on the signal that it got, so that it comes twice.
    _let_nothing_interrupt()
    sys.exit(143)


def _let_nothing_interrupt() -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)


def _wait_for_emulator() -> None:
    try:
        while running_emulator() is not None:
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nstopping")
        return
    time.sleep(0.5)
    if not EMULATOR_FILE.exists():
        console.print("the local stack was taken down")
        return
    message = f"the AWS emulator ended, see {shown(EMULATOR_LOG)}"
    raise LocalStackError(message)


def _show(stack: Stack) -> None:
    console.print(f"\nAPI    {stack.base_url}", markup=False)
    console.print(f"docs   {stack.base_url}/docs   (every route, to read and to try)", markup=False)
    console.print(f"key    {stack.key}   (application '{stack.application_id}', all rights)", markup=False)
    console.print(f"AWS    {stack.aws_endpoint_url}   (also in {shown(STACK_FILE)})", markup=False)
