"""Invokes single functions of the local stack: at once what on AWS a schedule does every minute."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from sigbridge_local.deployment import STACK_NAME
from sigbridge_local.failures import LocalStackError
from sigbridge_local.stack import Stack

# Longer than any function may take. An invocation that failed may have had its effect: none is repeated.
_CONFIG = Config(read_timeout=90, retries={"total_max_attempts": 1}, proxies={})


def invoke(stack: Stack, function: str, event: Mapping[str, Any] | None = None) -> Any:
    """Invokes a function by its logical id, waits for it to end, and returns what it returned.

    Raises:
        LocalStackError: It failed, or the stack has no such function.
    """
    session = boto3.Session("test", "test", region_name=stack.region)
    cloudformation = session.client("cloudformation", endpoint_url=stack.aws_endpoint_url, config=_CONFIG)
    resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    if function not in names:
        message = f"the local stack has no {function}"
        raise LocalStackError(message)
    functions = session.client("lambda", endpoint_url=stack.aws_endpoint_url, config=_CONFIG)
    answer = functions.invoke(FunctionName=names[function], Payload=json.dumps(event or {}))
    result = json.loads(answer["Payload"].read() or "null")
    if "FunctionError" in answer:
        message = f"{function} failed: {result}"
        raise LocalStackError(message)
    return result
