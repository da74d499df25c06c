"""A contract with Sigfox: what it allows its devices, and how many it takes."""

from dataclasses import dataclass

# How long Sigfox keeps messages, and callbacks that it could not deliver: without the option messageHistory,
# and with it (sigfox-rest reference, 3).
SHORT_HISTORY_DAYS, LONG_HISTORY_DAYS = 3, 30


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract of a group in Sigfox.

    Attributes:
        id: Sigfox's id of it.
        name: Display name.
        allows_downlinks: Whether its devices may be sent something.
        daily_uplinks, daily_downlinks: How many messages a device may send and get in a day; None where
            Sigfox does not say.
        history_days: How long Sigfox keeps the messages of its devices.
        has_network_metadata: Whether Sigfox says which base stations heard a message.
        has_geolocation: Whether Sigfox computes where a device is.
        max_tokens: How many devices it takes; None for no limit.
        tokens_in_use: How many it has.
        activation_ends_at: Until when it takes devices, epoch ms; None for no end.
    """

    id: str
    name: str
    allows_downlinks: bool
    daily_uplinks: int | None = None
    daily_downlinks: int | None = None
    history_days: int = SHORT_HISTORY_DAYS
    has_network_metadata: bool = False
    has_geolocation: bool = False
    max_tokens: int | None = None
    tokens_in_use: int = 0
    activation_ends_at: int | None = None

    @property
    def free_slots(self) -> int | None:
        """How many more devices it takes by their number; None for no limit."""
        return None if self.max_tokens is None else max(0, self.max_tokens - self.tokens_in_use)

    def takes_devices(self, now_ms: int) -> bool:
        """Return whether a device can be activated under it at a moment, epoch ms."""
        has_ended = self.activation_ends_at is not None and self.activation_ends_at <= now_ms
        return not has_ended and self.free_slots != 0
