"""One downlink."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from sigbridge.errors import SigbridgeError

# Exactly 8 bytes, neither more nor fewer (sigfox reference, 3.1).
DOWNLINK_BYTES = 8

_DOWNLINK_DATA = re.compile(rf"[0-9a-f]{{{2 * DOWNLINK_BYTES}}}", re.ASCII)


class Priority(IntEnum):
    """The Things Stack's priorities. They are kept and returned; the queue stays first in, first out."""

    LOWEST = 0
    LOW = 1
    BELOW_NORMAL = 2
    NORMAL = 3
    ABOVE_NORMAL = 4
    HIGH = 5
    HIGHEST = 6


class InvalidDownlinkData(SigbridgeError):
    """The text is not 8 bytes of hex."""


@dataclass(frozen=True, slots=True)
class Downlink:
    """What waits for a device to ask.

    Attributes:
        payload: 16 lower-case hex digits.
        id: Handle of this downlink, unique on its device.
        f_port: The Things Stack's port; Sigfox has none, so it is only kept and returned.
        confirmed: Whether it is to be acknowledged.
        priority: Kept and returned.
        correlation_ids: The sender's own handles.
        decoded_payload: What the sender says the payload means; kept as sent.
        max_attempts: The Things Stack's `confirmed_retry.max_attempts`, where given.
        expires_at: Epoch ms from which on it is not handed out, or None for never.
    """

    payload: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    f_port: int | None = None
    confirmed: bool = False
    priority: Priority = Priority.LOWEST
    correlation_ids: tuple[str, ...] = ()
    decoded_payload: Mapping[str, object] | None = None
    max_attempts: int | None = None
    expires_at: int | None = None

    def is_expired(self, now_ms: int) -> bool:
        """Tells whether it must not be handed out any more."""
        return self.expires_at is not None and self.expires_at <= now_ms


def read_downlink_data(text: str) -> str:
    """Reads the `downlinkData` parameter: 8 bytes in hex of either case (tagoio reference, 2).

    Raises:
        InvalidDownlinkData: It is anything else.
    """
    digits = text.strip().lower()
    if not _DOWNLINK_DATA.fullmatch(digits):
        message = f"downlinkData must be {DOWNLINK_BYTES} bytes, {2 * DOWNLINK_BYTES} hex digits"
        raise InvalidDownlinkData(message)
    return digits
