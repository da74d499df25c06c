"""`/v1/devices/{id}/parameters`: a device's configuration parameters, as TagoIO has them."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BeforeValidator, Field, StrictBool

from sigbridge import devices
from sigbridge.api.http.models import Moment, RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import DevicesReader, DevicesWriter
from sigbridge.api.management.messages import DeviceInPath
from sigbridge.api.management.resolver import refuses
from sigbridge.devices import Parameter, UnknownParameter, parameters_of, set_parameter
from sigbridge.model.parameter import LARGEST_VALUE, PARAMETER_KEY

routes = new_routes()


def _read_flag(value: object) -> object:
    """Refuse the many other words that pydantic takes for a boolean."""
    if isinstance(value, str) and value not in {"true", "false"}:
        message = "must be true or false"
        raise ValueError(message)
    return value


_Key = Annotated[
    str, Path(pattern=PARAMETER_KEY, description="Name of the parameter, such as `downlinkData`")
]
_Sent = Annotated[
    bool | None, BeforeValidator(_read_flag), Query(description="Only those with this value of `sent`")
]


class ParameterResponse(ResponseModel):
    """A parameter of a device."""

    key: str = Field(examples=["downlinkData"])
    value: str = Field(examples=["00000000ada1b2c3"])
    sent: bool
    updated_at: Moment

    @classmethod
    def of(cls, parameter: Parameter) -> "ParameterResponse":
        return cls.model_validate(parameter, from_attributes=True)


class ParameterListResponse(ResponseModel):
    """The parameters of a device, in the order of their keys; there are at most 60."""

    parameters: list[ParameterResponse]


class ParameterUpdate(RequestModel):
    """What a parameter is to be."""

    value: str = Field(
        description=f"At most {LARGEST_VALUE} bytes of UTF-8; that of `downlinkData` is 16 hex digits",
        examples=["00000000ada1b2c3"],
    )
    sent: StrictBool = Field(
        default=False,
        description="Whether the device has it: a flag for you and your programs, which Sigbridge never sets",
    )


@routes.get("/v1/devices/<device_id>/parameters", summary="List parameters", tags=["parameters"])
def list_parameters(
    caller: DevicesReader, device_id: DeviceInPath, sent: _Sent = None
) -> ParameterListResponse:
    """The parameters of a device, in the order of their keys."""
    found = parameters_of(caller.application_id, device_id)
    wanted = [ParameterResponse.of(each) for each in found if sent in {None, each.sent}]
    return ParameterListResponse(parameters=wanted)


@routes.put(
    "/v1/devices/<device_id>/parameters/<key>",
    summary="Set a parameter",
    tags=["parameters"],
    responses={200: {"description": "It has another value"}, 201: {"description": "It is new"}},
)
def update_parameter(
    caller: DevicesWriter, device_id: DeviceInPath, key: _Key, body: Annotated[ParameterUpdate, Body()]
) -> tuple[ParameterResponse, int]:
    """Create a parameter (201), or give it another value (200). A device has at most 60.

    `downlinkData` answers the device each time that it asks while its queue is empty, until the parameter is
    changed or deleted, and whatever `sent` says. No answer changes `sent`.
    """
    done = set_parameter(caller.application_id, device_id, key, body.value, sent=body.sent)
    return ParameterResponse.of(done.parameter), 201 if done.is_new else 200


@routes.delete(
    "/v1/devices/<device_id>/parameters/<key>",
    summary="Delete a parameter",
    tags=["parameters"],
    status_code=204,
)
@refuses(UnknownParameter("Device 1A2B45 has no parameter 'downlinkData'"))
def delete_parameter(caller: DevicesWriter, device_id: DeviceInPath, key: _Key) -> Response[None]:
    """Delete a parameter. Without `downlinkData` the device gets what is queued, or what its type says."""
    devices.delete_parameter(caller.application_id, device_id, key)
    return Response(204)
