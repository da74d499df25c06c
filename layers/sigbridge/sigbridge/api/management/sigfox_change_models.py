"""Requests about devices in Sigfox."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, StrictBool, WithJsonSchema, model_validator

from sigbridge.api.http.models import DEVICE_ID_SCHEMA, MomentInRequest, RequestModel, ResponseModel
from sigbridge.api.management.jobs import JobResponse
from sigbridge.devices import is_sigfox_id, sigfox_device_id
from sigbridge.model.device_type import DEVICE_TYPE_ID
from sigbridge.model.sigfox_change import DeviceWish

MOST_SIGFOX_DEVICES = 10_000
# Of groups and device types: Sigfox's own are 24 digits of hex.
SIGFOX_ID = f"^{DEVICE_TYPE_ID}$"


def _read_sigfox_id(text: str) -> str:
    device_id = sigfox_device_id(text)
    if not is_sigfox_id(device_id):
        message = "must be hex of at most 8 digits (`-`, `:` and spaces are ignored)"
        raise ValueError(message)
    return device_id


def _check_distinct(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        message = "must not name a device twice"
        raise ValueError(message)
    return ids


SigfoxDeviceId = Annotated[str, AfterValidator(_read_sigfox_id), WithJsonSchema(DEVICE_ID_SCHEMA)]
SigfoxTypeId = Annotated[
    str,
    Field(
        pattern=SIGFOX_ID,
        description="Id of a device type in Sigfox",
        examples=["5e74c318aa8aec41f9cc6b00"],
    ),
]
Pac = Annotated[
    SecretStr,
    Field(
        min_length=1,
        max_length=64,
        description="Its porting authorization code",
        examples=["0123456789ABCDEF"],
    ),
]
Latitude = Annotated[float | None, Field(ge=-90, le=90, description="Where it is, in degrees")]
Longitude = Annotated[float | None, Field(ge=-180, le=180, description="Where it is, in degrees")]


class SigfoxDeviceFields(RequestModel):
    """What can be said of a device in Sigfox; what is left out stays as it is, or as Sigfox makes it."""

    name: str | None = Field(None, min_length=1, max_length=100, description="Its name in Sigfox")
    lat: Latitude = None
    lng: Longitude = None
    automatic_renewal: StrictBool | None = Field(
        None, description="Whether its subscription is renewed when it ends"
    )
    activable: StrictBool | None = Field(None, description="Whether it may begin a subscription")

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        check_place(self.lat, self.lng)
        return self

    def wish(self, device_id: str, pac: SecretStr | None = None) -> DeviceWish:
        """Return what a device is to be."""
        return DeviceWish(
            id=device_id,
            pac=None if pac is None else pac.get_secret_value(),
            name=self.name,
            lat=self.lat,
            lng=self.lng,
            automatic_renewal=self.automatic_renewal,
            activable=self.activable,
        )


class SigfoxDeviceUpdate(SigfoxDeviceFields):
    """What to change of a device in Sigfox."""


class SigfoxDeviceCreate(SigfoxDeviceFields):
    """A device to register in Sigfox; without a name it is called by its id there."""

    id: SigfoxDeviceId
    pac: Pac


class SigfoxDeviceCreateMany(RequestModel):
    """Devices to register in Sigfox."""

    device_type_id: SigfoxTypeId
    devices: list[SigfoxDeviceCreate] = Field(min_length=1, max_length=MOST_SIGFOX_DEVICES)

    def wishes(self) -> list[DeviceWish]:
        """Return what the devices are to be."""
        return [device.wish(device.id, device.pac) for device in self.devices]


class SigfoxDeviceEdit(SigfoxDeviceFields):
    """What to change of one of several devices in Sigfox."""

    id: SigfoxDeviceId


class SigfoxDeviceEditMany(RequestModel):
    """What to change of devices in Sigfox."""

    devices: list[SigfoxDeviceEdit] = Field(min_length=1, max_length=MOST_SIGFOX_DEVICES)

    def wishes(self) -> list[DeviceWish]:
        """Return what the devices are to be."""
        return [device.wish(device.id) for device in self.devices]


class SigfoxDeviceIds(RequestModel):
    """Devices in Sigfox."""

    ids: Annotated[list[SigfoxDeviceId], AfterValidator(_check_distinct)] = Field(
        min_length=1, max_length=MOST_SIGFOX_DEVICES, description="Their ids", examples=[["1A2B45"]]
    )

    def wishes(self) -> list[DeviceWish]:
        """Return the devices, of which nothing else is said."""
        return [DeviceWish(device_id) for device_id in self.ids]


class SigfoxTransfer(SigfoxDeviceIds):
    """Devices that are to have another device type in Sigfox."""

    device_type_id: SigfoxTypeId


class SigfoxUnsubscription(SigfoxDeviceIds):
    """Devices whose subscriptions are to end."""

    at: MomentInRequest | None = Field(None, description="When; now where it is left out")


class SigfoxReplacement(RequestModel):
    """Which device takes the place of another."""

    target_device_id: SigfoxDeviceId


class SigfoxChangeResponse(ResponseModel):
    """What became of a change."""

    job: JobResponse | None = Field(
        description="Makes the change when Sigfox takes it; left out where it is made"
    )


def check_place(lat: float | None, lng: float | None) -> None:
    """Check that of a place both is said, or nothing.

    Raises:
        ValueError: It is not.
    """
    if (lat is None) != (lng is None):
        message = "lat and lng must be given together"
        raise ValueError(message)
