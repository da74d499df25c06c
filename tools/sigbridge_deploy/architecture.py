"""The processor that a stack's functions run on."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from sigbridge_local.table_from_template import read_template

_PARAMETER = "Architecture"
# Of a stack whose first change set was made, and not carried out.
_NOT_YET_THERE = "REVIEW_IN_PROGRESS"


class DeployError(Exception):
    """It can't be deployed; the message is one line for the person who typed the command."""


def architecture_to_build_for(stack: str, region: str | None) -> str:
    """The processor that a stack has, or the template's default for a stack that is still to be made.

    Args:
        stack: Name of the CloudFormation stack.
        region: AWS region; None for the one the user has configured.

    Raises:
        DeployError: AWS can't be asked, or the stack is not Sigbridge's.
    """
    with _failures_explained():
        cloudformation = boto3.Session(region_name=region).client("cloudformation")
        try:
            [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as failure:
            if "does not exist" not in failure.response["Error"]["Message"]:
                raise
            return _default()
    if described["StackStatus"] == _NOT_YET_THERE:
        return _default()
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    if _PARAMETER not in parameters:
        message = f"stack '{stack}' has no parameter {_PARAMETER}, so it is not a stack of Sigbridge"
        raise DeployError(message)
    return parameters[_PARAMETER]


def _default() -> str:
    return str(read_template()["Parameters"][_PARAMETER]["Default"])


@contextmanager
def _failures_explained() -> Iterator[None]:
    try:
        yield
    except NoCredentialsError as failure:
        message = "no AWS credentials found: run `aws configure`, or set AWS_PROFILE"
        raise DeployError(message) from failure
    except NoRegionError as failure:
        message = "no AWS region is configured: add REGION=eu-west-1, or set AWS_DEFAULT_REGION"
        raise DeployError(message) from failure
    except ProfileNotFound as failure:
        message = f"there is no AWS profile '{failure.kwargs['profile']}'"
        raise DeployError(message) from failure
    except ClientError as failure:
        error = failure.response["Error"]
        message = f"AWS answered {error['Code']}: {error['Message']}"
        raise DeployError(message) from failure
    except BotoCoreError as failure:
        raise DeployError(" ".join(str(failure).split())) from failure
