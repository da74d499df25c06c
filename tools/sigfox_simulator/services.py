"""What Sigfox Cloud calls back for."""

from enum import StrEnum


class Service(StrEnum):
    """A callback type (sigfox reference, 1)."""

    UPLINK = "uplink"
    BIDIR = "bidir"
    DATA_ADVANCED = "data-advanced"
    ACKNOWLEDGE = "acknowledge"
    STATUS = "status"
    ERROR = "error"
    EVENT = "event"

    @property
    def path(self) -> str:
        """Where the bundle takes it."""
        match self:
            case Service.UPLINK:
                return "/uplink"
            case Service.BIDIR:
                return "/downlink"
            case _:
                return f"/sigfox/{self}"
