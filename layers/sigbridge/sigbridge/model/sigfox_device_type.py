"""A device type as Sigfox has it, and how Sigbridge is connected to it."""

from dataclasses import dataclass
from enum import StrEnum

from sigbridge.model.sigfox_contract import SHORT_HISTORY_DAYS, Contract


class ConnectMode(StrEnum):
    """Which callbacks a device type has for Sigbridge.

    BIDIR: Its messages and its requests for downlinks come by DATA BIDIR.
    UPLINK: Its messages come by DATA UPLINK, and nothing is sent to it.
    ADVANCED: Its messages come by SERVICE DATA_ADVANCED alone, half a minute later.
    """

    BIDIR = "bidir"
    UPLINK = "uplink"
    ADVANCED = "advanced"


class DownlinkMode(StrEnum):
    """What Sigfox answers a device with that asks for a downlink (sigfox-rest reference, 2)."""

    DIRECT = "direct"
    CALLBACK = "callback"
    NONE = "none"
    MANAGED = "managed"


@dataclass(frozen=True, slots=True)
class SigfoxDeviceType:
    """A device type as Sigfox described it last.

    Attributes:
        id: Sigfox's `deviceTypeId`.
        name: What it is called there.
        group_id: Whose it is there; None where Sigfox does not say.
        downlink_mode: What a device is answered with; None where Sigfox does not say, or says what is not
            known.
        keep_alive_seconds: After how long a silence Sigfox reports an error; None for never.
        contracts: The contracts of its devices.
        imported_at: When Sigfox described it so, epoch ms; 0 where it was never imported.
        connected_as: Which callbacks it has for Sigbridge; None where it is not connected.
        checked_at: When these were compared with what they should be, epoch ms; None for never.
        drift: What was wrong with them then, a sentence each.
    """

    id: str
    name: str = ""
    group_id: str | None = None
    downlink_mode: DownlinkMode | None = None
    keep_alive_seconds: int | None = None
    contracts: tuple[Contract, ...] = ()
    imported_at: int = 0
    connected_as: ConnectMode | None = None
    checked_at: int | None = None
    drift: tuple[str, ...] = ()

    @property
    def daily_downlinks(self) -> int | None:
        """How many downlinks each of its devices gets in a day at most; None where contracts don't say."""
        allowed = [each.daily_downlinks if each.allows_downlinks else 0 for each in self.contracts]
        return max((number for number in allowed if number is not None), default=None)

    @property
    def allows_downlinks(self) -> bool:
        """Whether its devices may be sent something, as far as is known."""
        return not self.contracts or any(contract.allows_downlinks for contract in self.contracts)

    @property
    def history_days(self) -> int:
        """How long Sigfox keeps messages of its devices, of those for which that is longest."""
        return max((contract.history_days for contract in self.contracts), default=SHORT_HISTORY_DAYS)
