"""Settings that an application or a device type chooses among."""

from enum import StrEnum

# The longest display name of an application, a device type, a device or a key.
LONGEST_NAME = 100
MOST_DAILY_DOWNLINKS = 1_000
SHORTEST_KEEP_ALIVE_S, LONGEST_KEEP_ALIVE_S = 60, 31_536_000


class UnknownDevices(StrEnum):
    """What happens to the message of a device that the application does not list."""

    REGISTER = "register"
    REJECT = "reject"


class PayloadEncoding(StrEnum):
    """How generic payloads are written; Sigfox's are always hex."""

    HEX = "hex"
    BASE64 = "base64"


class DownlinkQuota(StrEnum):
    """What happens when a device asks that has had its downlinks of the day.

    Sigfox's contract counts the downlinks of a device by day, in UTC (sigfox reference, 3.4).
    """

    REPORT = "report"
    ENFORCE = "enforce"
