"""The routes beside The Things Stack's: one downlink, the history of a device's downlinks, its state."""

from sigbridge.api.http.endpoint import authorize_for
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.device_state import DeviceStateResponse
from sigbridge.api.things_stack.downlink_history import (
    addressed_downlink,
    deletion_response,
    downlink_response,
    history_response,
    read_page,
)
from sigbridge.api.things_stack.endpoint import application_endpoint, device_endpoint
from sigbridge.api.things_stack.requests import AddressedDevice, addressed_application
from sigbridge.api.things_stack.storage import read_storage_query, storage_response
from sigbridge.clock import now_ms
from sigbridge.credentials import Right
from sigbridge.devices import find_device
from sigbridge.downlinks import delete_downlink, downlink_history, downlink_history_of, quota_of
from sigbridge.formatters.reading import list_decoded_application_messages, list_decoded_messages
from sigbridge.status import status_of

_APPLICATION = "/api/v3/as/applications/{application_id}"
_DEVICE = f"{_APPLICATION}/devices/{{device_id}}"


def _delete_downlink(request: Request, device: AddressedDevice) -> Response:
    downlink_id = addressed_downlink(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_DOWN_WRITE)
    delete_downlink(device.application_id, device.device_id, downlink_id)
    return deletion_response()


def _get_downlink(request: Request, device: AddressedDevice) -> Response:
    downlink_id = addressed_downlink(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    return downlink_response(downlink_history_of(device.application_id, device.device_id, downlink_id))


def _list_downlinks(request: Request, device: AddressedDevice) -> Response:
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    limit, cursor = read_page(request)
    return history_response(downlink_history(device.application_id, device.device_id, limit, cursor))


def _get_state(request: Request, device: AddressedDevice) -> Response:
    authorize_for(device.application_id, request, Right.DEVICES_READ)
    condition = status_of(device.application_id, device.device_id, now_ms())
    quota = quota_of(device.application_id, device.device_id, now_ms())
    return Response.json(200, DeviceStateResponse.of(condition, quota).model_dump(mode="json"))


def _list_uplinks(request: Request, device: AddressedDevice) -> Response:
    query = read_storage_query(request)
    authorize_for(device.application_id, request, Right.TRAFFIC_READ)
    find_device(device.application_id, device.device_id)
    page = list_decoded_messages(device.application_id, device.device_id, query.messages)
    return storage_response(device.application_id, page, query)


def _list_application_uplinks(request: Request) -> Response:
    application_id = addressed_application(request)
    query = read_storage_query(request)
    authorize_for(application_id, request, Right.TRAFFIC_READ)
    page = list_decoded_application_messages(application_id, query.messages)
    return storage_response(application_id, page, query)


DEVICE_ROUTES = {
    f"DELETE {_DEVICE}/down/{{downlink_id}}": device_endpoint(_delete_downlink),
    f"GET {_DEVICE}/down/{{downlink_id}}": device_endpoint(_get_downlink),
    f"GET {_DEVICE}/downlinks": device_endpoint(_list_downlinks),
    f"GET {_DEVICE}/state": device_endpoint(_get_state),
    f"GET {_DEVICE}/packages/storage/{{type}}": device_endpoint(_list_uplinks),
    f"GET {_APPLICATION}/packages/storage/{{type}}": application_endpoint(_list_application_uplinks),
}
