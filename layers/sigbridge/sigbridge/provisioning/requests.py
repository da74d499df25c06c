"""Any request to Sigfox's API, for what Sigbridge has no words for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigbridge.errors import Fault, InvalidInput
from sigbridge.provisioning.connection import open_client
from sigbridge.telemetry.excerpts import with_texts

_SEGMENTS = re.compile(r"(/[A-Za-z0-9_~:@!$'()*+,;=.-]+)+/?", re.ASCII)


class Method(StrEnum):
    """The methods of Sigfox's API."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What Sigfox answered.

    Attributes:
        status: The HTTP status.
        body: Its JSON, without secrets of Sigbridge's.
    """

    status: int
    body: Any


def send_request(
    application_id: str, method: Method, path: str, query: Mapping[str, str], body: object
) -> RequestAnswer:
    """Send a request, and return the answer whatever its status.

    Raises:
        InvalidInput: The path is none below the API's base URL.
        SigfoxError: There is no answer, or the credentials are refused.
    """
    _check_path(path)
    client = open_client(application_id)
    answer = client.ask(method, path, query, body)
    return RequestAnswer(answer.status, with_texts(answer.content, client.without_secrets))


def _check_path(path: str) -> None:
    if not _SEGMENTS.fullmatch(path):
        message = "must be a path of Sigfox's API that begins with /, without a query: that is in `query`"
        raise InvalidInput.of([Fault("path", message)])
