"""What becomes of an answer on its way to the device, and the code that tells it (reference, 1.5)."""

import re
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

_EIGHT_BYTES = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)
_DAY_S = 86_400


class InfoCode(IntEnum):
    """`infoCode` of an ACKNOWLEDGE callback."""

    ACKED = 0
    NO_ANSWER = 1
    INVALID_PAYLOAD = 2
    OVERRUN_ERROR = 3
    NETWORK_ERROR = 4
    PENDING = 5
    NO_DOWNLINK_CONTRACT = 6
    TOO_MANY_REQUESTS = 7
    INVALID_CONFIGURATION = 8
    ROAMING_PENDING = 10


NOT_SENT = frozenset(
    {
        InfoCode.NO_ANSWER,
        InfoCode.INVALID_PAYLOAD,
        InfoCode.OVERRUN_ERROR,
        InfoCode.NETWORK_ERROR,
        InfoCode.NO_DOWNLINK_CONTRACT,
        InfoCode.TOO_MANY_REQUESTS,
        InfoCode.INVALID_CONFIGURATION,
    }
)
_MESSAGES = {
    InfoCode.ACKED: "Acked",
    InfoCode.NO_ANSWER: "No answer",
    InfoCode.INVALID_PAYLOAD: "Invalid payload",
    InfoCode.OVERRUN_ERROR: "Overrun error",
    InfoCode.NETWORK_ERROR: "Network error",
    InfoCode.PENDING: "Pending",
    InfoCode.NO_DOWNLINK_CONTRACT: "No downlink contract",
    InfoCode.TOO_MANY_REQUESTS: "Too many requests",
    InfoCode.INVALID_CONFIGURATION: "Invalid configuration",
    InfoCode.ROAMING_PENDING: "Roaming pending",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What an acknowledgement says.

    Attributes:
        info_code: One of `InfoCode`, or one that nobody knows.
        overusage: Whether the device exceeded its daily quota.
    """

    info_code: int
    overusage: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """Sigfox's variables of it."""
        known = self.info_code in _MESSAGES
        return {
            "infoCode": str(self.info_code),
            "infoMessage": _MESSAGES[InfoCode(self.info_code)] if known else "Unknown",
            "downlinkAck": "true" if self.info_code == InfoCode.ACKED else "false",
            "downlinkOverusage": "true" if self.overusage else "false",
        }


def is_valid_downlink(data: str) -> bool:
    """Return whether an answer's data can be transmitted: exactly 8 bytes of hex."""
    return _EIGHT_BYTES.fullmatch(data) is not None


class Radio:
    """Transmits answers, as many a device and UTC day as the contract allows.

    Args:
        daily_quota: Answers that a device may have on a day.
    """

    def __init__(self, daily_quota: int) -> None:
        self._daily_quota = daily_quota
        self._transmitted: Counter[tuple[str, int]] = Counter()

    def transmit(self, device_id: str, time: int, data: str | None) -> Report:
        """Transmit an answer, if it can be.

        Args:
            device_id: Whom it is for.
            time: When, in epoch seconds.
            data: What the bundle answered in time; None for nothing, or too late.
        """
        day = (device_id, time // _DAY_S)
        if data is None:
            return Report(InfoCode.NO_ANSWER)
        if not is_valid_downlink(data):
            return Report(InfoCode.INVALID_PAYLOAD)
        if self._transmitted[day] >= self._daily_quota:
            return Report(InfoCode.OVERRUN_ERROR, overusage=True)
        self._transmitted[day] += 1
        return Report(InfoCode.ACKED)
