"""The table that commands with AWS credentials work on: at which address, with whose credentials."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from sigbridge.errors import StoreUnavailable
from sigbridge.settings import Settings, using
from sigbridge.store.connections import using_session
from sigbridge_admin.aws_failures import Advice, aws_failures_explained
from sigbridge_admin.failures import AdminError
from sigbridge_admin.local_stack import IS_IT_UP, local_stack
from sigbridge_admin.stack import output_of_stack

_TABLE_OUTPUT = "TableName"
_OPTIONS = ("--stack", "--table", "--region", "--local")
_ADVICE = Advice(
    credentials="run `aws configure`, give --aws-profile, or use --local",
    region="give --region or set AWS_DEFAULT_REGION, or use --local",
)


@dataclass(frozen=True, slots=True)
class Target:
    """The table that a command works on.

    Attributes:
        name: What people call the place it is in.
        settings: Its name and address.
        session: Whose credentials are used, and in which region.
        hint: What to try when it can't be reached.
    """

    name: str
    settings: Settings
    session: boto3.Session
    hint: str


def local_target() -> Target:
    """The table of the local stack that was started in this directory or one above it.

    Raises:
        AdminError: There is none, or its description can't be read.
    """
    stack = local_stack()
    settings = Settings(table_name=stack.table, dynamodb_endpoint_url=stack.aws_endpoint_url)
    return Target("the local stack", settings, _emulator_session(stack.region), IS_IT_UP)


def aws_target(table: str | None, stack: str, region: str | None, profile: str | None) -> Target:
    """A table in the user's AWS account: by its name, or as the output of a stack.

    Args:
        table: Name of the table; None to ask the stack.
        stack: Name of the CloudFormation stack.
        region: AWS region; None for the one the user has configured.
        profile: AWS profile; None for the one the user has configured.

    Raises:
        AdminError: There is no such profile or stack, or no region or credentials are configured.
    """
    with aws_failures_explained(_ADVICE):
        session = boto3.Session(profile_name=profile, region_name=region)
        name = table or output_of_stack(session, stack, _TABLE_OUTPUT, _OPTIONS)
    place = f"table '{table}'" if table else f"stack '{stack}'"
    region_name = session.region_name
    return Target(f"{place} in {region_name}", Settings(table_name=name), session, f"region {region_name}")


@contextmanager
def connected(target: Target) -> Iterator[None]:
    """Let the domain work on this table until the block ends.

    Raises:
        AdminError: The table can't be used.
    """
    settings = target.settings
    try:
        with (
            using_session(target.session),
            using(settings),
            aws_failures_explained(_ADVICE, settings.table_name),
        ):
            yield
    except StoreUnavailable as failure:
        where = settings.dynamodb_endpoint_url or "DynamoDB"
        message = f"Table '{settings.table_name}' at {where} can't be reached or is too busy ({target.hint})"
        raise AdminError(message) from failure


def _emulator_session(region: str) -> boto3.Session:
    """A session that takes nothing from the user's AWS configuration, nor a proxy to this machine."""
    unset: dict[str, tuple[Any, Any, Any, Any]] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    session = botocore.session.Session(session_vars=unset)
    session.set_default_client_config(Config(proxies={}))
    return boto3.Session("test", "test", region_name=region, botocore_session=session)
