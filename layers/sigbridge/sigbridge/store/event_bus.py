"""The EventBridge bus on which Sigbridge announces what happens."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cache
from itertools import batched
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
    """The bus does not exist, may not be written to, or can't take these events, now or later."""


@cache
def client() -> "EventBridgeClient":
    """The EventBridge client of this process."""
    return boto3.client("events", config=_CONFIG)


def publish(bus: str, events: Iterable[Event]) -> None:
    """Publishes events.

    Raises:
        BusUnavailable: Some of them may not be published.
        BusRefused: The same, and trying again is of no use.
    """
    for some in batched(events, _IN_A_REQUEST, strict=False):
        entries: Any = [
            {"EventBusName": bus, "Source": SOURCE, "DetailType": event.kind, "Detail": event.detail}
            for event in some
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
    return BusRefused(message) if codes & _LASTING_FAILURES else BusUnavailable(message)
