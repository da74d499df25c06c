"""Which devices an application has, remembered between requests."""

import re
from collections.abc import Iterable, Mapping, Sequence

from cachetools import TTLCache

from sigbridge.applications import unknown_application
from sigbridge.clock import now_ms
from sigbridge.errors import SigbridgeError
from sigbridge.model.application import Application
from sigbridge.model.device import Device
from sigbridge.model.device_type import DEVICE_TYPE_ID
from sigbridge.model.effective_settings import EffectiveSettings, effective_settings
from sigbridge.model.settings import PayloadEncoding, UnknownDevices
from sigbridge.store import devices as stored
from sigbridge.store import registration
from sigbridge.store.devices import NotListed
from sigbridge.store.parallel import in_parallel

_KNOWN_FOR_SECONDS = 60
_CACHED_DEVICES = 10_000
_CACHED_APPLICATIONS = 1_000
_TYPE_ID = re.compile(DEVICE_TYPE_ID, re.ASCII)


class UnknownDevice(SigbridgeError):
    """The application does not list this device.

    Attributes:
        application_id: The application.
        device_id: The normalised device id; of several the first.
        device_ids: All of them.
    """

    def __init__(self, application_id: str, device_id: str, *others: str) -> None:
        super().__init__(f"Device {device_id} is not known")
        self.application_id = application_id
        self.device_id = device_id
        self.device_ids = frozenset((device_id, *others))


class InactiveDevice(SigbridgeError):
    """The device was switched off: nothing is taken from it.

    Attributes:
        application_id: The application.
        device_id: The normalised device id.
    """

    def __init__(self, application_id: str, device_id: str) -> None:
        super().__init__(f"Device {device_id} is not active")
        self.application_id = application_id
        self.device_id = device_id


_applications: TTLCache[str, Application] = TTLCache(_CACHED_APPLICATIONS, _KNOWN_FOR_SECONDS)
_devices: TTLCache[tuple[str, str], Device] = TTLCache(_CACHED_DEVICES, _KNOWN_FOR_SECONDS)


