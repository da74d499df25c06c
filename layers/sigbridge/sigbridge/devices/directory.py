"""Which devices an application has, remembered between requests."""

from collections.abc import Iterable
from dataclasses import dataclass

from cachetools import TTLCache

from sigbridge.applications import Application, PayloadEncoding, UnknownApplication, UnknownDevices
from sigbridge.clock import now_ms
from sigbridge.errors import SigbridgeError
from sigbridge.store import applications as stored
from sigbridge.store.applications import DeviceRecord
from sigbridge.store.parallel import in_parallel

_KNOWN_FOR_SECONDS = 60
_CACHED_DEVICES = 10_000
_CACHED_APPLICATIONS = 1_000


class UnknownDevice(SigbridgeError):
    """The application does not list this device.

    Attributes:
        application_id: The application.
        device_id: The normalised device id.
    """

    def __init__(self, application_id: str, device_id: str) -> None:
        super().__init__(f"Device {device_id} is not known")
        self.application_id = application_id
        self.device_id = device_id


@dataclass(frozen=True, slots=True)
class Device:
    """A device of an application.

    Attributes:
        id: Normalised device id.
        payload_encoding: How its generic payloads are written; None as the application says.
    """

    id: str
    payload_encoding: PayloadEncoding | None = None


_applications: TTLCache[str, Application] = TTLCache(_CACHED_APPLICATIONS, _KNOWN_FOR_SECONDS)
_devices: TTLCache[tuple[str, str], Device] = TTLCache(_CACHED_DEVICES, _KNOWN_FOR_SECONDS)


class Directory:
    """The devices of one application, as far as one request needs them."""

    def __init__(self, application: Application, devices: dict[str, Device]) -> None:
        self._application = application
        self._devices = devices

    @classmethod
    def open(cls, application_id: str, device_ids: Iterable[str]) -> "Directory":
        """Looks these devices up: in memory, else all in one request to the store.

        Raises:
            UnknownApplication: The application was deleted.
            StoreUnavailable: The devices can't be looked up.
        """
        wanted = set(device_ids)
        remembered = {id_: _devices.get((application_id, id_)) for id_ in wanted}
        devices = {id_: device for id_, device in remembered.items() if device is not None}
        application = _applications.get(application_id)
        missing = sorted(wanted - devices.keys())
        if application is None or missing:
            application_record, device_records = stored.find_with_devices(application_id, missing)
            if application_record is None:
                message = f"There is no application '{application_id}'"
                raise UnknownApplication(message)
            application = Application.from_record(application_record)
            _applications[application_id] = application
            for record in device_records:
                devices[record["id"]] = _remember(application_id, record)
        return cls(application, devices)

    @property
    def application(self) -> Application:
        """The application, with settings that are at most a minute old."""
        return self._application

    def payload_encoding(self, device_id: str) -> PayloadEncoding:
        """How this device writes generic payloads."""
        device = self._devices.get(device_id)
        own = None if device is None else device.payload_encoding
        return own or self._application.payload_encoding

    def admit(self, device_ids: Iterable[str]) -> None:
        """Lets these devices in: registers those not listed yet, if the application wants that.

        Raises:
            UnknownDevice: One is not listed, and the application rejects unknown devices. Nothing
                was registered.
        """
        unlisted = sorted(set(device_ids) - self._devices.keys())
        # Where unknown devices are rejected one may still be listed: the first read may lag behind.
        rejects = self._application.unknown_devices is UnknownDevices.REJECT
        admit = _listed if rejects else _registered
        for record in in_parallel(lambda device_id: admit(self._application.id, device_id), unlisted):
            self._devices[record["id"]] = _remember(self._application.id, record)


def register_device(
    application_id: str, device_id: str, payload_encoding: PayloadEncoding | None = None
) -> Device:
    """Lists a device, so that downlinks can wait for it before it has ever sent.

    Args:
        application_id: Whose device it is; must exist.
        device_id: Normalised id.
        payload_encoding: How it writes generic payloads; None as the application says.

    Returns:
        The device as it is listed: one that was listed before is left as it is.
    """
    return _remember(application_id, _registered(application_id, device_id, payload_encoding))


def find_device(application_id: str, device_id: str) -> Device:
    """Reads a device as the last finished write left it.

    Raises:
        UnknownDevice: The application does not list it.
    """
    return _remember(application_id, _listed(application_id, device_id))


def _registered(
    application_id: str, device_id: str, payload_encoding: PayloadEncoding | None = None
) -> DeviceRecord:
    record = DeviceRecord(id=device_id, registered_at=now_ms(), payload_encoding=payload_encoding)
    return stored.add_device(application_id, record)


def _listed(application_id: str, device_id: str) -> DeviceRecord:
    record = stored.find_device(application_id, device_id)
    if record is None:
        raise UnknownDevice(application_id, device_id)
    return record


def forget_cached_devices() -> None:
    """Makes the next look-up of every application and device read the store."""
    _applications.clear()
    _devices.clear()


def _remember(application_id: str, record: DeviceRecord) -> Device:
    encoding = record["payload_encoding"]
    device = Device(record["id"], None if encoding is None else PayloadEncoding(encoding))
    _devices[application_id, device.id] = device
    return device
