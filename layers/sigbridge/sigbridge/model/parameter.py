"""A configuration parameter of a device, and the one that has a meaning here."""

import re
from dataclasses import dataclass

from sigbridge.errors import SigbridgeError

# What stands in this parameter answers the device every time that it asks while its queue is empty.
DOWNLINK_DATA = "downlinkData"

# Exactly 8 bytes, neither more nor fewer (sigfox reference, 3.1).
DOWNLINK_BYTES = 8
_DOWNLINK_DATA = re.compile(rf"[0-9a-f]{{{2 * DOWNLINK_BYTES}}}", re.ASCII)


# What a parameter's key may be, and how many bytes its value (tagoio reference, 7).
PARAMETER_KEY = r"^[A-Za-z0-9_.:-]{1,100}$"
LARGEST_VALUE = 6_000
_KEY = re.compile(PARAMETER_KEY, re.ASCII)


class InvalidParameterKey(SigbridgeError):
    """No parameter can have this key."""


class InvalidDownlinkData(SigbridgeError):
    """The text is not 8 bytes of hex."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a device.

    Attributes:
        key: Its name.
        value: Its text.
        sent: Whether the device has it, as far as the user says.
        updated_at: Epoch ms.
    """

    key: str
    value: str
    sent: bool
    updated_at: int


def check_parameter_key(key: str) -> None:
    """Let a key pass that a parameter can have.

    Raises:
        InvalidParameterKey: It has other characters, or differs from `downlinkData` only in case: a
            parameter of that key would never answer a device.
    """
    if not _KEY.fullmatch(key):
        message = "must be 1 to 100 letters, digits or _ . : -"
        raise InvalidParameterKey(message)
    if key != DOWNLINK_DATA and key.lower() == DOWNLINK_DATA.lower():
        message = f"differs from `{DOWNLINK_DATA}` only in upper and lower case; write `{DOWNLINK_DATA}`"
        raise InvalidParameterKey(message)


def read_downlink_data(text: str) -> str:
    """Read the `downlinkData` parameter: 8 bytes in hex of either case (tagoio reference, 2).

    Raises:
        InvalidDownlinkData: It is anything else.
    """
    digits = text.strip().lower()
    if not _DOWNLINK_DATA.fullmatch(digits):
        message = f"downlinkData must be {DOWNLINK_BYTES} bytes, {2 * DOWNLINK_BYTES} hex digits"
        raise InvalidDownlinkData(message)
    return digits
