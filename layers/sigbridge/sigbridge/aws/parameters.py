"""The parameter store: secrets of users, each a SecureString under the stack's path."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})


class ParametersUnavailable(Unavailable):
    """The parameter store does not answer as it should; the same request may succeed later."""


@cache
def client() -> "SSMClient":
    """Return the client of this process."""
    return boto3.client("ssm", config=_CONFIG)


def find_secret(name: str) -> str | None:
    """Return the text of a secret; None where there is none.

    Raises:
        ParametersUnavailable: It can't be read now.
    """
    try:
        answer = client().get_parameter(Name=name, WithDecryption=True)
    except client().exceptions.ParameterNotFound:
        return None
    except (BotoCoreError, ClientError) as failure:
        raise ParametersUnavailable(str(failure)) from failure
    return answer["Parameter"]["Value"]


def put_secret(name: str, text: str) -> None:
    """Keep a secret in place of the one of its name.

    Raises:
        ParametersUnavailable: It may not be kept.
    """
    try:
        client().put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)
    except (BotoCoreError, ClientError) as failure:
        raise ParametersUnavailable(str(failure)) from failure


def delete_secret(name: str) -> None:
    """Delete a secret, if there is one.

    Raises:
        ParametersUnavailable: It may still be there.
    """
    try:
        client().delete_parameter(Name=name)
    except client().exceptions.ParameterNotFound:
        return
    except (BotoCoreError, ClientError) as failure:
        raise ParametersUnavailable(str(failure)) from failure
