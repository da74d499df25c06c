"""Callbacks of device types."""

import json
import re

from sigfox_simulator.sigfox_api.requests import (
    NO_CONTENT,
    Answer,
    Json,
    Refused,
    Request,
    bad_field,
    created,
)
from sigfox_simulator.sigfox_api.routing import route
from sigfox_simulator.sigfox_api.state import SigfoxState, found

_REQUIRED = ("channel", "callbackType", "callbackSubtype", "enabled")
_REQUIRED_OF_URL = ("url", "httpMethod")
_METHODS = {"GET", "PUT", "POST"}
_READ_ONLY = {"id", "dead", "downlinkHook"}
BIDIR = (0, 3)
# STATUS, which is not made any more, and GEOLOC, which never could be (sigfox-rest reference, 2).
_NOT_CREATED = {(1, 0): "STATUS callbacks can't be created any more", (1, 1): "GEOLOC can't be created"}
VARIABLE = re.compile(r"\{\w+(?:#\w+)?\}")


@route("GET", "/device-types/{id}/callbacks")
def list_callbacks(state: SigfoxState, _request: Request, type_id: str) -> Json:
    return {"data": list(_callbacks(state, type_id).values())}


@route("POST", "/device-types/{id}/callbacks")
def create_callback(state: SigfoxState, request: Request, type_id: str) -> Answer:
    callbacks, body = _callbacks(state, type_id), _body(request)
    required = _REQUIRED + (_REQUIRED_OF_URL if body.get("channel") == "URL" else ())
    for name in required:
        if body.get(name) is None:
            raise bad_field(name, "is required")
    _check(body)
    if refusal := _NOT_CREATED.get((body["callbackType"], body["callbackSubtype"])):
        raise bad_field("callbackSubtype", refusal)
    made = {"id": state.new_id(), **body, "dead": False, "downlinkHook": False}
    callbacks[made["id"]] = made
    return created(made["id"], f"/device-types/{type_id}/callbacks/{made['id']}")


@route("PUT", "/device-types/{id}/callbacks/{callbackId}")
def change_callback(state: SigfoxState, request: Request, type_id: str, callback_id: str) -> Answer:
    callback, body = _callback(state, type_id, callback_id), _body(request)
    changed = {name: value for name, value in (callback | body).items() if value is not None}
    _check(changed)
    callback.clear()
    callback.update(changed)
    return NO_CONTENT


@route("DELETE", "/device-types/{id}/callbacks/{callbackId}")
def delete_callback(state: SigfoxState, _request: Request, type_id: str, callback_id: str) -> Answer:
    _callback(state, type_id, callback_id)
    del state.callbacks_of[type_id][callback_id]
    return NO_CONTENT


@route("PUT", "/device-types/{id}/callbacks/{callbackId}/enable")
def enable_callback(state: SigfoxState, request: Request, type_id: str, callback_id: str) -> Answer:
    callback = _callback(state, type_id, callback_id)
    enabled = {"true": True, "false": False}.get(request.query.get("enabled", ""))
    if enabled is None:
        raise bad_field("enabled", "is required")
    callback["enabled"] = enabled
    return NO_CONTENT


@route("PUT", "/device-types/{id}/callbacks/{callbackId}/downlink")
def select_for_downlinks(state: SigfoxState, _request: Request, type_id: str, callback_id: str) -> Answer:
    chosen = _callback(state, type_id, callback_id)
    if (chosen["callbackType"], chosen["callbackSubtype"]) != BIDIR:
        raise bad_field("callbackSubtype", "must be BIDIR")
    for callback in _callbacks(state, type_id).values():
        callback["downlinkHook"] = callback is chosen
    return NO_CONTENT


def _callbacks(state: SigfoxState, type_id: str) -> dict[str, Json]:
    found(state.device_types, type_id, "Device type")
    return state.callbacks_of[type_id]


def _callback(state: SigfoxState, type_id: str, callback_id: str) -> Json:
    return found(_callbacks(state, type_id), callback_id, "Callback")


def _body(request: Request) -> Json:
    if not isinstance(request.body, dict):
        raise Refused(400, "Invalid request")
    for name in _READ_ONLY & request.body.keys():
        raise bad_field(name, "can't be set")
    return request.body


def _check(callback: Json) -> None:
    if callback["channel"] not in {"URL", "BATCH_URL", "EMAIL"}:
        raise bad_field("channel", "is unknown")
    if callback["channel"] != "EMAIL" and callback["httpMethod"] not in _METHODS:
        raise bad_field("httpMethod", "must be GET, PUT or POST")
    if not isinstance(callback.get("headers", {}), dict):
        raise bad_field("headers", "must be an object")
    body = callback.get("bodyTemplate")
    if not body:
        return
    if callback["httpMethod"] == "GET":
        raise bad_field("bodyTemplate", "is for POST and PUT")
    if callback.get("contentType") == "application/json":
        try:
            json.loads(VARIABLE.sub("0", body))
        except ValueError as failure:
            raise bad_field("bodyTemplate", "is not JSON") from failure
