"""The EventBridge bus on which Sigbridge announces what happens."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.errors import SigbridgeError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "sigbridge"
# PutEvents takes ten.
_IN_A_REQUEST = 10
_REQUEST_BYTES = 250_000
# What waits behind a change that is announced is followed late, so a silent bus is not waited for long.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        kind: EventBridge's detail type, such as "Downlink sent".
        detail: A JSON object.
    """

    kind: str
    detail: str

    @property
    def size(self) -> int:
        """How EventBridge counts it, in bytes."""
        return len(SOURCE) + len(self.kind) + len(self.detail.encode())


# These do not pass by themselves, and nothing else may wait for them: what EventBridge calls
# non-retryable, and how it refuses whole requests.
_LASTING_FAILURES = frozenset(
    {
        "AccessDeniedException",
        "InvalidAccountIdException",
        "InvalidArgument",
        "MalformedDetail",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "RedactionFailure",
        "ResourceNotFoundException",
        "ValidationException",
    }
)


class BusUnavailable(SigbridgeError):
    """Not all events were taken by the bus; publishing them again does no harm."""


class BusRefused(SigbridgeError):
    """The bus may not be written to, or can't take these events, now or later.

    Events for a bus that does not exist EventBridge takes, and forgets.
    """


@cache
def client() -> "EventBridgeClient":
    """The EventBridge client of this process."""
    return boto3.client("events", config=_CONFIG)


def requests(events: Sequence[Event]) -> Iterator[range]:
    """Divides events into what one request can carry each: ten, and 256 kB in all."""
    start, size = 0, 0
    for position, event in enumerate(events):
        if position - start == _IN_A_REQUEST or (position > start and size + event.size > _REQUEST_BYTES):
            yield range(start, position)
            start, size = position, 0
        size += event.size
    if events:
        yield range(start, len(events))


def publish(bus: str, events: Sequence[Event]) -> None:
    """Publishes events in one request.

    Raises:
        BusUnavailable: Some of them may not be published.
        BusRefused: The same, and trying again is of no use.
    """
    entries: Any = [
        {"EventBusName": bus, "Source": SOURCE, "DetailType": event.kind, "Detail": event.detail}
        for event in events
    ]
    try:
        answer = client().put_events(Entries=entries)
    except ClientError as failure:
        raise _failure({failure.response["Error"]["Code"]}) from failure
    except BotoCoreError as failure:
        raise BusUnavailable(str(failure)) from failure
    if answer["FailedEntryCount"]:
        raise _failure({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})


def _failure(codes: Set[str]) -> SigbridgeError:
    message = f"The event bus refused events: {', '.join(sorted(codes))}"
    return BusRefused(message) if codes <= _LASTING_FAILURES else BusUnavailable(message)
