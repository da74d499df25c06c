"""Registering a device before its first message: with its parameters, in the list of those never heard."""

from collections.abc import Sequence

from sigbridge.model.device import Device
from sigbridge.model.parameter import DOWNLINK_DATA, Parameter
from sigbridge.model.status import Status
from sigbridge.store import device_states, devices, parameters, state_lists
from sigbridge.store.state_lists import Entry


def add_before_first_message(
    application_id: str, device: Device, own_parameters: Sequence[Parameter] = ()
) -> Device:
    """Register a device, unless it is registered already, and return it as it is listed.

    All that is written is written in one transaction; a device that is listed is left as it is.

    Args:
        application_id: Whose device.
        device: The device.
        own_parameters: Parameters that it has from the start, no two of one key.
    """
    downlink_data = next((each.value for each in own_parameters if each.key == DOWNLINK_DATA), "")
    return devices.add_with(
        application_id,
        device,
        len(own_parameters),
        device_states.creation(application_id, device.id, device.registered_at, downlink_data),
        state_lists.entering(application_id, Entry(Status.NEVER_HEARD, device.id, device.registered_at)),
        *(parameters.creation(application_id, device.id, each) for each in own_parameters),
    )
