"""One name for a device, however its id is spelt (docs/decisions/0021)."""

import re

SEPARATORS = str.maketrans("", "", "-: ")
_DEVICE_ID = re.compile(r"[0-9A-Z._]{1,64}", re.ASCII)
_ID_PREFIX = re.compile(r"[0-9A-Z._]{0,64}", re.ASCII)
_SIGFOX_ID = re.compile(r"[0-9A-F]{1,8}", re.ASCII)


class InvalidDeviceId(ValueError):
    """The text can't name a device."""


def normalize_device_id(text: str) -> str:
    """Return the id under which a device is kept: `aa-bb:01` is `AABB01`.

    Separators go, and letters are upper case. Leading zeros stay: the serials `0012` and `12` are two.

    Raises:
        InvalidDeviceId: Nothing is left, it is too long, or has other characters.
    """
    device_id = _upper(text)
    if not _DEVICE_ID.fullmatch(device_id):
        message = "must be 1 to 64 letters, digits, dots or underscores (`-`, `:` and spaces are ignored)"
        raise InvalidDeviceId(message)
    return device_id


def sigfox_device_id(text: str) -> str:
    """Return the id under which a device of Sigfox is kept: `00a2` is `A2`.

    An id that can be Sigfox's (hex, at most 8 digits) loses its leading zeros, which Sigfox writes in its
    API and leaves out of its callbacks (sigfox reference, 1.2 and 4); any other stays as it is.

    Raises:
        InvalidDeviceId: As `normalize_device_id`.
    """
    device_id = normalize_device_id(text)
    return device_id.lstrip("0") or "0" if is_sigfox_id(device_id) else device_id


def normalize_id_prefix(text: str) -> str:
    """Return the beginning of the ids under which devices are kept: `aa-bb` is `AABB`.

    Leading zeros stay, because nobody can tell yet whether the whole is a Sigfox id.

    Raises:
        InvalidDeviceId: No id begins so.
    """
    prefix = _upper(text)
    if not _ID_PREFIX.fullmatch(prefix):
        message = "must be at most 64 letters, digits, dots or underscores (`-`, `:` and spaces are ignored)"
        raise InvalidDeviceId(message)
    return prefix


def is_sigfox_id(device_id: str) -> bool:
    """Return whether an upper-case id can be a Sigfox device's: hex of at most 8 digits."""
    return _SIGFOX_ID.fullmatch(device_id) is not None


def _upper(text: str) -> str:
    # Elsewhere than in ASCII letters change with their case: `ß` would become `SS`.
    return text.translate(SEPARATORS).upper() if text.isascii() else text
