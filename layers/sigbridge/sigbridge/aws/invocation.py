"""Lambda functions that are invoked by another."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Who invokes has work of its own to do meanwhile.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
# Of the time for an answer a third is for the connection, but no more than this.
_LONGEST_CONNECTING_MS = 1_000
_USUAL_WAIT_MS = 16_000
# Making clients in several threads at once is not safe.
_MAKING_CLIENT = Lock()


class InvocationRefused(Unavailable):
    """Lambda may not have taken the invocation, or the function failed."""


@cache
def client() -> "LambdaClient":
    """Return the Lambda client of this process."""
    return boto3.client("lambda", config=_CONFIG)


@lru_cache(maxsize=32)
def waiting_client(wait_ms: int) -> "LambdaClient":
    """Return the client of this process for invocations whose answer is waited for so long."""
    connecting_ms = min(_LONGEST_CONNECTING_MS, wait_ms // 3)
    config = Config(
        connect_timeout=connecting_ms / 1000,
        read_timeout=(wait_ms - connecting_ms) / 1000,
        # An answer takes as long as the work; repeated it would only be done twice.
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return boto3.client("lambda", config=config)


def invoke_later(function_name: str, event: Mapping[str, Any]) -> None:
    """Have a function invoked with an event, without waiting for it.

    Raises:
        InvocationRefused: It may not be invoked.
    """
    try:
        client().invoke(FunctionName=function_name, InvocationType="Event", Payload=json.dumps(event))
    except (BotoCoreError, ClientError) as failure:
        raise InvocationRefused(str(failure)) from failure


def invoke(function_name: str, event: Mapping[str, Any], wait_ms: int = _USUAL_WAIT_MS) -> Any:
    """Invoke a function with an event and return its answer; fractions in it are Decimals.

    Args:
        function_name: The function.
        event: The event.
        wait_ms: How long the answer is waited for.

    Raises:
        InvocationRefused: There is no answer: Lambda refused, the function failed, or it took longer.
    """
    with _MAKING_CLIENT:
        lambda_client = waiting_client(wait_ms)
    try:
        answer = lambda_client.invoke(FunctionName=function_name, Payload=json.dumps(event))
        content = answer["Payload"].read()
    except (BotoCoreError, ClientError) as failure:
        raise InvocationRefused(str(failure)) from failure
    if "FunctionError" in answer:
        message = f"The function {function_name} failed"
        raise InvocationRefused(message)
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError as invalid:
        message = f"The function {function_name} answered no JSON"
        raise InvocationRefused(message) from invalid
