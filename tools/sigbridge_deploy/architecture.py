"""The processor that a stack's functions run on."""

import boto3

from sigbridge_admin.aws_failures import Advice, aws_failures_explained
from sigbridge_admin.failures import AdminError
from sigbridge_deploy.stacks import describe_stack
from sigbridge_local.table_from_template import read_template

_PARAMETER = "Architecture"
# Of a stack whose first change set was made, and not carried out.
_NOT_YET_THERE = "REVIEW_IN_PROGRESS"
ADVICE = Advice(
    credentials="run `aws configure`, or set AWS_PROFILE",
    region="add REGION=eu-west-1, or set AWS_DEFAULT_REGION",
    permissions="docs/operations.md lists what deploying needs",
)


def architecture_to_build_for(stack: str, region: str | None) -> str:
    """The processor that a stack has, or the template's default for a stack that is still to be made.

    Args:
        stack: Name of the CloudFormation stack.
        region: AWS region; None for the one the user has configured.

    Raises:
        AdminError: AWS can't be asked, or the stack is not Sigbridge's.
    """
    with aws_failures_explained(ADVICE):
        described = describe_stack(boto3.Session(region_name=region), stack)
    if described is None or described["StackStatus"] == _NOT_YET_THERE:
        return _default()
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    if _PARAMETER not in parameters:
        message = f"Stack '{stack}' has no parameter {_PARAMETER}, so it is not a stack of Sigbridge"
        raise AdminError(message)
    return parameters[_PARAMETER]


def _default() -> str:
    return str(read_template()["Parameters"][_PARAMETER]["Default"])
