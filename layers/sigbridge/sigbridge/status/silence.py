"""Keep-alive: how long nothing may be heard of a device before it is silent."""

from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.effective_settings import effective_settings


def silent_from(application: Application, device: Device, heard_at: int | None) -> int | None:
    """Tell from when on a device is silent, unless it is heard before; None where no rule says so.

    A device whose messages are forgotten has the same time, from its registration on; of one that was never
    heard this tells nothing. Of an inactive device nothing is taken, so that its silence tells nothing.

    Args:
        application, device: The device, as its application treats it.
        heard_at: When it was heard last, epoch ms; None for never.

    Returns:
        Epoch ms.
    """
    seconds = effective_settings(application, device).keep_alive_seconds
    if seconds is None or not device.active:
        return None
    return (device.registered_at if heard_at is None else heard_at) + seconds * 1000
