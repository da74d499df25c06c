"""`/v1/sigfox/devices` and `/v1/devices/{id}/sigfox`: devices are registered and changed in Sigfox."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.endpoint import SigfoxDevicesWriter
from sigbridge.api.management.jobs import JobResponse
from sigbridge.api.management.messages import DeviceInPath
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import CONFLICT, NOT_CONNECTED, REFUSED
from sigbridge.api.management.sigfox_change_models import (
    SigfoxChangeResponse,
    SigfoxDeviceCreateMany,
    SigfoxDeviceEditMany,
    SigfoxDeviceIds,
    SigfoxDeviceUpdate,
    SigfoxReplacement,
    SigfoxTransfer,
    SigfoxUnsubscription,
)
from sigbridge.clock import now_ms
from sigbridge.devices import find_device
from sigbridge.jobs import TooManyJobs
from sigbridge.model.sigfox_change import DeviceChange, DeviceWish, SigfoxOrder
from sigbridge.provisioning.change_orders import (
    NoRoomInContract,
    disengage_device,
    edit_device,
    order_change,
    replace_device,
)

routes = new_routes()

_FULL = NoRoomInContract("5e74c318aa8aec41f9cc6b00")


@routes.post("/v1/sigfox/devices", summary="Register devices in Sigfox", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, _FULL, TooManyJobs())
def create_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxDeviceCreateMany, Body()]
) -> tuple[JobResponse, int]:
    """Register up to 10,000 devices in Sigfox under a device type, as a job, and list them here.

    Those that Sigfox has under another device type are transferred, and keep their history; those that it has
    under this one stay as they are. Each device that Sigfox refuses, for its PAC say, is among the
    job's `errors`; the others are registered.
    """
    order = SigfoxOrder(DeviceChange.REGISTER, body.device_type_id)
    return _ordered(key, order, body.wishes())


@routes.patch("/v1/sigfox/devices", summary="Change devices in Sigfox", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def update_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxDeviceEditMany, Body()]
) -> tuple[JobResponse, int]:
    """Change names, places or automatic renewal of up to 10,000 devices in Sigfox, as a job."""
    return _ordered(key, SigfoxOrder(DeviceChange.EDIT), body.wishes())


@routes.post("/v1/sigfox/devices/transfer", summary="Transfer devices", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def transfer_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxTransfer, Body()]
) -> tuple[JobResponse, int]:
    """Give devices another device type in Sigfox, with their history, as a job."""
    return _ordered(key, SigfoxOrder(DeviceChange.TRANSFER, body.device_type_id), body.wishes())


@routes.post("/v1/sigfox/devices/suspend", summary="Suspend devices", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def suspend_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxDeviceIds, Body()]
) -> tuple[JobResponse, int]:
    """Have Sigfox take nothing from devices until they are resumed, as a job."""
    return _ordered(key, SigfoxOrder(DeviceChange.SUSPEND), body.wishes())


@routes.post("/v1/sigfox/devices/resume", summary="Resume devices", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def resume_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxDeviceIds, Body()]
) -> tuple[JobResponse, int]:
    """Have Sigfox take messages of devices that were suspended, as a job."""
    return _ordered(key, SigfoxOrder(DeviceChange.RESUME), body.wishes())


@routes.post("/v1/sigfox/devices/unsubscribe", summary="End subscriptions", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def unsubscribe_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxUnsubscription, Body()]
) -> tuple[JobResponse, int]:
    """End the subscriptions of devices, as a job."""
    ends_at = now_ms() if body.at is None else body.at
    return _ordered(key, SigfoxOrder(DeviceChange.UNSUBSCRIBE, unsubscribed_at=ends_at), body.wishes())


@routes.post("/v1/sigfox/devices/restart", summary="Restart devices", tags=["sigfox"], status_code=202)
@refuses(NOT_CONNECTED, REFUSED, TooManyJobs())
def restart_sigfox_devices(
    key: SigfoxDevicesWriter, body: Annotated[SigfoxDeviceIds, Body()]
) -> tuple[JobResponse, int]:
    """Have devices begin anew in Sigfox, as a job."""
    return _ordered(key, SigfoxOrder(DeviceChange.RESTART), body.wishes())


@routes.patch(
    "/v1/devices/<device_id>/sigfox",
    summary="Change a device in Sigfox",
    tags=["sigfox"],
    responses={
        200: {"description": "It is changed"},
        202: {"description": "It is changed when Sigfox takes it"},
    },
)
@refuses(NOT_CONNECTED, REFUSED, CONFLICT, TooManyJobs())
def update_sigfox_device(
    key: SigfoxDevicesWriter, device_id: DeviceInPath, body: Annotated[SigfoxDeviceUpdate, Body()]
) -> tuple[SigfoxChangeResponse, int]:
    """Change a device's name, place or automatic renewal in Sigfox: at once (200), or as a job (202).

    Sigfox changes a device once an hour. What waits for that already is taken into a later change.
    """
    device = find_device(key.application_id, device_id)
    job = edit_device(key.application_id, body.wish(device.id))
    if job is None:
        return SigfoxChangeResponse(job=None), 200
    return SigfoxChangeResponse(job=JobResponse.of(job)), 202


@routes.post(
    "/v1/devices/<device_id>/sigfox/disengage",
    summary="Disengage the sequence number",
    tags=["sigfox"],
    status_code=204,
)
@refuses(NOT_CONNECTED, REFUSED, CONFLICT)
def disengage_sigfox_device(key: SigfoxDevicesWriter, device_id: DeviceInPath) -> Response[None]:
    """Have Sigfox take the next message of a device whatever its sequence number is.

    For a device that was reset: Sigfox takes what it sends for old otherwise.
    """
    disengage_device(key.application_id, find_device(key.application_id, device_id).id)
    return Response(204)


@routes.post(
    "/v1/devices/<device_id>/sigfox/replace", summary="Replace a device", tags=["sigfox"], status_code=204
)
@refuses(NOT_CONNECTED, REFUSED, CONFLICT)
def replace_sigfox_device(
    key: SigfoxDevicesWriter, device_id: DeviceInPath, body: Annotated[SigfoxReplacement, Body()]
) -> Response[None]:
    """Have another device that Sigfox has take the place of a device there, and its subscription."""
    replaced = find_device(key.application_id, device_id)
    replace_device(key.application_id, replaced.id, body.target_device_id)
    return Response(204)


def _ordered(
    key: SigfoxDevicesWriter, order: SigfoxOrder, wishes: list[DeviceWish]
) -> tuple[JobResponse, int]:
    return JobResponse.of(order_change(key.application_id, order, wishes)), 202
