"""Which devices Sigfox has."""

from sigbridge.clock import now_ms
from sigbridge.model.sigfox_device import SigfoxDevice
from sigbridge.provisioning.api_client import ApiClient
from sigbridge.sigfox.rest.devices import read_sigfox_device
from sigbridge.sigfox.rest.values import named_id


def find_in_sigfox(client: ApiClient, device_id: str) -> SigfoxDevice | None:
    """Return a device as Sigfox has it; None where it has none of that id that the API user may see.

    The list is asked, not the device itself, which may be asked for once an hour (sigfox-rest reference, 1).

    Raises:
        SigfoxError: Sigfox does not say.
    """
    found = client.page("/devices/", {"id": device_id, "limit": 1})
    devices = [read_sigfox_device(entry, now_ms()) for entry in found.data if named_id(entry) is not None]
    return next((device for device in devices if device.id == device_id), None)
