"""What happens at Sigfox's when a device sends: callbacks are filled in and called."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from sigfox_simulator.sigfox_api.requests import Json
from sigfox_simulator.sigfox_api.state import Message, SigfoxState, Undelivered, callback_id_form

_FORM = "application/x-www-form-urlencoded"
# Type and subtype of what comes of a message: UPLINK, BIDIR, DATA_ADVANCED.
_OF_MESSAGES = ((0, 2), (0, 3), (1, 6))
_ACKNOWLEDGE = (1, 4)
_VARIABLE = re.compile(r"\{(\w+)\}")
# Where every device is that the contract lets Sigfox locate.
_PLACE = {"lat": 43.545, "lng": 1.483, "radius": 1500}

type Variables = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A callback as Sigfox calls it.

    Attributes:
        callback_id: Which one.
        device_type_id: Of this device type.
        device_id: Called for this device.
        time_ms: When the message was received that it is called for, epoch ms.
        data: That one's payload.
        method, url, headers, body: The request; the body is "" where there is none.
        content_type: Of the body.
        is_selected: Whether its answer gives the device's downlink.
    """

    callback_id: str
    device_type_id: str
    device_id: str
    time_ms: int
    data: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    content_type: str
    is_selected: bool


type Deliver = Callable[[CallbackRequest], int]


def record_message(
    state: SigfoxState, device_id: str, data: str, time: int | None, seq_number: int | None, *, ack: bool
) -> Message:
    """Record a message of a device, and what the network says of it; `time` is epoch s."""
    device = state.device(device_id)
    time_ms = state.now_ms() // 1000 * 1000 if time is None else time * 1000
    number = device["sequenceNumber"] + 1 if seq_number is None else seq_number
    device |= {"sequenceNumber": number, "lastCom": max(device["lastCom"], time_ms), "comState": 1}
    shown = {
        "device": {"id": device["id"]},
        "time": time_ms,
        "data": data.lower(),
        "rolloverCounter": 0,
        "seqNumber": number,
        "nbFrames": 3,
        "lqi": 2,
        "lqiRepeaters": 0,
        "ackRequired": ack,
        "computedLocation": [_PLACE | {"source": 2}] if _has_option(state, device, "geolocation") else [],
        "rinfos": [{"baseStation": {"id": "1A2B"}, "rssi": -110.0, "snr": 20.5, "rep": 1, "cbStatus": []}],
    }
    message = Message(device["id"], device["deviceType"]["id"], time_ms, shown)
    state.messages.append(message)
    return message


def callbacks_of_message(state: SigfoxState, message: Message) -> list[CallbackRequest]:
    """Return what Sigfox calls for a message."""
    return _filled_in(state, message, _OF_MESSAGES, _message_variables(state, message))


def callbacks_of_acknowledgement(
    state: SigfoxState, message: Message, info_code: int
) -> list[CallbackRequest]:
    """Return what Sigfox calls when it knows what became of a message's downlink."""
    variables = _message_variables(state, message) | {
        "infoCode": str(info_code),
        "infoMessage": "Acked" if info_code == 0 else "Not acked",
        "downlinkAck": "true" if info_code == 0 else "false",
        "downlinkOverusage": "false",
    }
    return _filled_in(state, message, (_ACKNOWLEDGE,), variables)


def record_undelivered(state: SigfoxState, request: CallbackRequest, status: int, message: str) -> None:
    """Note a callback that could not be delivered; `status` is 0 where there was no answer."""
    called = {"url": request.url, "headers": dict(request.headers), "method": request.method}
    if request.body:
        called |= {"body": _shown_body(request), "contentType": request.content_type}
    shown = {
        "time": request.time_ms,
        "data": request.data,
        "status": status,
        "message": message,
        "callback": called,
        "parameters": {},
    }
    entry = Undelivered(
        request.device_id, request.device_type_id, request.callback_id, request.time_ms, shown
    )
    state.lost.append(entry)


def _filled_in(
    state: SigfoxState, message: Message, kinds: tuple[tuple[int, int], ...], variables: Variables
) -> list[CallbackRequest]:
    return [
        _fill_in(callback, message, variables)
        for callback in state.callbacks(message.device_type_id)
        if callback["enabled"]
        and callback["channel"] == "URL"
        and (callback["callbackType"], callback["callbackSubtype"]) in kinds
    ]


def _fill_in(callback: Json, message: Message, variables: Variables) -> CallbackRequest:
    content_type = callback.get("contentType", _FORM)
    encode = quote_plus if content_type == _FORM else str
    return CallbackRequest(
        callback["id"],
        message.device_type_id,
        message.device_id,
        message.time_ms,
        message.shown["data"],
        callback["httpMethod"],
        _substituted(callback["url"], variables, quote_plus),
        {name: _substituted(value, variables) for name, value in callback.get("headers", {}).items()},
        _substituted(callback.get("bodyTemplate", ""), variables, encode),
        content_type,
        callback["downlinkHook"],
    )


def _substituted(text: str, variables: Variables, encode: Callable[[str], str] = str) -> str:
    """Put values in place of a text's variables; those that nobody knows stay."""
    return _VARIABLE.sub(
        lambda found: encode(variables[found[1]]) if found[1] in variables else found[0], text
    )


def _message_variables(state: SigfoxState, message: Message) -> dict[str, str]:
    device, shown = state.device(message.device_id), message.shown
    asks = "true" if shown["ackRequired"] else "false"
    duplicates = [{"bsId": "1A2B", "rssi": -110.0, "nbRep": 1}]
    has_duplicates = _has_option(state, device, "networkMetadata")
    located = shown["computedLocation"]
    place = {**located[0], "status": 1} if located else {"status": 0}
    return {
        "device": callback_id_form(message.device_id),
        "time": str(message.time_ms // 1000),
        "data": shown["data"],
        "seqNumber": str(shown["seqNumber"]),
        "deviceTypeId": message.device_type_id,
        "ack": asks,
        "longPolling": asks,
        "station": "1A2B",
        "rssi": "-110.00",
        "snr": "20.50",
        "avgSnr": "20.50",
        "lat": "44.0",
        "lng": "1.0",
        "duplicate": "false",
        "lqi": "Good",
        "linkQuality": "2",
        "fixedLat": "0.0",
        "fixedLng": "0.0",
        "operatorName": "SIGFOX_France",
        "countryCode": "250",
        "duplicates": json.dumps(duplicates if has_duplicates else []),
        "computedLocation": json.dumps(place),
    }


def _has_option(state: SigfoxState, device: Json, option: str) -> bool:
    contract = device.get("contract")
    options = state.contracts[contract["id"]]["options"] if contract else []
    return any(each["id"] == option for each in options)


def _shown_body(request: CallbackRequest) -> Json | str:
    if request.content_type != "application/json":
        return request.body
    try:
        body: Json = json.loads(request.body)
    except ValueError:
        return request.body
    return body
