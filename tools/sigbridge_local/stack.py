"""The local stack as a whole: up, down, and what others need to know of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import boto3

from sigbridge.applications import ApplicationExists, create_application
from sigbridge.credentials import Token, issue_key
from sigbridge.model.api_key import Right
from sigbridge.settings import Settings, using
from sigbridge.store.connections import using_session
from sigbridge_local.deployment import deploy, host_architecture
from sigbridge_local.emulator import (
    REGION,
    remove_remains,
    running_emulator,
    start_emulator,
)
from sigbridge_local.failures import LocalStackError
from sigbridge_local.places import IDENTITY_FILE, STACK_FILE, shown
from sigbridge_local.progress import step
from sigbridge_local.sigfox import start_sigfox, stop_sigfox

DEMO_APPLICATION = "demo"


@dataclass(frozen=True, slots=True)
class Stack:
    """What `.local/stack.json` says of the running stack.

    Attributes:
        base_url: Where the API answers.
        application_id: An application made for trying things out.
        key: Its key, with all rights.
        table: Name of the DynamoDB table.
        aws_endpoint_url: Address of every AWS service.
        region: Region of the stack.
        sigfox_url: Address of the simulated Sigfox, whose API the stack calls.
    """

    base_url: str
    application_id: str
    key: str
    table: str
    aws_endpoint_url: str
    region: str
    sigfox_url: str


def running_stack() -> Stack | None:
    """The stack that an earlier command brought up, if it still runs."""
    if running_emulator() is None or not STACK_FILE.exists():
        return None
    return Stack(**json.loads(STACK_FILE.read_text()))


def bring_up(port: int, parameters: Mapping[str, str] | None = None) -> Stack:
    """Start the emulator, deploy the stack into it, and make an application with a key.

    Args:
        port: Local port of the emulator and the API.
        parameters: Parameters of the template, where they are not to have their defaults.

    Raises:
        LocalStackError: One is up already, or a step failed; then nothing is left running.
    """
    if running_emulator() is not None:
        message = "the local stack is up already, or on its way: `make down` stops it"
        raise LocalStackError(message)
    architecture = host_architecture()
    STACK_FILE.unlink(missing_ok=True)
    with step("AWS emulator"):
        emulator = start_emulator(port)
    try:
        with step("simulated Sigfox"):
            sigfox = start_sigfox()
        deployment = deploy(emulator, architecture, {"SigfoxApiUrl": sigfox.api_url, **(parameters or {})})
        with step(f"application '{DEMO_APPLICATION}' and its key"):
            key = create_demo_application(deployment.table, emulator.url, kept_token())
        stack = Stack(
            base_url=deployment.base_url,
            application_id=DEMO_APPLICATION,
            key=key,
            table=deployment.table,
            aws_endpoint_url=emulator.url,
            region=REGION,
            sigfox_url=sigfox.url,
        )
        _write(stack)
    except BaseException:
        emulator.stop()
        stop_sigfox()
        raise
    return stack


def take_down() -> bool:
    """End what an earlier command started, and return whether there was an emulator."""
    emulator = running_emulator()
    stop_sigfox()
    STACK_FILE.unlink(missing_ok=True)
    if emulator is None:
        remove_remains()
        return False
    emulator.stop()
    return True


def require_stack() -> Stack:
    """The running stack.

    Raises:
        LocalStackError: None is up.
    """
    stack = running_stack()
    if stack is None:
        message = "the local stack is not up: `make up` starts it"
        raise LocalStackError(message)
    return stack


def kept_token() -> Token:
    """The key of every stack of this folder, so that what was set up with it goes on; `make clean` ends it.

    Raises:
        LocalStackError: It can't be read.
    """
    if not IDENTITY_FILE.exists():
        _write_private(IDENTITY_FILE, {"key": str(Token.random())})
    token = Token.find(IDENTITY_FILE.read_text())
    if token is None:
        message = f"{shown(IDENTITY_FILE)} holds no key: remove it, and the next stack gets a new one"
        raise LocalStackError(message)
    return token


def create_demo_application(table: str, endpoint_url: str, token: Token | None = None) -> str:
    """Make the application `demo` in a local table and return a key of it with all rights.

    Args:
        table: Name of the table.
        endpoint_url: Where it is.
        token: The key that it is to have; None for a new one.
    """
    with configured(table, endpoint_url):
        with suppress(ApplicationExists):
            create_application(DEMO_APPLICATION, "Demonstration")
        return str(issue_key(DEMO_APPLICATION, "demonstration", tuple(Right), token=token).token)


def _write(stack: Stack) -> None:
    _write_private(STACK_FILE, asdict(stack))


def _write_private(file: Path, content: Mapping[str, object]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(content, indent=2) + "\n")


@contextmanager
def configured(table: str, endpoint_url: str) -> Iterator[None]:
    """Point the domain to a local table."""
    settings = Settings(table_name=table, dynamodb_endpoint_url=endpoint_url)
    with using_session(boto3.Session("test", "test", region_name=REGION)), using(settings):
        yield
