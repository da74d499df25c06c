"""One downlink."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import count

from sigbridge.clock import now_ms

# The Things Stack's number of attempts for a confirmed downlink that does not say (reference, 2.2).
DEFAULT_MAX_ATTEMPTS = 8

_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_numbers = count()


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


@dataclass(frozen=True, slots=True)
class Downlink:
    """What waits for a device to ask.

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
        source: The queue, or the `downlinkData` parameter.
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

    @property
    def made_at(self) -> int:
        """When it was made, epoch ms, as its id tells."""
        return int(self.id[:12], 16)

    @property
    def may_be_retried(self) -> bool:
        """Whether another attempt is wanted if this one fails."""
        return self.confirmed and self.attempt < (self.max_attempts or DEFAULT_MAX_ATTEMPTS)

    def is_expired(self, now_ms: int) -> bool:
        """Tells whether it must not be handed out any more."""
        return self.expires_at is not None and self.expires_at <= now_ms


def make_id(moment_ms: int) -> str:
    """Makes the id of a new downlink: 12 hex digits of epoch ms, 4 of a counter, 8 random ones."""
    return f"{moment_ms:012x}{next(_numbers) & 0xFFFF:04x}{secrets.token_hex(4)}"


def is_downlink_id(text: str) -> bool:
    """Tells whether a text has the form of a downlink's id."""
    return _ID.fullmatch(text) is not None
