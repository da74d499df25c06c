"""A store that fails on demand, at the place where a network would."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from sigbridge.store.connections import client, client_without_retries

type Failure = Callable[[AWSPreparedRequest], AWSResponse | None]
type Concerns = Callable[[dict[str, Any]], bool]


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def unreachable(request: AWSPreparedRequest) -> AWSResponse | None:
    """Nobody listens at the store's address."""
    raise EndpointConnectionError(endpoint_url=request.url)


def connect_timeout(request: AWSPreparedRequest) -> AWSResponse | None:
    """The connection does not come about in time."""
    raise ConnectTimeoutError(endpoint_url=request.url)


def read_timeout(request: AWSPreparedRequest) -> AWSResponse | None:
    """The answer does not come in time."""
    raise ReadTimeoutError(endpoint_url=request.url)


def _refused(request: AWSPreparedRequest, status: int, code: str, **details: object) -> AWSResponse:
    # Every handler of the event is called, moto's too: let it do something harmless.
    request.headers["X-Amz-Target"], request.body = "DynamoDB_20120810.ListTables", b"{}"
    content = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "refused", **details}
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Raw(json.dumps(content).encode()))


def _refusal(status: int, code: str) -> Failure:
    return lambda request: _refused(request, status, code)


def cancelled(request: AWSPreparedRequest, reason: str) -> AWSResponse:
    """A transaction is refused because of its first write."""
    reasons = [{"Code": reason}, {"Code": "None"}, {"Code": "None"}]
    return _refused(request, 400, "TransactionCanceledException", CancellationReasons=reasons)


not_allowed = _refusal(400, "AccessDeniedException")
throttled = _refusal(400, "ProvisionedThroughputExceededException")
too_many_requests = _refusal(400, "ThrottlingException")
internal_error = _refusal(500, "InternalServerError")

REFUSED_FOR_THROUGHPUT = (throttled, too_many_requests)
FAILURES = {
    "unreachable": unreachable,
    "connect timeout": connect_timeout,
    "read timeout": read_timeout,
    "throttled": throttled,
    "too many requests": too_many_requests,
    "internal error": internal_error,
}


def is_message(request: dict[str, Any]) -> bool:
    """Tells whether a request writes a message."""
    return _sort_key(request).startswith("MSG#")


def is_claim(request: dict[str, Any]) -> bool:
    """Tells whether a request changes a device's state."""
    return "UpdateExpression" in request and _sort_key(request) == "STATE"


def is_key_look_up(request: dict[str, Any]) -> bool:
    """Tells whether a request looks a key up."""
    return _sort_key(request) == "KEY"


def is_note_of_use(request: dict[str, Any]) -> bool:
    """Tells whether a request notes that a key was used."""
    return is_key_look_up(request) and "last_used_on" in request.get("UpdateExpression", "")


def _sort_key(request: dict[str, Any]) -> str:
    place = request.get("Key") or request.get("Item") or {"sk": {"S": ""}}
    return str(place["sk"]["S"])


@contextmanager
def failing(failure: Failure, concerns: Concerns) -> Iterator[None]:
    """Lets such requests fail, without waiting between the client's own tries."""

    def fail(request: AWSPreparedRequest, **_details: object) -> AWSResponse | None:
        return failure(request) if concerns(json.loads(request.body)) else None

    event = "before-send.dynamodb"
    clients = (client(), client_without_retries())
    for each in clients:
        each.meta.events.register_first(event, fail)
    try:
        with patch("botocore.endpoint.time.sleep"):
            yield
    finally:
        for each in clients:
            each.meta.events.unregister(event, fail)
