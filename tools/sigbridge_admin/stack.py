"""A stack of Sigbridge, as CloudFormation describes it."""

from collections.abc import Sequence

import boto3
from botocore.exceptions import ClientError

from sigbridge_admin.failures import AdminError

DEFAULT_STACK = "sigbridge"


def output_of_stack(session: boto3.Session, stack: str, name: str, options: Sequence[str]) -> str:
    """Return an output of a stack.

    Args:
        session: Whose credentials are used, and in which region.
        stack: Name of the stack.
        name: Name of the output.
        options: What to give where there is no such stack.

    Raises:
        AdminError: There is no such stack, or it is not one of Sigbridge.
    """
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as failure:
        error = failure.response["Error"]
        if error["Code"] == "ValidationError" and "does not exist" in error["Message"]:
            advised = f"give {', '.join(options[:-1])} or {options[-1]}"
            message = f"There is no stack '{stack}' in {session.region_name}: {advised}"
            raise AdminError(message) from failure
        raise
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    if name not in outputs:
        message = f"Stack '{stack}' has no output {name}, so it is not a stack of Sigbridge"
        raise AdminError(message)
    return outputs[name]
