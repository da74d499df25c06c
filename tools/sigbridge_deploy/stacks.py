"""CloudFormation stacks."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def describe_stack(session: boto3.Session, name: str) -> "StackTypeDef | None":
    """Ask CloudFormation for a stack; None where there is none of that name."""
    try:
        [described] = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as failure:
        if "does not exist" not in failure.response["Error"]["Message"]:
            raise
        return None
    return described
