"""What AWS and its client library refuse, said in one line to the person who typed the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from sigbridge_admin.failures import AdminError


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about what is not configured, in the words of the command that was typed.

    Attributes:
        credentials: Where there are no credentials.
        region: Where there is no region.
    """

    credentials: str
    region: str


@contextmanager
def aws_failures_explained(advice: Advice, table: str = "") -> Iterator[None]:
    """Turn failures of AWS calls into errors for people.

    Args:
        advice: What to do about what is not configured.
        table: The table that the calls are about, if they are about one.

    Raises:
        AdminError: AWS could not be asked, or refused.
    """
    try:
        yield
    except NoCredentialsError as failure:
        message = f"No AWS credentials found: {advice.credentials}"
        raise AdminError(message) from failure
    except NoRegionError as failure:
        message = f"No AWS region is configured: {advice.region}"
        raise AdminError(message) from failure
    except ProfileNotFound as failure:
        message = (
            f"There is no AWS profile '{failure.kwargs['profile']}':"
            " `aws configure list-profiles` lists those there are"
        )
        raise AdminError(message) from failure
    except ClientError as failure:
        error = failure.response["Error"]
        if table and error["Code"] == "ResourceNotFoundException":
            message = (
                f"There is no table '{table}' in that region and account:"
                " check --table, --region and --aws-profile"
            )
        else:
            message = f"AWS answered {error['Code']}: {error['Message']}"
        raise AdminError(message) from failure
    except BotoCoreError as failure:
        raise AdminError(" ".join(str(failure).split())) from failure
