"""Device types."""

from sigfox_simulator.sigfox_api.paging import is_set, listed, sorted_as_asked
from sigfox_simulator.sigfox_api.requests import (
    NO_CONTENT,
    Answer,
    Json,
    Refused,
    Request,
    bad_field,
    created,
    not_found,
)
from sigfox_simulator.sigfox_api.routing import route
from sigfox_simulator.sigfox_api.state import SigfoxState, found, reference

_DOWNLINK_MODES = range(4)
_PAYLOAD_TYPES = {2, 3, 4, 5, 6, 9}
_SHORTEST_KEEP_ALIVE_S = 1_800


@route("GET", "/device-types/")
def list_device_types(state: SigfoxState, request: Request) -> Json:
    groups = listed(request, "groupIds")
    wanted = state.groups_within(groups or list(state.groups), deep=is_set(request, "deep"))
    if not set(groups) <= state.groups.keys():
        raise not_found("Group")
    types = [each for each in state.device_types.values() if each["group"]["id"] in wanted]
    if contract := request.query.get("contractId"):
        types = [each for each in types if any(held["id"] == contract for held in each["contracts"])]
    if name := request.query.get("name"):
        types = [each for each in types if name.lower() in each["name"].lower()]
    return state.pages.cut(sorted_as_asked(types, request), request)


@route("GET", "/device-types/{id}")
def show_device_type(state: SigfoxState, _request: Request, type_id: str) -> Json:
    return found(state.device_types, type_id, "Device type")


@route("POST", "/device-types/")
def create_device_type(state: SigfoxState, request: Request) -> Answer:
    body = _checked(request)
    for name in ("groupId", "name", "contracts"):
        if not body.get(name):
            raise bad_field(name, "is required")
    found(state.groups, body["groupId"], "Group")
    contracts = _contracts(state, body["contracts"], body["groupId"])
    made = state.add_device_type(body["groupId"], state.new_id(), body["name"], contracts[0]["id"], 2)
    _change(state, made, body)
    return created(made["id"], f"/device-types/{made['id']}")


@route("PUT", "/device-types/{id}")
def change_device_type(state: SigfoxState, request: Request, type_id: str) -> Answer:
    device_type = found(state.device_types, type_id, "Device type")
    _change(state, device_type, _checked(request))
    return NO_CONTENT


@route("DELETE", "/device-types/{id}")
def delete_device_type(state: SigfoxState, _request: Request, type_id: str) -> Answer:
    found(state.device_types, type_id, "Device type")
    if any(device["deviceType"]["id"] == type_id for device in state.devices.values()):
        raise Refused(400, "The device type has devices")
    del state.device_types[type_id], state.callbacks_of[type_id]
    return NO_CONTENT


def _checked(request: Request) -> Json:
    if not isinstance(request.body, dict):
        raise Refused(400, "Invalid request")
    body: Json = request.body
    keep_alive = body.get("keepAlive") or 0
    if not isinstance(keep_alive, int) or 0 < keep_alive < _SHORTEST_KEEP_ALIVE_S:
        raise bad_field("keepAlive", "must be 0 or 1800 at least")
    if body.get("downlinkMode", 0) not in _DOWNLINK_MODES:
        raise bad_field("downlinkMode", "must be from 0 to 3")
    if body.get("payloadType", 2) not in _PAYLOAD_TYPES:
        raise bad_field("payloadType", "is unknown")
    if len(body.get("name") or "") > 100:
        raise bad_field("name", "must have 100 characters at most")
    if len(body.get("description") or "") > 300:
        raise bad_field("description", "must have 300 characters at most")
    return body


def _change(state: SigfoxState, device_type: Json, body: Json) -> None:
    changes = {name: value for name, value in body.items() if name not in {"groupId", "contracts"}}
    if contracts := body.get("contracts"):
        held = _contracts(state, contracts, device_type["group"]["id"])
        changes |= {"contract": held[0], "contracts": held}
    for name, value in changes.items():
        if value is None:
            device_type.pop(name, None)
        else:
            device_type[name] = value
    device_type["lastEditionTime"] = state.now_ms()


def _contracts(state: SigfoxState, wanted: list[Json], group_id: str) -> list[Json]:
    contracts = [found(state.contracts, each["id"], "Contract") for each in wanted]
    if any(contract["group"]["id"] != group_id for contract in contracts):
        raise bad_field("contracts", "must be of the device type's group")
    return [reference(contract) for contract in contracts]
