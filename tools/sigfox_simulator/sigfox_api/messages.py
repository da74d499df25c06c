"""Messages, and callbacks that could not be delivered: newest first."""

from collections.abc import Iterable

from sigfox_simulator.sigfox_api.paging import whole_number
from sigfox_simulator.sigfox_api.requests import Json, Request
from sigfox_simulator.sigfox_api.routing import route
from sigfox_simulator.sigfox_api.state import Message, SigfoxState, Undelivered, callback_id_form, found

_END_OF_TIME = 10**15
_ONLY_IF_ASKED = ("ackRequired", "rinfos")


@route("GET", "/device-types/{id}/messages")
def list_messages_of_type(state: SigfoxState, request: Request, type_id: str) -> Json:
    found(state.device_types, type_id, "Device type")
    messages = (each for each in state.messages if each.device_type_id == type_id)
    return _messages(state, request, messages)


@route("GET", "/devices/{id}/messages")
def list_messages_of_device(state: SigfoxState, request: Request, device_id: str) -> Json:
    device = state.device(device_id)
    return _messages(state, request, (each for each in state.messages if each.device_id == device["id"]))


@route("GET", "/groups/{id}/callbacks-not-delivered")
def list_undelivered_of_group(state: SigfoxState, request: Request, group_id: str) -> Json:
    found(state.groups, group_id, "Group")
    groups = state.groups_within([group_id], deep=True)
    types = {id_ for id_, each in state.device_types.items() if each["group"]["id"] in groups}
    entries = (each for each in state.lost if each.device_type_id in types)
    return _undelivered(state, request, entries, of_group=True)


@route("GET", "/device-types/{id}/callbacks-not-delivered")
def list_undelivered_of_type(state: SigfoxState, request: Request, type_id: str) -> Json:
    found(state.device_types, type_id, "Device type")
    return _undelivered(state, request, (each for each in state.lost if each.device_type_id == type_id))


@route("GET", "/devices/{id}/callbacks-not-delivered")
def list_undelivered_of_device(state: SigfoxState, request: Request, device_id: str) -> Json:
    device = state.device(device_id)
    return _undelivered(state, request, (each for each in state.lost if each.device_id == device["id"]))


@route("GET", "/device-types/{id}/callbacks/{callbackId}/callbacks-not-delivered")
def show_last_undelivered(state: SigfoxState, _request: Request, type_id: str, callback_id: str) -> Json:
    found(state.device_types, type_id, "Device type")
    found(state.callbacks_of[type_id], callback_id, "Callback")
    entries = [each for each in state.lost if each.callback_id == callback_id]
    return _shown(entries[-1]) if entries else {}


def _messages(state: SigfoxState, request: Request, messages: Iterable[Message]) -> Json:
    fields = request.query.get("fields", "")
    left_out = [name for name in _ONLY_IF_ASKED if name not in fields]
    entries = [
        {name: value for name, value in each.shown.items() if name not in left_out}
        for each in sorted(messages, key=lambda each: each.time_ms, reverse=True)
        if _is_wanted(each.time_ms, request)
    ]
    return state.pages.cut(entries, request)


def _undelivered(
    state: SigfoxState, request: Request, entries: Iterable[Undelivered], *, of_group: bool = False
) -> Json:
    newest_first = sorted(entries, key=lambda each: each.time_ms, reverse=True)
    shown = [
        _shown_to_group(each) if of_group else _shown(each)
        for each in newest_first
        if _is_wanted(each.time_ms, request)
    ]
    return state.pages.cut(shown, request)


def _shown(entry: Undelivered) -> Json:
    return {"deviceId": callback_id_form(entry.device_id), "deviceTypeId": entry.device_type_id} | entry.shown


def _shown_to_group(entry: Undelivered) -> Json:
    id_ = callback_id_form(entry.device_id)
    place = f"/devicetype/{entry.device_type_id}/info"
    return {"device": id_, "deviceType": entry.device_type_id, "deviceUrl": place} | entry.shown


def _is_wanted(time_ms: int, request: Request) -> bool:
    since = whole_number(request, "since", 0)
    return since <= time_ms < whole_number(request, "before", _END_OF_TIME)