class DeviceCache:
    """The devices of one application, as far as one request needs them."""

    def __init__(self, application: Application, devices: dict[str, Device]) -> None:
        self._application = application
        self._devices = devices

    @classmethod
    def open(cls, application_id: str, device_ids: Iterable[str]) -> "DeviceCache":
        """Look these devices up: in memory, else all that is not there in one request to the store.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: The devices can't be looked up.
        """
        wanted = set(device_ids)
        remembered = {id_: _devices.get((application_id, id_)) for id_ in wanted}
        devices = {id_: device for id_, device in remembered.items() if device is not None}
        missing = sorted(wanted - devices.keys())
        application = _applications.get(application_id)
        if application is None:
            application, found = _find_with_application(application_id, missing)
        else:
            found = stored.find_many(application_id, missing)
        devices |= {device.id: remember(application_id, device) for device in found}
        return cls(application, devices)

    @classmethod
    def open_anew(cls, application_id: str, device_ids: Iterable[str]) -> "DeviceCache":
        """Look these devices and the application up as they are about now, in one request to the store.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: They can't be looked up.
        """
        application, found = _find_with_application(application_id, sorted(set(device_ids)))
        return cls(application, {device.id: remember(application_id, device) for device in found})

    @property
    def application(self) -> Application:
        """The application, with settings that are at most a minute old."""
        return self._application

    def device(self, device_id: str) -> Device:
        """One of the devices that were looked up.

        Raises:
            UnknownDevice: The application does not list it.
        """
        try:
            return self._devices[device_id]
        except KeyError:
            raise UnknownDevice(self._application.id, device_id) from None

    def settings_of(self, device_id: str) -> EffectiveSettings:
        """Return the settings that hold for a device; for one that is not listed the application's."""
        return effective_settings(self._application, self._devices.get(device_id) or Device(device_id))

    def inactive_among(self, device_ids: Iterable[str]) -> frozenset[str]:
        """Return which of these devices nothing is taken from.

        Raises:
            InactiveDevice: That is so of all of them.
        """
        wanted = frozenset(device_ids)
        inactive = frozenset(id_ for id_ in wanted if id_ in self._devices and not self._devices[id_].active)
        if inactive == wanted:
            raise InactiveDevice(self._application.id, min(inactive))
        return inactive

    def register_unknown(
        self, device_ids: Iterable[str], reported_types: Mapping[str, str] | None = None
    ) -> None:
        """Let these devices in: registers those not listed yet, if the application wants that.

        Args:
            device_ids: The devices.
            reported_types: `deviceTypeId` of those of which Sigfox names it. It becomes the device's type,
                unless Sigfox has named the same one before: the user may have chosen another since.

        Raises:
            UnknownDevice: Some are not listed, and the application rejects unknown devices. Nothing
                was registered.
        """
        wanted = set(device_ids)
        told = {
            id_: type_id for id_, type_id in (reported_types or {}).items() if _TYPE_ID.fullmatch(type_id)
        }
        unlisted = sorted(wanted - self._devices.keys())
        # Where unknown devices are rejected one may still be listed: the first read may lag behind.
        rejects = self._application.unknown_devices is UnknownDevices.REJECT
        application_id = self._application.id

        def let_in(device_id: str) -> Device | None:
            if rejects:
                return stored.find(application_id, device_id)
            type_id = told.get(device_id)
            device = Device(device_id, registered_at=now_ms(), type=type_id, reported_type=type_id)
            return stored.add(application_id, device)

        def tell_type(device_id: str) -> Device | None:
            try:
                return stored.tell_type(application_id, device_id, told[device_id])
            except NotListed:
                # It was deleted since it was looked up.
                return let_in(device_id)

        self._remember_all(unlisted, in_parallel(let_in, unlisted))
        retold = [
            id_ for id_ in sorted(wanted & told.keys()) if self._devices[id_].reported_type != told[id_]
        ]
        self._remember_all(retold, in_parallel(tell_type, retold))

    def _remember_all(self, device_ids: Sequence[str], devices: Sequence[Device | None]) -> None:
        found = dict(zip(device_ids, devices, strict=True))
        unknown = [device_id for device_id, device in found.items() if device is None]
        if unknown:
            raise UnknownDevice(self._application.id, *unknown)
        for device_id, device in found.items():
            if device is not None:
                self._devices[device_id] = remember(self._application.id, device)


def _find_with_application(
    application_id: str, device_ids: Sequence[str]
) -> tuple[Application, list[Device]]:
    application, found = stored.find_with_application(application_id, device_ids)
    if application is None:
        raise unknown_application(application_id)
    _applications[application_id] = application
    return application, found


def register_device(
    application_id: str, device_id: str, payload_encoding: PayloadEncoding | None = None
) -> Device:
    """List a device, so that downlinks can wait for it before it has ever sent.

    Args:
        application_id: Whose device it is; must exist.
        device_id: Normalised id.
        payload_encoding: How it writes generic payloads; None as the application says.

    Returns:
        The device as it is listed: one that was listed before is left as it is.
    """
    device = Device(device_id, payload_encoding, registered_at=now_ms())
    return remember(application_id, registration.add_before_first_message(application_id, device))


def find_device(application_id: str, device_id: str) -> Device:
    """Read a device as the last finished write left it.

    Raises:
        UnknownDevice: The application does not list it.
    """
    device = stored.find(application_id, device_id)
    if device is None:
        raise UnknownDevice(application_id, device_id)
    return remember(application_id, device)


def forget_device(application_id: str, device_id: str) -> None:
    """Make this process's next look-up of a device that was deleted read the store."""
    _devices.pop((application_id, device_id), None)


def forget_cached_devices() -> None:
    """Make the next look-up of every application and device read the store."""
    _applications.clear()
    _devices.clear()


def remember(application_id: str, device: Device) -> Device:
    """Remember a device that was just read or written, and return it."""
    _devices[application_id, device.id] = device
    return device
