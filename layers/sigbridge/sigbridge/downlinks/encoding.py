"""Making the payloads of downlinks from what they are to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sigbridge.devices import DOWNLINK_BYTES, DeviceCache
from sigbridge.model.downlink import InvalidDownlink
from sigbridge.model.effective_settings import EffectiveSettings
from sigbridge.model.encoding import DecodedDownlink, EncodedDownlink

_BYTES = "bytes"
_NO_FORMATTER = InvalidDownlink(
    "decoded_payload",
    'without a payload formatter only {"bytes": [...]} can be encoded; the device type names one as its'
    " `downlink_formatter`",
)


@dataclass(frozen=True)
class PayloadEncoder:
    """Makes the payloads of a device's downlinks.

    Attributes:
        application_id, device_id: The device.
    """

    application_id: str
    device_id: str

    def encode(self, downlinks: Sequence[DecodedDownlink]) -> list[EncodedDownlink]:
        """Encode decoded payloads, whatever the length that comes of it.

        `{"bytes": [...]}` says these bytes; all else is up to the formatter of the device's type.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: The device's type or its formatter can't be looked up.
        """
        listed = {
            position: _listed_bytes(downlink.data)
            for position, downlink in enumerate(downlinks)
            if downlink.data.keys() == {_BYTES}
        }
        others = [downlink for position, downlink in enumerate(downlinks) if position not in listed]
        formatted = iter(self._by_formatter(others) if others else ())
        return [
            listed[position] if position in listed else next(formatted) for position in range(len(downlinks))
        ]

    def fill_up(self, payload: bytes) -> bytes:
        """Append zeros to a payload that is too short, where the device's type says so.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: The device's type can't be looked up.
        """
        if len(payload) < DOWNLINK_BYTES and self._settings.pad_downlinks:
            return payload.ljust(DOWNLINK_BYTES, b"\0")
        return payload

    def _by_formatter(self, downlinks: Sequence[DecodedDownlink]) -> list[EncodedDownlink]:
        formatter_id = self._settings.downlink_formatter
        if formatter_id is None:
            return [EncodedDownlink(failure=_NO_FORMATTER)] * len(downlinks)
        # Most downlinks come in bytes: only where there is something to encode this is loaded.
        from sigbridge.formatters.encoding import encode_downlinks  # noqa: PLC0415

        device = self._cache.device(self.device_id)
        return encode_downlinks(self.application_id, device, formatter_id, downlinks)

    @cached_property
    def _cache(self) -> DeviceCache:
        return DeviceCache.open(self.application_id, (self.device_id,))

    @property
    def _settings(self) -> EffectiveSettings:
        return self._cache.settings_of(self.device_id)


def _listed_bytes(decoded_payload: Mapping[str, object]) -> EncodedDownlink:
    values = decoded_payload[_BYTES]
    if not isinstance(values, list):
        return EncodedDownlink(failure=InvalidDownlink("decoded_payload.bytes", "value must be a list"))
    if not all(type(value) is int and 0 <= value <= 255 for value in values):
        reason = "values must be whole numbers from 0 to 255"
        return EncodedDownlink(failure=InvalidDownlink("decoded_payload.bytes", reason))
    return EncodedDownlink(bytes(values))
