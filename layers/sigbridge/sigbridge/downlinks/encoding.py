"""Making the payload of a downlink from what is to be said."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sigbridge.devices import DOWNLINK_BYTES, DeviceCache
from sigbridge.model.downlink import InvalidDownlink


@dataclass(frozen=True)
class PayloadEncoder:
    """Makes the payloads of a device's downlinks.

    Attributes:
        application_id, device_id: The device.
    """

    application_id: str
    device_id: str

    def encode(self, decoded_payload: Mapping[str, object]) -> bytes:
        """Return the bytes of a decoded payload, `{"bytes": [...]}`, filled up as by `fill_up`.

        Raises:
            InvalidDownlink: It can't be encoded.
            UnknownApplication: The application was deleted.
            StoreUnavailable: The device's type can't be looked up.
        """
        return self.fill_up(_listed_bytes(decoded_payload))

    def fill_up(self, payload: bytes) -> bytes:
        """Append zeros to a payload that is too short, where the device's type says so.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: The device's type can't be looked up.
        """
        if len(payload) < DOWNLINK_BYTES and self._pads:
            return payload.ljust(DOWNLINK_BYTES, b"\0")
        return payload

    @cached_property
    def _pads(self) -> bool:
        directory = DeviceCache.open(self.application_id, (self.device_id,))
        return directory.settings_of(self.device_id).pad_downlinks


def _listed_bytes(decoded_payload: Mapping[str, object]) -> bytes:
    values = decoded_payload.get("bytes")
    if not isinstance(values, list):
        reason = 'without a payload formatter only {"bytes": [...]} can be encoded'
        raise InvalidDownlink("decoded_payload", reason)
    if not all(type(value) is int and 0 <= value <= 255 for value in values):
        raise InvalidDownlink("decoded_payload.bytes", "values must be whole numbers from 0 to 255")
    return bytes(values)
