"""Lambda functions that are invoked by another."""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.errors import SigbridgeError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Who invokes has work of its own to do meanwhile.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


class InvocationRefused(SigbridgeError):
    """Lambda may not have taken the invocation."""


@cache
def client() -> "LambdaClient":
    """Return the Lambda client of this process."""
    return boto3.client("lambda", config=_CONFIG)


def invoke_later(function_name: str, event: Mapping[str, Any]) -> None:
    """Have a function invoked with an event, without waiting for it.

    Raises:
        InvocationRefused: It may not be invoked.
    """
    try:
        client().invoke(FunctionName=function_name, InvocationType="Event", Payload=json.dumps(event))
    except (BotoCoreError, ClientError) as failure:
        raise InvocationRefused(str(failure)) from failure
