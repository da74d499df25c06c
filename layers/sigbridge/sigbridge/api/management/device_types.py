"""`/v1/device-types`: how the devices of a type are treated."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AfterValidator, Field, StrictBool

from sigbridge import applications
from sigbridge.api.http.models import RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import DevicesReader, DevicesWriter
from sigbridge.api.management.formatter_models import FormatterId
from sigbridge.api.management.resolver import refuses
from sigbridge.applications import (
    DEVICE_TYPE_ID,
    DeviceType,
    DeviceTypeExists,
    DownlinkQuota,
    PayloadEncoding,
    TooManyDeviceTypes,
    UnknownDeviceType,
    change_device_type,
    device_types,
    find_device_type,
)
from sigbridge.model.settings import (
    LONGEST_KEEP_ALIVE_S,
    LONGEST_NAME,
    MOST_DAILY_DOWNLINKS,
    SHORTEST_KEEP_ALIVE_S,
)

routes = new_routes()

_ID_PATTERN = f"^{DEVICE_TYPE_ID}$"
TypeId = Annotated[
    str,
    Field(
        pattern=_ID_PATTERN,
        description="Sigfox's deviceTypeId, or an id of your own",
        examples=["5e74c318aa8aec41f9cc6b00", "tracker"],
    ),
]
_TypeInPath = Annotated[str, Path(pattern=_ID_PATTERN, description="Id of the device type")]
_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description="Display name")]
_NO_SUCH = UnknownDeviceType("There is no device type 'tracker'")
_EXISTS = DeviceTypeExists("There is a device type 'tracker' already")
_TOO_MANY = TooManyDeviceTypes("An application has at most 100 device types")
_DownlinkData = Annotated[str, Field(pattern="^[0-9A-Fa-f]{16}$"), AfterValidator(str.lower)]


class DeviceTypeResponse(ResponseModel):
    """A device type. What is left out is as the application says."""

    id: str
    name: str
    payload_encoding: PayloadEncoding | None
    pad_downlinks: bool
    downlink_data: str | None
    daily_downlinks: int | None
    downlink_quota: DownlinkQuota | None
    keep_alive_seconds: int | None
    uplink_formatter: str | None
    downlink_formatter: str | None
    compute_answers: bool

    @classmethod
    def of(cls, device_type: DeviceType) -> "DeviceTypeResponse":
        return cls.model_validate(device_type, from_attributes=True)


class DeviceTypeListResponse(ResponseModel):
    """All device types of the application, in the order of their ids; there are at most 100."""

    device_types: list[DeviceTypeResponse]


class _DeviceTypeSettings(RequestModel):
    payload_encoding: PayloadEncoding | None = Field(
        None, description="How generic payloads are written; null as the application says"
    )
    pad_downlinks: StrictBool | None = Field(
        None,
        description="Whether a downlink of fewer than 8 bytes is filled up with zeros at its end",
    )
    downlink_data: _DownlinkData | None = Field(
        None,
        description="16 hex digits that answer a device which asks, has nothing queued, and has no"
        " `downlinkData` parameter of its own; null for nothing",
        examples=["0102030405060708"],
    )
    daily_downlinks: Annotated[int, Field(strict=True, ge=0, le=MOST_DAILY_DOWNLINKS)] | None = Field(
        None, description="Downlinks of a device in a day (UTC); null as the application says"
    )
    downlink_quota: DownlinkQuota | None = Field(
        None,
        description="Whether more are handed out and reported, or stay queued; null as the application says",
    )
    keep_alive_seconds: (
        Annotated[int, Field(strict=True, ge=SHORTEST_KEEP_ALIVE_S, le=LONGEST_KEEP_ALIVE_S)] | None
    ) = Field(
        None, description="A device from which nothing was heard for longer is silent; null for no such rule"
    )
    uplink_formatter: FormatterId | None = Field(
        None, description="Id of the formatter that reads what the devices send; null for none"
    )
    downlink_formatter: FormatterId | None = Field(
        None, description="Id of the formatter that writes what they are sent; null for none"
    )
    compute_answers: StrictBool | None = Field(
        None,
        description="Whether the function `answerUplink` of the formatter for uplinks, a script, computes"
        " what answers a device that asks, has nothing queued and no `downlinkData` parameter of its own",
    )


class DeviceTypeCreate(_DeviceTypeSettings):
    """A new device type."""

    id: TypeId
    name: _Name | None = Field(None, description="Display name; the id if absent")

    def device_type(self) -> DeviceType:
        """Make the device type."""
        fields = self.model_dump() | {
            "name": self.name or self.id,
            "pad_downlinks": self.pad_downlinks or False,
            "compute_answers": self.compute_answers or False,
        }
        return DeviceType(**fields)


class DeviceTypeUpdate(_DeviceTypeSettings):
    """Fields to change. What is left out stays as it is; null is as the application says."""

    # What is not sent is not looked at: these are no defaults, and the schema has none.
    name: _Name = Field(default_factory=str)


@routes.get("/v1/device-types", summary="List device types", tags=["device types"])
def list_device_types(key: DevicesReader) -> DeviceTypeListResponse:
    """All device types of the application, in the order of their ids."""
    listed = [DeviceTypeResponse.of(each) for each in device_types(key.application_id)]
    return DeviceTypeListResponse(device_types=listed)


@routes.post("/v1/device-types", summary="Create a device type", tags=["device types"], status_code=201)
@refuses(_EXISTS, _TOO_MANY)
def create_device_type(
    key: DevicesWriter, body: Annotated[DeviceTypeCreate, Body()]
) -> tuple[DeviceTypeResponse, int]:
    """Create a device type; an application has at most 100. Running functions follow within a minute."""
    device_type = body.device_type()
    applications.create_device_type(key.application_id, device_type)
    return DeviceTypeResponse.of(device_type), 201


@routes.get("/v1/device-types/<type_id>", summary="Show a device type", tags=["device types"])
@refuses(_NO_SUCH)
def get_device_type(key: DevicesReader, type_id: _TypeInPath) -> DeviceTypeResponse:
    """One device type."""
    return DeviceTypeResponse.of(find_device_type(key.application_id, type_id))


@routes.patch("/v1/device-types/<type_id>", summary="Change a device type", tags=["device types"])
@refuses(_NO_SUCH)
def update_device_type(
    key: DevicesWriter, type_id: _TypeInPath, body: Annotated[DeviceTypeUpdate, Body()]
) -> DeviceTypeResponse:
    """Change the fields that are sent. Running functions follow within a minute."""
    wanted = body.model_dump(exclude_unset=True)
    return DeviceTypeResponse.of(change_device_type(key.application_id, type_id, wanted))


@routes.delete(
    "/v1/device-types/<type_id>", summary="Delete a device type", tags=["device types"], status_code=204
)
@refuses(_NO_SUCH)
def delete_device_type(key: DevicesWriter, type_id: _TypeInPath) -> Response[None]:
    """Delete a device type. Its devices keep its id, and are treated as the application says.

    Running functions follow within a minute.
    """
    applications.delete_device_type(key.application_id, type_id)
    return Response(204)
