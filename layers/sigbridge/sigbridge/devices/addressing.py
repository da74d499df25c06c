"""The device that a path names."""

from collections.abc import Callable
from contextlib import suppress

from sigbridge.devices.device_cache import UnknownDevice
from sigbridge.model.device_id import sigfox_device_id


def act_on_addressed[T](device_id: str, act: Callable[[str], T]) -> T:
    """Do something with the device of exactly this id, else with the one of this id without leading zeros.

    The second is tried only where the first is not listed and the id can be Sigfox's, which has two
    spellings there. So other requests cost what the act costs.

    Args:
        device_id: Normalised id, as the path has it.
        act: What is done; on a device that is not listed it does nothing and raises `UnknownDevice`.

    Raises:
        UnknownDevice: Neither is listed; it names the first.
    """
    try:
        return act(device_id)
    except UnknownDevice:
        without_zeros = sigfox_device_id(device_id)
        if without_zeros != device_id:
            with suppress(UnknownDevice):
                return act(without_zeros)
        raise
