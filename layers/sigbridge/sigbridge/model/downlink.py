"""One downlink."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from itertools import count

from sigbridge.clock import now_ms
from sigbridge.errors import Fault, InvalidInput

# The Things Stack's number of attempts for a confirmed downlink that does not say (reference, 2.2).
DEFAULT_MAX_ATTEMPTS = 8
MOST_ATTEMPTS = 32
# Ports are LoRaWAN's, whose own one for tests is not for applications.
LARGEST_PORT = 255
FORBIDDEN_PORT = 224
# The store writes moments with 13 digits.
_EXPIRY_LIMIT = int(datetime(2286, 1, 1, tzinfo=UTC).timestamp() * 1000)

_PAYLOAD = re.compile(r"[0-9a-f]{16}", re.ASCII)
_HEX = re.compile(r"([0-9a-f]{2})*", re.ASCII)
_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_numbers = count()


class InvalidDownlink(InvalidInput):
    """A downlink that no device can be sent, or no queue can hold.

    Attributes:
        field: The field that breaks its rule.
        reason: The rule.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", [Fault(field, reason)])
        self.field = field
        self.reason = reason


class WrongPayloadLength(InvalidDownlink):
    """The payload has more or fewer than 8 bytes.

    Attributes:
        length: How many it has.
    """

    def __init__(self, length: int) -> None:
        super().__init__("payload", f"value must have 8 bytes, and has {length}")
        self.length = length


class TooManyAttempts(InvalidDownlink):
    """More attempts are wanted than a confirmed downlink gets."""

    def __init__(self) -> None:
        super().__init__("max_attempts", f"value must be from 1 to {MOST_ATTEMPTS}")


class Priority(IntEnum):
    """The Things Stack's priorities. They are kept and returned; the queue stays first in, first out."""

    LOWEST = 0
    LOW = 1
    BELOW_NORMAL = 2
    NORMAL = 3
    ABOVE_NORMAL = 4
    HIGH = 5
    HIGHEST = 6


class Source(StrEnum):
    """Where a downlink comes from."""

    QUEUE = "queue"
    DOWNLINK_DATA = "downlinkData"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Downlink:
    """What waits for a device to ask.

    Raises:
        InvalidDownlink: A field breaks its rule; only exactly 8 bytes ever leave (I5).

    Attributes:
        payload: 16 lower-case hex digits.
        id: Handle of this downlink, unique on its device. Ids sort in the order in which downlinks were made.
        f_port: The Things Stack's port; Sigfox has none, so it is only kept and returned.
        confirmed: Whether it is to be acknowledged.
        priority: Kept and returned.
        correlation_ids: The sender's own handles.
        decoded_payload: What the sender says the payload means; kept as sent.
        max_attempts: The Things Stack's `confirmed_retry.max_attempts`, where given.
        expires_at: Epoch ms from which on it is not handed out, or None for never.
        attempt: How often it will have been handed out, this time included.
        source: The queue, the `downlinkData` parameter, or the script of its device's type.
    """

    payload: str
    id: str = field(default_factory=lambda: make_id(now_ms()))
    f_port: int | None = None
    confirmed: bool = False
    priority: Priority = Priority.LOWEST
    correlation_ids: tuple[str, ...] = ()
    decoded_payload: Mapping[str, object] | None = None
    max_attempts: int | None = None
    expires_at: int | None = None
    attempt: int = 1
    source: Source = Source.QUEUE

    def __post_init__(self) -> None:
        _check_payload(self.payload)
        if self.f_port is not None and not is_port(self.f_port):
            raise InvalidDownlink(
                "f_port", f"value must be from 0 to {LARGEST_PORT}, and not {FORBIDDEN_PORT}"
            )
        if self.max_attempts is not None and not 1 <= self.max_attempts <= MOST_ATTEMPTS:
            raise TooManyAttempts
        if self.expires_at is not None and self.expires_at >= _EXPIRY_LIMIT:
            raise InvalidDownlink("expires_at", "value must be before the year 2286")

    @property
    def made_at(self) -> int:
        """When it was made, epoch ms, as its id tells."""
        return int(self.id[:12], 16)

    @property
    def may_be_retried(self) -> bool:
        """Whether another attempt is wanted if this one fails."""
        return self.confirmed and self.attempt < (self.max_attempts or DEFAULT_MAX_ATTEMPTS)

    def is_expired(self, now_ms: int) -> bool:
        """Return whether it must not be handed out any more."""
        return self.expires_at is not None and self.expires_at <= now_ms


def make_id(moment_ms: int) -> str:
    """Make the id of a new downlink: 12 hex digits of epoch ms, 4 of a counter, 8 random ones."""
    return f"{moment_ms:012x}{next(_numbers) & 0xFFFF:04x}{secrets.token_hex(4)}"


def is_downlink_id(text: str) -> bool:
    """Return whether a text has the form of a downlink's id."""
    return _ID.fullmatch(text) is not None


def is_port(number: int) -> bool:
    """Return whether a downlink may have this port."""
    return 0 <= number <= LARGEST_PORT and number != FORBIDDEN_PORT


def _check_payload(payload: str) -> None:
    if _PAYLOAD.fullmatch(payload):
        return
    if _HEX.fullmatch(payload):
        raise WrongPayloadLength(len(payload) // 2)
    raise InvalidDownlink("payload", "value must be lower-case hex")
