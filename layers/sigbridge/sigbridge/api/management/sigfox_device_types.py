"""`/v1/sigfox/device-types`: device types in Sigfox, their callbacks, and what of these has drifted."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from sigbridge.api.http.models import Moment, RequestModel, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import SigfoxConnector, SigfoxWriter
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import NOT_CONNECTED, REFUSED
from sigbridge.api.management.sigfox_change_models import SIGFOX_ID
from sigbridge.credentials import TooManyKeys
from sigbridge.model.sigfox_device_type import ConnectMode, DownlinkMode, SigfoxDeviceType
from sigbridge.provisioning.checking import (
    CheckedType,
    TypeNotConnected,
    check_device_type,
    list_types_with_state,
)
from sigbridge.provisioning.connecting import (
    AlreadyConnecting,
    ConnectOrder,
    ConnectOutcome,
    StepOutcome,
    StepState,
    WouldStopOthers,
    connect_device_type,
    plan_connection,
)
from sigbridge.provisioning.drift import Drift
from sigbridge.provisioning.plan import Act
from sigbridge.provisioning.survey import UnknownSigfoxType

routes = new_routes()

_TypeInPath = Annotated[str, Path(pattern=SIGFOX_ID, description="Sigfox's id of the device type")]
_NO_SUCH = UnknownSigfoxType("5a1b2c3d4e5f60718293a4b6", "5a1b2c3d4e5f60718293a4b7")
_TYPE_NOT_CONNECTED = TypeNotConnected("5a1b2c3d4e5f60718293a4b7")
_WOULD_STOP_OTHERS = WouldStopOthers(
    "The downlink mode is DIRECT: Sigfox answers devices by itself, which would stop."
    " Use force to do it all the same"
)
_TOO_MANY_KEYS = TooManyKeys("An application has at most 200 keys")


class SigfoxTypeConnect(RequestModel):
    """As what a device type is to be connected."""

    mode: ConnectMode = Field(
        description="`bidir` for messages and downlinks, `uplink` for messages alone, `advanced` for messages"
        " 30 s later with what the network knows of them"
    )
    dry_run: bool = Field(default=False, description="Say what would be done, and do nothing")
    force: bool = Field(default=False, description="Do it though `obstacles` say what would stop")


class SigfoxDeviceTypeResponse(ResponseModel):
    """A device type in Sigfox, and how it is connected."""

    id: str
    name: str
    downlink_mode: DownlinkMode | None
    connected_as: ConnectMode | None = Field(description="Left out where it is not connected")
    checked_at: Moment | None = Field(description="When its callbacks were looked at last")
    drift: list[str] = Field(description="What was not as it was made then, each in words")

    @classmethod
    def of(cls, device_type: SigfoxDeviceType) -> "SigfoxDeviceTypeResponse":
        return cls(
            id=device_type.id,
            name=device_type.name,
            downlink_mode=device_type.downlink_mode,
            connected_as=device_type.connected_as,
            checked_at=device_type.checked_at,
            drift=list(device_type.drift),
        )


class SigfoxDeviceTypeListResponse(ResponseModel):
    """The device types of the connected group and of those below it."""

    device_types: list[SigfoxDeviceTypeResponse]


class DriftResponse(ResponseModel):
    """One thing that is not as it should be; keys are never shown."""

    callback: str | None = Field(description="Sigfox's name of its kind; left out for the device type itself")
    callback_id: str | None
    field: str = Field(examples=["bodyTemplate"])
    current: str
    wanted: str

    @classmethod
    def of(cls, drift: Drift) -> "DriftResponse":
        return cls(
            callback=drift.kind,
            callback_id=drift.callback_id,
            field=drift.field,
            current=drift.current,
            wanted=drift.wanted,
        )


class PlanStepResponse(ResponseModel):
    """A request to Sigfox, or something that is left as it is."""

    act: Act
    state: StepState
    callback: str | None = Field(description="Sigfox's name of its kind; left out for the device type itself")
    callback_id: str | None
    address: str | None = Field(description="What the callback calls, without a query")
    reason: str
    refusal: str | None = Field(description="Why Sigfox refused it")
    drift: list[DriftResponse]

    @classmethod
    def of(cls, outcome: StepOutcome) -> "PlanStepResponse":
        step = outcome.step
        kind = step.current.channel if step.kind is None and step.current else step.kind
        return cls(
            act=step.act,
            state=outcome.state,
            callback=kind,
            callback_id=None if step.current is None else step.current.id,
            address=step.address,
            reason=step.reason,
            refusal=outcome.refusal or None,
            drift=[DriftResponse.of(each) for each in step.drift],
        )


class SigfoxTypeConnectResponse(ResponseModel):
    """What was planned for a device type, and what of it was done."""

    device_type: SigfoxDeviceTypeResponse
    mode: ConnectMode
    steps: list[PlanStepResponse] = Field(description="In the order in which they are done")
    obstacles: list[str] = Field(description="What would stop, and is stopped with `force` alone")
    stopped_by: str | None = Field(
        description="Why the steps that are still planned were not done: the same request again goes on"
    )

    @classmethod
    def of(cls, outcome: ConnectOutcome) -> "SigfoxTypeConnectResponse":
        return cls(
            device_type=SigfoxDeviceTypeResponse.of(outcome.device_type),
            mode=outcome.plan.mode,
            steps=[PlanStepResponse.of(each) for each in outcome.steps],
            obstacles=list(outcome.plan.obstacles),
            stopped_by=outcome.stopped_by or None,
        )


class SigfoxTypeDriftResponse(ResponseModel):
    """What of a connected device type is not as it was made."""

    device_type: SigfoxDeviceTypeResponse
    drift: list[DriftResponse]

    @classmethod
    def of(cls, checked: CheckedType) -> "SigfoxTypeDriftResponse":
        return cls(
            device_type=SigfoxDeviceTypeResponse.of(checked.device_type),
            drift=[DriftResponse.of(each) for each in checked.drift],
        )


@routes.get("/v1/sigfox/device-types", summary="List device types in Sigfox", tags=["sigfox"])
@refuses(NOT_CONNECTED, REFUSED)
def list_sigfox_device_types(key: SigfoxWriter) -> SigfoxDeviceTypeListResponse:
    """The device types of the connected group and of those below it, as Sigfox has them now."""
    listed = list_types_with_state(key.application_id)
    return SigfoxDeviceTypeListResponse(device_types=[SigfoxDeviceTypeResponse.of(each) for each in listed])


@routes.post(
    "/v1/sigfox/device-types/<sigfox_type_id>/connect", summary="Connect a device type", tags=["sigfox"]
)
@refuses(NOT_CONNECTED, REFUSED, _NO_SUCH, _WOULD_STOP_OTHERS, AlreadyConnecting(), _TOO_MANY_KEYS)
def connect_sigfox_device_type(
    key: SigfoxConnector, sigfox_type_id: _TypeInPath, body: Annotated[SigfoxTypeConnect, Body()]
) -> SigfoxTypeConnectResponse:
    """Make the callbacks of a device type in Sigfox, or put right those that there are.

    What is right already is not touched, nothing is deleted. Where Sigfox stops it midway, `stopped_by`
    says why, and the same request again goes on.
    """
    order = ConnectOrder(key.application_id, sigfox_type_id, body.mode, is_forced=body.force)
    return SigfoxTypeConnectResponse.of(
        plan_connection(order) if body.dry_run else connect_device_type(order)
    )


@routes.get(
    "/v1/sigfox/device-types/<sigfox_type_id>/drift",
    summary="Check a device type's callbacks",
    tags=["sigfox"],
)
@refuses(NOT_CONNECTED, REFUSED, _NO_SUCH, _TYPE_NOT_CONNECTED)
def get_sigfox_drift(key: SigfoxWriter, sigfox_type_id: _TypeInPath) -> SigfoxTypeDriftResponse:
    """What of a connected device type is not as it was made; connecting it again puts it right."""
    return SigfoxTypeDriftResponse.of(check_device_type(key.application_id, sigfox_type_id))
