"""Registering devices in Sigfox, one by one."""

from enum import Enum, auto

from sigbridge.errors import InvalidInput
from sigbridge.model.sigfox_change import DeviceWish
from sigbridge.model.sigfox_device import SigfoxDevice
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.provisioning.device_lookup import find_in_sigfox
from sigbridge.provisioning.errors import SigfoxConflict, SigfoxRefuses
from sigbridge.sigfox.rest.device_changes import creation

_PAC_HIDDEN = "(PAC)"


class Whereabouts(Enum):
    """Where a device is that is to be registered under a device type.

    THERE: Under that.
    ELSEWHERE: Under another one of those that the API user may see.
    NOWHERE: It is not registered.
    """

    THERE = auto()
    ELSEWHERE = auto()
    NOWHERE = auto()


class NotRegistered(InvalidInput):
    """Sigfox does not register a device; the message says what it says."""


def whereabouts_of(found: SigfoxDevice | None, device_type_id: str | None) -> Whereabouts:
    """Tell where a device is, as Sigfox has it."""
    if found is None:
        return Whereabouts.NOWHERE
    return Whereabouts.THERE if found.device_type_id == device_type_id else Whereabouts.ELSEWHERE


def register_in_sigfox(client: ApiClient, device_type_id: str, wish: DeviceWish) -> Whereabouts:
    """Register a device, unless Sigfox has it already: then it is as it was.

    It is looked for first: an earlier request may have been done, and its answer lost.

    Args:
        client: Of Sigfox's API.
        device_type_id: Under which device type.
        wish: What the device is to be.

    Returns:
        Where it is now, which is not nowhere.

    Raises:
        NotRegistered: Sigfox does not take it, for its PAC say.
        SigfoxError: Sigfox was not asked, or did not answer.
    """
    whereabouts = whereabouts_of(find_in_sigfox(client, wish.id), device_type_id)
    if whereabouts is not Whereabouts.NOWHERE:
        return whereabouts
    try:
        client.post("/devices/", creation(device_type_id, wish))
    except SigfoxConflict as conflict:
        whereabouts = whereabouts_of(find_in_sigfox(client, wish.id), device_type_id)
        if whereabouts is Whereabouts.NOWHERE:
            message = "Sigfox has it already, where the API user may not see it"
            raise NotRegistered(message) from conflict
        return whereabouts
    except SigfoxRefuses as refusal:
        raise NotRegistered(without_pac(refusal.message, wish)) from refusal
    return Whereabouts.THERE


def without_pac(message: str, wish: DeviceWish) -> str:
    """Return what Sigfox says of a device without its PAC, which who has it can take the device over with."""
    return message.replace(wish.pac, _PAC_HIDDEN) if wish.pac else message
