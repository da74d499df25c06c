"""Devices."""

import math

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
from sigfox_simulator.sigfox_api.state import SigfoxState, found, padded_id

_CHANGEABLE = {
    "name",
    "lat",
    "lng",
    "productCertificate",
    "prototype",
    "automaticRenewal",
    "activable",
}


@route("GET", "/devices/")
def list_devices(state: SigfoxState, request: Request) -> Json:
    groups = listed(request, "groupIds")
    if not set(groups) <= state.groups.keys():
        raise not_found("Group")
    wanted = state.groups_within(groups or list(state.groups), deep=is_set(request, "deep"))
    devices = [each for each in state.devices.values() if each["group"]["id"] in wanted]
    if type_id := request.query.get("deviceTypeId"):
        found(state.device_types, type_id, "Device type")
        devices = [each for each in devices if each["deviceType"]["id"] == type_id]
    if id_ := request.query.get("id"):
        devices = [each for each in devices if each["id"] == padded_id(id_)]
    lowest, highest = request.query.get("minId", "0"), request.query.get("maxId", "F" * 8)
    devices = [each for each in devices if int(lowest, 16) <= int(each["id"], 16) <= int(highest, 16)]
    if request.query.get("sort", "name").removeprefix("-") == "id":
        reverse = request.query["sort"].startswith("-")
        devices.sort(key=lambda each: int(each["id"], 16), reverse=reverse)
        return state.pages.cut(devices, request)
    return state.pages.cut(sorted_as_asked(devices, request), request)


@route("POST", "/devices/")
def create_device(state: SigfoxState, request: Request) -> Answer:
    if not isinstance(request.body, dict):
        raise Refused(400, "Invalid request")
    body: Json = request.body
    for name in ("id", "name", "pac", "deviceTypeId"):
        if not body.get(name):
            raise bad_field(name, "is required")
    found(state.device_types, body["deviceTypeId"], "Device type")
    refusal = why_not_created(state, body["id"], body["pac"])
    if refusal:
        raise refusal
    device = state.add_device(body["deviceTypeId"], body["id"], body["pac"])
    change(state, device, {name: value for name, value in body.items() if name in _CHANGEABLE})
    return created(device["id"], f"/devices/{device['id']}")


@route("GET", "/devices/{id}")
def show_device(state: SigfoxState, _request: Request, device_id: str) -> Json:
    return state.device(device_id)


@route("PUT", "/devices/{id}")
def change_device(state: SigfoxState, request: Request, device_id: str) -> Answer:
    device = state.device(device_id)
    if not isinstance(request.body, dict):
        raise Refused(400, "Invalid request")
    for name in request.body.keys() - _CHANGEABLE:
        raise bad_field(name, "can't be changed")
    change(state, device, request.body)
    return NO_CONTENT


@route("DELETE", "/devices/{id}")
def delete_device(state: SigfoxState, _request: Request, device_id: str) -> Answer:
    device = state.device(device_id)
    state.release_token(device)
    del state.devices[device["id"]]
    state.unregistered[device["id"]] = device["pac"]
    return NO_CONTENT


@route("PUT", "/devices/{id}/unsubscribe")
def unsubscribe(state: SigfoxState, request: Request, device_id: str) -> Answer:
    device = state.device(device_id)
    device["unsubscriptionTime"] = request.body["unsubscriptionTime"]
    return NO_CONTENT


@route("POST", "/devices/{id}/disengage")
def disengage(state: SigfoxState, _request: Request, device_id: str) -> Answer:
    state.device(device_id)["sequenceNumber"] = 0
    return NO_CONTENT


def why_not_created(state: SigfoxState, id_: str, pac: str | None) -> Refused | None:
    """Return why a device can't be registered; None for one that can be."""
    padded = padded_id(id_)
    if padded in state.devices:
        return Refused(409, f"Device {padded} exists already")
    if padded not in state.unregistered:
        return bad_field("id", f"Device {padded} was never made")
    if state.unregistered[padded] != pac:
        return bad_field("pac", f"Invalid PAC for device {padded}")
    return None


def change(state: SigfoxState, device: Json, changes: Json) -> None:
    """Change what a device may have changed; null unsets."""
    place = dict(device.get("location", {}))
    for name, value in changes.items():
        if name in {"lat", "lng"}:
            place[name] = value
        elif value is None:
            device.pop(name, None)
        else:
            device[name] = value
    if any(value is None or math.isnan(value) for value in place.values()):
        device.pop("location", None)
    elif place:
        device["location"] = place
    if "automaticRenewal" in changes:
        device["automaticRenewalStatus"] = 0 if changes["automaticRenewal"] else 1
    device["lastEditionTime"] = state.now_ms()
