"""An EventBridge bus."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigbridge.aws.batches import divide

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "sigbridge"
_REQUEST_BYTES = 250_000
# The changes behind those of a batch wait for the answer.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
# These do not pass by themselves: what EventBridge calls non-retryable, and how it refuses whole requests.
_LASTING = frozenset(
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


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a PutEvents request.

    Attributes:
        detail_type: Such as "Downlink sent".
        detail: A JSON object.
    """

    detail_type: str
    detail: str

    @property
    def size(self) -> int:
        """How EventBridge counts it, in bytes."""
        return len(SOURCE) + len(self.detail_type) + len(self.detail.encode())


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the bus did not take an entry.

    Attributes:
        code: EventBridge's error code, or what the connection failed with.
    """

    code: str

    @property
    def is_lasting(self) -> bool:
        """Whether it is of no use to try again."""
        return self.code in _LASTING


@cache
def client() -> "EventBridgeClient":
    """Return the EventBridge client of this process."""
    return boto3.client("events", config=_CONFIG)


def requests(entries: Sequence[Entry]) -> Iterator[range]:
    """Divide entries into what one request can carry each: ten, and 256 kB in all."""
    return divide([entry.size for entry in entries], _REQUEST_BYTES)


def put(bus: str, entries: Sequence[Entry]) -> list[Refusal | None]:
    """Put entries on the bus in one request, and return for each why the bus did not take it.

    For a bus that does not exist EventBridge takes entries too, and forgets them.
    """
    request: Any = [
        {"EventBusName": bus, "Source": SOURCE, "DetailType": entry.detail_type, "Detail": entry.detail}
        for entry in entries
    ]
    try:
        answer = client().put_events(Entries=request)
    except ClientError as failure:
        return [Refusal(failure.response["Error"]["Code"])] * len(entries)
    except BotoCoreError as failure:
        return [Refusal(str(failure))] * len(entries)
    return [Refusal(entry["ErrorCode"]) if "ErrorCode" in entry else None for entry in answer["Entries"]]
