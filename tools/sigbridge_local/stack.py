"""The local stack as a whole: up, down, and what others need to know of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

import boto3

from sigbridge.applications import ApplicationExists, create_application
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge.settings import Settings, using
from sigbridge.store.connections import using_session
from sigbridge_local.deployment import deploy
from sigbridge_local.emulator import (
    REGION,
    remove_remains,
    running_emulator,
    start_emulator,
)
from sigbridge_local.failures import LocalStackError
from sigbridge_local.places import STACK_FILE
from sigbridge_local.progress import step

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
    """

    base_url: str
    application_id: str
    key: str
    table: str
    aws_endpoint_url: str
    region: str


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
    STACK_FILE.unlink(missing_ok=True)
    with step("AWS emulator"):
        emulator = start_emulator(port)
    try:
        deployment = deploy(emulator, parameters)
        with step(f"application '{DEMO_APPLICATION}' and its key"):
            key = create_demo_application(deployment.table, emulator.url)
        stack = Stack(
            base_url=deployment.base_url,
            application_id=DEMO_APPLICATION,
            key=key,
            table=deployment.table,
            aws_endpoint_url=emulator.url,
            region=REGION,
        )
        _write(stack)
    except BaseException:
        emulator.stop()
        raise
    return stack


def take_down() -> bool:
    """End the emulator that an earlier command started, and return whether there was one."""
    emulator = running_emulator()
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


def create_demo_application(table: str, endpoint_url: str) -> str:
    """Make the application `demo` in a local table and return a key of it with all rights."""
    with configured(table, endpoint_url):
        with suppress(ApplicationExists):
            create_application(DEMO_APPLICATION, "Demonstration")
        return str(issue_key(DEMO_APPLICATION, "demonstration", tuple(Right)).token)


def _write(stack: Stack) -> None:
    STACK_FILE.touch(mode=0o600)
    STACK_FILE.write_text(json.dumps(asdict(stack), indent=2) + "\n")


@contextmanager
def configured(table: str, endpoint_url: str) -> Iterator[None]:
    """Point the domain to a local table."""
    settings = Settings(table_name=table, dynamodb_endpoint_url=endpoint_url)
    with using_session(boto3.Session("test", "test", region_name=REGION)), using(settings):
        yield
