"""Which devices an application has, remembered between requests."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cachetools import TTLCache

from sigbridge.applications import Application, UnknownApplication
from sigbridge.clock import now_ms
from sigbridge.errors import SigbridgeError
from sigbridge.model.device_type import DEVICE_TYPE_ID, DeviceType
from sigbridge.model.settings import DownlinkQuota, PayloadEncoding, UnknownDevices
from sigbridge.store import applications as stored
from sigbridge.store.applications import DeviceRecord
from sigbridge.store.parallel import in_parallel
from sigbridge.store.table import ConditionFailed

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


@dataclass(frozen=True, slots=True)
class Device:
    """A device of an application.

    Attributes:
        id: Normalised device id.
        payload_encoding: How its generic payloads are written; None as its type or the application says.
        registered_at: Epoch ms.
        name: What people call it, or "".
        type: Id of its device type, which need not be listed; None for none.
        told_type: The `deviceTypeId` that Sigfox named last; None for none.
        tags: The user's own words about it.
        active: Whether messages are taken from it.
    """

    id: str
    payload_encoding: PayloadEncoding | None = None
    registered_at: int = 0
    name: str = ""
    type: str | None = None
    told_type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    active: bool = True

    @classmethod
    def from_record(cls, record: DeviceRecord) -> "Device":
        """Makes the device of a stored record."""
        encoding = record["payload_encoding"]
        return cls(
            id=record["id"],
            payload_encoding=None if encoding is None else PayloadEncoding(encoding),
            registered_at=record["registered_at"],
            name=record["name"],
            type=record["type"],
            told_type=record["told_type"],
            tags=record["tags"],
            active=record["active"],
        )

    def as_record(self) -> DeviceRecord:
        """Gives the stored form."""
        return DeviceRecord(
            id=self.id,
            registered_at=self.registered_at,
            payload_encoding=self.payload_encoding,
            name=self.name,
            type=self.type,
            told_type=self.told_type,
            tags=self.tags,
            active=self.active,
        )


@dataclass(frozen=True, slots=True)
class Treatment:
    """How the traffic of a device is treated: as it says itself, else its type, else its application.

    Attributes:
        payload_encoding, pad_downlinks, downlink_data, daily_downlinks, downlink_quota,
            keep_alive_seconds: As in `applications.DeviceType`.
    """

    payload_encoding: PayloadEncoding
    pad_downlinks: bool
    downlink_data: str | None
    daily_downlinks: int
    downlink_quota: DownlinkQuota
    keep_alive_seconds: int | None


_NO_TYPE = DeviceType(id="", name="")

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
                devices[record["id"]] = remember(application_id, record)
        return cls(application, devices)

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

    def treatment_of(self, device_id: str) -> Treatment:
        """How the traffic of a device is treated; of one that is not listed, as the application says."""
        device = self._devices.get(device_id)
        return treatment(self._application, device or Device(device_id))

    def refuse_inactive(self, device_ids: Iterable[str]) -> frozenset[str]:
        """Tells which of these devices nothing is taken from.

        Raises:
            InactiveDevice: That is so of all of them.
        """
        wanted = frozenset(device_ids)
        inactive = frozenset(id_ for id_ in wanted if id_ in self._devices and not self._devices[id_].active)
        if inactive == wanted:
            raise InactiveDevice(self._application.id, min(inactive))
        return inactive

    def admit(self, device_ids: Iterable[str], told_types: Mapping[str, str] | None = None) -> None:
        """Lets these devices in: registers those not listed yet, if the application wants that.

        Args:
            device_ids: The devices.
            told_types: `deviceTypeId` of those of which Sigfox names it. It becomes the device's type,
                unless Sigfox has named the same one before: the user may have chosen another since.

        Raises:
            UnknownDevice: Some are not listed, and the application rejects unknown devices. Nothing
                was registered.
        """
        wanted = set(device_ids)
        told = {id_: type_id for id_, type_id in (told_types or {}).items() if _TYPE_ID.fullmatch(type_id)}
        unlisted = sorted(wanted - self._devices.keys())
        # Where unknown devices are rejected one may still be listed: the first read may lag behind.
        rejects = self._application.unknown_devices is UnknownDevices.REJECT
        application_id = self._application.id

        def let_in(device_id: str) -> DeviceRecord | None:
            if rejects:
                return stored.find_device(application_id, device_id)
            type_id = told.get(device_id)
            device = Device(device_id, registered_at=now_ms(), type=type_id, told_type=type_id)
            return stored.add_device(application_id, device.as_record())

        def tell_type(device_id: str) -> DeviceRecord | None:
            try:
                return stored.tell_type(application_id, device_id, told[device_id])
            except ConditionFailed:
                # It was deleted since it was looked up.
                return let_in(device_id)

        self._remember_all(unlisted, in_parallel(let_in, unlisted))
        retold = [id_ for id_ in sorted(wanted & told.keys()) if self._devices[id_].told_type != told[id_]]
        self._remember_all(retold, in_parallel(tell_type, retold))

    def _remember_all(self, device_ids: Sequence[str], records: Sequence[DeviceRecord | None]) -> None:
        found = dict(zip(device_ids, records, strict=True))
        unknown = [device_id for device_id, record in found.items() if record is None]
        if unknown:
            raise UnknownDevice(self._application.id, *unknown)
        for device_id, record in found.items():
            if record is not None:
                self._devices[device_id] = remember(self._application.id, record)


def treatment(application: Application, device: Device) -> Treatment:
    """Tells how the traffic of a device is treated."""
    of_type = _NO_TYPE if device.type is None else application.device_types.get(device.type, _NO_TYPE)
    return Treatment(
        payload_encoding=device.payload_encoding or of_type.payload_encoding or application.payload_encoding,
        pad_downlinks=of_type.pad_downlinks,
        downlink_data=of_type.downlink_data,
        daily_downlinks=(
            application.daily_downlinks if of_type.daily_downlinks is None else of_type.daily_downlinks
        ),
        downlink_quota=of_type.downlink_quota or application.downlink_quota,
        keep_alive_seconds=of_type.keep_alive_seconds,
    )


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
    device = Device(device_id, payload_encoding, registered_at=now_ms())
    return remember(application_id, stored.add_device(application_id, device.as_record()))


def find_device(application_id: str, device_id: str) -> Device:
    """Reads a device as the last finished write left it.

    Raises:
        UnknownDevice: The application does not list it.
    """
    return remember(application_id, _listed(application_id, device_id))


def _listed(application_id: str, device_id: str) -> DeviceRecord:
    record = stored.find_device(application_id, device_id)
    if record is None:
        raise UnknownDevice(application_id, device_id)
    return record


def forget_device(application_id: str, device_id: str) -> None:
    """Makes this process's next look-up of a device that was deleted read the store."""
    _devices.pop((application_id, device_id), None)


def forget_cached_devices() -> None:
    """Makes the next look-up of every application and device read the store."""
    _applications.clear()
    _devices.clear()


def remember(application_id: str, record: DeviceRecord) -> Device:
    """Makes the device of a record that was just read or written, and remembers it."""
    device = _devices[application_id, record["id"]] = Device.from_record(record)
    return device
