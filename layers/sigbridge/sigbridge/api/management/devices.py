"""`/v1/devices`: the devices of the application."""

from contextlib import suppress
from typing import Annotated
from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import AfterValidator

from sigbridge import devices
from sigbridge.api.http.device_status import device_status_fields
from sigbridge.api.http.request import Request
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.cursors import read_cursor, unreadable_cursor, write_cursor
from sigbridge.api.management.device_models import (
    DeviceCreate,
    DeviceCreateResponse,
    DeviceDeleteResponse,
    DeviceDetailResponse,
    DeviceListResponse,
    DeviceResponse,
    DeviceUpdate,
    InFlightResponse,
    ListedDeviceResponse,
    device_fields,
)
from sigbridge.api.management.endpoint import DevicesReader, DevicesWriter, InSigfox
from sigbridge.api.management.messages import DeviceInPath
from sigbridge.api.management.resolver import refuses
from sigbridge.api.management.sigfox import NOT_CONNECTED, REFUSED
from sigbridge.clock import now_ms
from sigbridge.credentials import Right
from sigbridge.deletion import erase_device
from sigbridge.devices import (
    DeviceExists,
    DeviceFilter,
    InvalidDeviceId,
    change_device,
    find_device,
    normalize_device_id,
    normalize_id_prefix,
)
from sigbridge.downlinks import quota_of, waiting_downlinks
from sigbridge.errors import Fault, InvalidInput
from sigbridge.provisioning.change_orders import create_registered_device
from sigbridge.status import Status, status_of
from sigbridge.status.device_list import device_page

routes = new_routes()


@routes.post("/v1/devices", summary="Create a device", tags=["devices"], status_code=201)
@refuses(DeviceExists("Device 1A2B45 exists already"), NOT_CONNECTED, REFUSED)
def create_device(
    key: DevicesWriter, body: Annotated[DeviceCreate, Body()], sigfox: InSigfox = False
) -> tuple[DeviceCreateResponse, int]:
    """Register a device before its first message: it may then send, and downlinks can be queued for it.

    With `sigfox` it is registered in Sigfox first, under its `type`, with its `pac`. Where Sigfox has
    it under another device type already, a job transfers it.
    """
    if not sigfox:
        body.refuse_sigfox_fields()
        device = devices.create_device(key.application_id, body.device())
        return DeviceCreateResponse.of_created(device), 201
    key.require(Right.SIGFOX_WRITE)
    registered = create_registered_device(key.application_id, body.device(), body.sigfox_wish())
    return DeviceCreateResponse.of_created(registered.device, registered.transfer), 201


@routes.get("/v1/devices", summary="List devices", tags=["devices"])
def list_devices(
    key: DevicesReader,
    request: ResolvedRequest,
    limit: Annotated[int, Query(ge=1, le=100, description="Devices in a page, at most")] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the previous page")] = None,
    type_id: Annotated[
        str | None, Query(alias="type", max_length=64, description="Id of their device type")
    ] = None,
    tag: Annotated[
        list[str] | None,
        Query(description="A tag that they have, as `key:value`, or `key` for any value; repeat it for more"),
    ] = None,
    state: Annotated[Status | None, Query(description="Their state")] = None,
    prefix: Annotated[
        str, Query(description="Beginning of their ids"), AfterValidator(normalize_id_prefix)
    ] = "",
) -> DeviceListResponse:
    """Devices in the order of their ids, each with its state.

    A page costs by what is read for it: 1,000 devices at most, of which filters may leave few or none.
    The list ends where `next_cursor` is missing. A device that was just created may be missing for a second.
    """
    received: Request = request.context["request"]
    tags = _read_tags(received) if tag else ()
    query = [key.application_id, type_id, tags, state, prefix]
    after = None if cursor is None else _read_id(cursor, query)
    page = device_page(key.application_id, DeviceFilter(prefix, type_id, tags), state, after, limit)
    return DeviceListResponse(
        devices=[ListedDeviceResponse.of_listed(listed) for listed in page.devices],
        next_cursor=None if page.next_after is None else write_cursor(page.next_after, query),
    )


@routes.get("/v1/devices/<device_id>", summary="Show a device", tags=["devices"])
def get_device(key: DevicesReader, device_id: DeviceInPath) -> DeviceDetailResponse:
    """A device and its state."""
    moment = now_ms()
    condition = status_of(key.application_id, device_id, moment)
    device = find_device(key.application_id, device_id)
    quota = quota_of(key.application_id, device_id, moment)
    waiting = waiting_downlinks(key.application_id, device_id)
    return DeviceDetailResponse.model_validate(
        {
            **device_fields(device),
            **device_status_fields(condition, quota),
            "queue_length": waiting.queued,
            "in_flight": [InFlightResponse.of(flight) for flight in waiting.in_flight],
        }
    )


@routes.patch("/v1/devices/<device_id>", summary="Change a device", tags=["devices"])
def update_device(
    key: DevicesWriter, device_id: DeviceInPath, body: Annotated[DeviceUpdate, Body()]
) -> DeviceResponse:
    """Change the fields that are sent. Running functions follow within a minute.

    A device type that you choose stays until Sigfox's callbacks name another one than before.
    """
    return DeviceResponse.of(change_device(key.application_id, device_id, body.wanted()))


@routes.delete("/v1/devices/<device_id>", summary="Delete a device", tags=["devices"], status_code=202)
def delete_device(key: DevicesWriter, device_id: DeviceInPath) -> tuple[DeviceDeleteResponse, int]:
    """Delete a device, its queue, its parameters and its messages, the latter in the background.

    What is still taken of it in the next minute, while running functions remember it, is deleted too. Then,
    where unknown devices are registered, it comes back, empty, with its next message.
    """
    erase_device(key.application_id, device_id)
    return DeviceDeleteResponse(), 202


def _read_id(cursor: str, query: object) -> str:
    """Read the device after which a page begins; whoever forges a cursor gets no further than this."""
    position = read_cursor(cursor, query)
    with suppress(InvalidDeviceId):
        if normalize_device_id(position) == position:
            return position
    raise unreadable_cursor()


def _read_tags(request: Request) -> tuple[tuple[str, str | None], ...]:
    """Read all `tag`s of the query itself: in API Gateway's form of it a comma would part them."""
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    tags = [text.partition(":") for name, text in pairs if name == "tag"]
    if not all(tag_key for tag_key, _, _ in tags):
        raise InvalidInput.of([Fault("tag", "must be key:value, or key for any value")])
    return tuple((tag_key, value if colon else None) for tag_key, colon, value in tags)
