"""Settings that an application or a device type chooses among."""

from enum import StrEnum


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
