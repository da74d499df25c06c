"""What AWS and its client library refuse, said in one line to the person who typed the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from sigbridge_admin.failures import AdminError

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_SESSION_OVER = "The AWS session is over: sign in again, for instance with `aws sso login`"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about what is not configured, in the words of the command that was typed.

    Attributes:
        credentials: Where there are no credentials.
        region: Where there is no region.
        permissions: Where AWS denies something.
    """

    credentials: str
    region: str
    permissions: str = "ask who manages your AWS account"


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
    except (SSOError, TokenRetrievalError) as failure:
        raise AdminError(_SESSION_OVER) from failure
    except EndpointConnectionError as failure:
        message = (
            f"AWS can't be reached at {failure.kwargs['endpoint_url']}: check the region and your connection"
        )
        raise AdminError(message) from failure
    except ClientError as failure:
        raise AdminError(_explanation(failure, advice, table)) from failure
    except BotoCoreError as failure:
        raise AdminError(" ".join(str(failure).split())) from failure


def _explanation(failure: ClientError, advice: Advice, table: str) -> str:
    error = failure.response["Error"]
    code = error["Code"]
    if code in _EXPIRED:
        return _SESSION_OVER
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}): {advice.credentials}"
    if code in _DENIED:
        return f"AWS does not allow it: {error['Message'].rstrip('.')}; {advice.permissions}"
    if table and code == "ResourceNotFoundException":
        advised = "check --table, --region and --aws-profile"
        return f"There is no table '{table}' in that region and account: {advised}"
    return f"AWS answered {code}: {error['Message']}"
