"""The state of a device's downlinks: what is queued, and what was answered of late."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sigbridge.model.downlink import Downlink


class Removal(StrEnum):
    """Why a downlink left the queue without being an answer."""

    REPLACED = "replaced"
    CLEARED = "cleared"
    DELETED = "deleted"
    EXPIRED = "expired"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The state of one device.

    Attributes:
        queue: Queued downlinks, the next one first.
        downlink_data: The `downlinkData` parameter, or "" for none.
        answers: What was answered of late, by uplink; None for nothing.
        generation: Grows each time the queue is replaced.
        removal: Why downlinks left it the last time without being an answer.
    """

    queue: tuple[Downlink, ...] = ()
    downlink_data: str = ""
    answers: Mapping[str, Downlink | None] = field(default_factory=dict)
    generation: int = 0
    removal: Removal = Removal.CLEARED
