"""Requests and responses about devices."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from sigbridge.api.http.device_status import BatteryResponse, DeviceStatusResponse, LastMessageResponse
from sigbridge.api.http.models import DeviceId, Moment, RequestModel, ResponseModel
from sigbridge.api.management.device_types import TypeId
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.sigfox_change_models import Latitude, Longitude, Pac, check_place
from sigbridge.applications import PayloadEncoding
from sigbridge.clock import now_ms
from sigbridge.devices import (
    MOST_PARAMETERS,
    Device,
    Parameter,
    is_sigfox_id,
    new_parameter,
    sigfox_device_id,
)
from sigbridge.downlinks import InFlight
from sigbridge.errors import Fault, InvalidInput
from sigbridge.jobs import Job
from sigbridge.messages import Network
from sigbridge.model.parameter import PARAMETER_KEY
from sigbridge.model.settings import LONGEST_NAME
from sigbridge.model.sigfox_change import DeviceWish
from sigbridge.status import ObservationKind, Status
from sigbridge.status.device_list import ListedDevice

_MOST_TAGS = 50
# A page of devices, and a hundred devices read together, stay within what Lambda and DynamoDB carry.
_TAGS_SIZE = 32_000


_QUEUE_LENGTH = Field(description="Downlinks that wait in its queue")


class TagCreate(RequestModel):
    """A tag; a device has one value for each key."""

    key: Annotated[str, Field(min_length=1, max_length=100)]
    value: Annotated[str, Field(max_length=1000)]


def _check_keys[T: (TagCreate, "ParameterCreate")](items: Sequence[T]) -> Sequence[T]:
    if len({item.key for item in items}) < len(items):
        message = "must not have a key twice"
        raise ValueError(message)
    return items


def _check_tags(tags: Sequence[TagCreate]) -> Sequence[TagCreate]:
    if len(json.dumps([tag.model_dump() for tag in tags])) > _TAGS_SIZE:
        message = f"must not exceed {_TAGS_SIZE} bytes of JSON together"
        raise ValueError(message)
    return tags


Name = Annotated[str, Field(max_length=LONGEST_NAME, description="Display name")]
Tags = Annotated[
    list[TagCreate],
    Field(
        max_length=_MOST_TAGS,
        description=f"Tags, at most {_TAGS_SIZE} bytes of JSON together",
        examples=[[{"key": "site", "value": "Lyon"}]],
    ),
    AfterValidator(_check_keys),
    AfterValidator(_check_tags),
]
Type = Annotated[TypeId | None, Field(description="Id of a device type that exists; null for none")]
Active = Annotated[
    StrictBool, Field(description="Whether its messages are accepted: otherwise its uplinks get 403")
]
Encoding = Annotated[
    PayloadEncoding | None,
    Field(description="How it writes generic payloads; null as its type or the application says"),
]


class DeviceCreate(RequestModel):
    """A new device."""

    id: Annotated[DeviceId, Field(description="As its callbacks name it", examples=["1A2B3C"])]
    network: Annotated[
        Network,
        Field(
            description="Whose id it is: one of `sigfox` that has at most 8 hex digits loses its leading"
            " zeros, one of `generic` does not"
        ),
    ] = Network.SIGFOX
    name: Name = ""
    type: Type = None
    tags: Tags = Field(default_factory=list)
    active: Active = True
    payload_encoding: Encoding = None
    pac: Pac | None = Field(None, description="Its porting authorization code, where Sigfox is told of it")
    lat: Latitude = None
    lng: Longitude = None

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        check_place(self.lat, self.lng)
        return self

    @property
    def device_id(self) -> str:
        """The id under which its messages will be kept."""
        return sigfox_device_id(self.id) if self.network is Network.SIGFOX else self.id

    def sigfox_wish(self) -> DeviceWish:
        """Return what the device is to be in Sigfox.

        Raises:
            InvalidInput: It is not Sigfox's, or what Sigfox asks for is missing.
        """
        faults = [Fault(name, "is missing") for name in ("pac", "type") if getattr(self, name) is None]
        if self.network is not Network.SIGFOX or not is_sigfox_id(self.device_id):
            faults.append(Fault("id", "is not Sigfox's, which is hex of at most 8 digits"))
        if faults:
            raise InvalidInput.of(faults)
        pac = None if self.pac is None else self.pac.get_secret_value()
        return DeviceWish(self.device_id, pac, self.name or None, self.lat, self.lng)

    def refuse_sigfox_fields(self) -> None:
        """Check that nothing is said that only Sigfox is told.

        Raises:
            InvalidInput: Something is.
        """
        said = [name for name in ("pac", "lat", "lng") if getattr(self, name) is not None]
        if said:
            raise InvalidInput.of(
                [Fault(name, "is told to Sigfox alone: ask with ?sigfox=true") for name in said]
            )

    def device(self) -> Device:
        """Make the device."""
        return Device(
            id=self.device_id,
            payload_encoding=self.payload_encoding,
            registered_at=now_ms(),
            name=self.name,
            type=self.type,
            tags=tags_by_key(self.tags),
            active=self.active,
        )


class DeviceUpdate(RequestModel):
    """Fields to change. What is left out stays as it is; `tags` takes the place of all tags."""

    # What is not sent is not looked at: these are no defaults, and the schema has none.
    name: Name = Field(default_factory=str)
    type: Type = None
    tags: Tags = Field(default_factory=list)
    active: Active = Field(default_factory=bool)
    payload_encoding: Encoding = None

    def wanted(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return values | ({"tags": tags_by_key(self.tags)} if "tags" in values else {})


def tags_by_key(tags: Sequence[TagCreate]) -> Mapping[str, str]:
    """Return the tags as a device has them."""
    return {tag.key: tag.value for tag in tags}


class ParameterCreate(RequestModel):
    """A parameter that a device has from the start."""

    key: str = Field(json_schema_extra={"pattern": PARAMETER_KEY}, examples=["downlinkData"])
    value: str = Field(examples=["00000000ada1b2c3"])
    sent: StrictBool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            self.parameter()
        except InvalidInput as invalid:
            raise ValueError(invalid.faults[0].message) from invalid
        return self

    def parameter(self) -> Parameter:
        """Make the parameter."""
        return new_parameter(self.key, self.value, sent=self.sent)


Parameters = Annotated[
    list[ParameterCreate],
    Field(max_length=MOST_PARAMETERS, description="Its parameters, each key once"),
    AfterValidator(_check_keys),
]


class DeviceImport(DeviceCreate):
    """A new device, with its parameters."""

    parameters: Parameters = Field(default_factory=list)


class TagResponse(ResponseModel):
    """A tag."""

    key: str
    value: str


class DeviceResponse(ResponseModel):
    """A device. What is left out is not set."""

    id: str
    name: str
    type: str | None = Field(description="Id of its device type, which Sigfox may name before you list it")
    tags: list[TagResponse] = Field(description="In the order of their keys")
    active: bool
    payload_encoding: PayloadEncoding | None
    created_at: Moment

    @classmethod
    def of(cls, device: Device) -> "DeviceResponse":
        return cls.model_validate(device_fields(device))


class DeviceCreateResponse(DeviceResponse):
    """A new device."""

    job: JobResponse | None = Field(
        description="Transfers it, where Sigfox has it under another device type; left out elsewhere"
    )

    @classmethod
    def of_created(cls, device: Device, job: Job | None = None) -> "DeviceCreateResponse":
        return cls.model_validate({**device_fields(device), "job": job and JobResponse.of(job)})


class ListedDeviceResponse(DeviceResponse):
    """A device in a list, with its state."""

    state: Status
    since: Moment | None = Field(description="Since when; left out while the state is `ok`")
    last_message: LastMessageResponse | None
    battery: BatteryResponse | None
    queue_length: int = _QUEUE_LENGTH

    @classmethod
    def of_listed(cls, listed: ListedDevice) -> "ListedDeviceResponse":
        status = listed.status
        battery = status.known.get(ObservationKind.BATTERY)
        return cls.model_validate(
            {
                **device_fields(listed.device),
                "state": status.state,
                "since": status.since,
                "last_message": status.last_message and LastMessageResponse.of(status.last_message),
                "battery": battery and {"at": battery.at, **battery.facts},
                "queue_length": listed.queue_length,
            }
        )


class DeviceListResponse(ResponseModel):
    """A page of devices, in the order of their ids."""

    devices: list[ListedDeviceResponse] = Field(
        description="May be fewer than `limit`, or none, though another page follows"
    )
    next_cursor: str | None = Field(description="Asks for the next page; left out on the last one")


class UplinkResponse(ResponseModel):
    """The uplink that a downlink was handed to."""

    time: Moment
    seq_number: int | None


class InFlightResponse(ResponseModel):
    """A downlink that was handed to Sigfox and waits for its acknowledgement."""

    id: str
    payload: str = Field(description="16 lower-case hex digits")
    attempt: int
    uplink: UplinkResponse

    @classmethod
    def of(cls, flight: InFlight) -> "InFlightResponse":
        return cls(
            id=flight.downlink.id,
            payload=flight.downlink.payload,
            attempt=flight.downlink.attempt,
            uplink=UplinkResponse(time=flight.uplink.time, seq_number=flight.uplink.seq_number),
        )


class DeviceDetailResponse(DeviceResponse, DeviceStatusResponse):
    """A device and its state."""

    queue_length: int = _QUEUE_LENGTH
    in_flight: list[InFlightResponse] = Field(
        description="Downlinks that were handed to Sigfox and wait for their acknowledgement"
    )


class DeviceDeleteResponse(ResponseModel):
    """The device is gone; its items follow in the background if they are many."""

    status: bool = True


class DeviceImportResponse(ResponseModel):
    """What became of the devices of an import."""

    created: int = Field(description="How many are new")
    existing: int = Field(description="How many existed already, and are unchanged")
    left_out: list[str] | None = Field(description="Columns of TagoIO's that were not read")
    jobs: list[JobResponse] | None = Field(
        description="Register them in Sigfox, one for each device type; left out where that is not asked for"
    )


def device_fields(device: Device) -> Mapping[str, Any]:
    """Return the fields of `DeviceResponse`."""
    return {
        "id": device.id,
        "name": device.name,
        "type": device.type,
        "tags": [{"key": key, "value": device.tags[key]} for key in sorted(device.tags)],
        "active": device.active,
        "payload_encoding": device.payload_encoding,
        "created_at": device.registered_at,
    }
