"""Invokes single functions of the local stack: at once what on AWS a schedule does every minute."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge_local.deployment import STACK_NAME
from sigbridge_local.failures import LocalStackError
from sigbridge_local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

# Longer than any function may take. An invocation that failed may have had its effect: none is repeated.
_CONFIG = Config(read_timeout=90, retries={"total_max_attempts": 1}, proxies={})


def invoke(stack: Stack, function: str, event: Mapping[str, Any] | None = None) -> Any:
    """Invoke a function by its logical id, wait for it to end, and return what it returned.

    Raises:
        LocalStackError: It failed, or the stack has no such function, or is gone.
    """
    try:
        answer = _invoke(stack, function, event or {})
        result = json.loads(answer["Payload"].read() or "null")
    except (BotoCoreError, ClientError) as failure:
        message = f"the local stack at {stack.aws_endpoint_url} did not invoke {function}: {failure}"
        raise LocalStackError(message) from failure
    if "FunctionError" in answer:
        message = f"{function} failed: {result}"
        raise LocalStackError(message)
    return result


def _invoke(stack: Stack, function: str, event: Mapping[str, Any]) -> "InvocationResponseTypeDef":
    session = boto3.Session("test", "test", region_name=stack.region)
    cloudformation = session.client("cloudformation", endpoint_url=stack.aws_endpoint_url, config=_CONFIG)
    resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    if function not in names:
        message = f"the local stack has no {function}"
        raise LocalStackError(message)
    functions = session.client("lambda", endpoint_url=stack.aws_endpoint_url, config=_CONFIG)
    return functions.invoke(FunctionName=names[function], Payload=json.dumps(event))
