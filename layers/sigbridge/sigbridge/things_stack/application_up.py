"""What happened, in The Things Stack's envelope ApplicationUp (the-things-stack reference, 3.3).

Its rules hold here too: what is empty, zero or false is left out, ids are in lower case, payloads are base64.
What it has no name for stands beside its own fields, which its clients ignore.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sigbridge.model.webhook import MessageType
from sigbridge.things_stack.errors import DOWNLINK_FAILURES

type Content = Mapping[str, Any]

_HEX = re.compile("[0-9A-F]{1,16}", re.ASCII)
_EUI_DIGITS = 16
# Where Sigfox does not say which base station heard a message.
_UNKNOWN_GATEWAY = "sigfox"
# The source of a location by Sigfox's code of it (sigfox reference, 1.4), where The Things Stack has one.
_LOCATION_SOURCES = {1: "SOURCE_GPS", 6: "SOURCE_WIFI_RSSI_GEOLOCATION"}
_GPS_IN_PAYLOAD = 1
_STEP_IN_DOWNLINK = ("uplink", "cause", "info_code", "info_message", "downlink_ack", "downlink_overusage")
_STEP_IN_ERROR = ("info_code", "info_message", "downlink_ack", "downlink_overusage")


def application_up(message_type: MessageType, detail: Content) -> dict[str, Any]:
    """Write what happened in The Things Stack's envelope.

    Args:
        message_type: As what it is told.
        detail: The event, as docs/events describes it; one that has such a type.
    """
    own_ids = detail["downlink"]["correlation_ids"] if "downlink" in detail else []
    return {
        "end_device_ids": _end_device_ids(detail),
        "correlation_ids": [*own_ids, f"sigbridge:event:{detail['id']}"],
        "received_at": detail["at"],
        message_type.value: _CONTENTS.get(message_type, _downlink)(detail),
    }


def _end_device_ids(detail: Content) -> dict[str, Any]:
    device_id = detail["device_id"]
    ids: dict[str, Any] = {
        "device_id": device_id.lower(),
        "application_ids": {"application_id": detail["application_id"]},
    }
    # Many clients find the device by this alone.
    if _HEX.fullmatch(device_id):
        ids["dev_eui"] = device_id.zfill(_EUI_DIGITS)
    return ids


def _uplink_message(detail: Content) -> dict[str, Any]:
    message = detail["message"]
    return _without_empty(
        {
            "f_port": message.get("port"),
            "f_cnt": message.get("seq_number"),
            "frm_payload": _frm_payload(message),
            "decoded_payload": _decoded_payload(message),
            "decoded_payload_warnings": _decoded_payload_warnings(message),
            "normalized_payload": message.get("normalized_payload"),
            "rx_metadata": _rx_metadata(message),
            "received_at": message["time"],
            "locations": _locations(message),
        }
    )


def _frm_payload(message: Content) -> str | None:
    try:
        return base64.b64encode(bytes.fromhex(message.get("payload", ""))).decode()
    except ValueError:
        # Somebody else wrote it to the table.
        return None


def _decoded_payload(message: Content) -> Mapping[str, Any] | None:
    decoded = message.get("decoded_payload")
    if decoded is None and "formatter" not in message:
        # What a sender decoded itself.
        decoded = message.get("variables")
    if isinstance(decoded, list):
        return {str(item["variable"]): item.get("value") for item in decoded if "variable" in item}
    return decoded


def _decoded_payload_warnings(message: Content) -> list[str]:
    error = message.get("decode_error")
    return [*message.get("decoded_payload_warnings", []), *([] if error is None else [error])]


def _rx_metadata(message: Content) -> list[dict[str, Any]]:
    radio = message.get("radio", {})
    heard = message.get("advanced", {}).get("duplicates") or [{**radio, "bs_id": radio.get("station")}]
    return [_reception(message, radio, each) for each in heard if _tells_reception(each)]


def _tells_reception(heard: object) -> bool:
    return isinstance(heard, dict) and any(heard.get(name) is not None for name in ("bs_id", "rssi", "snr"))


def _reception(message: Content, radio: Content, heard: Content) -> dict[str, Any]:
    station = heard.get("bs_id")
    is_first = station is not None and station == radio.get("station")
    place = _location(radio.get("lat"), radio.get("lng"), "SOURCE_REGISTRY") if is_first else None
    return _without_empty(
        {
            "gateway_ids": {"gateway_id": _UNKNOWN_GATEWAY if station is None else str(station).lower()},
            "time": message["time"],
            "rssi": heard.get("rssi"),
            "snr": heard.get("snr"),
            "location": place,
        }
    )


def _locations(message: Content) -> dict[str, Any]:
    advanced = message.get("advanced", {})
    latitude, longitude = advanced.get("fixed_lat"), advanced.get("fixed_lng")
    # Zero is what Sigfox says where none is set.
    registered = _location(latitude, longitude, "SOURCE_REGISTRY") if latitude or longitude else None
    found = message.get("location")
    solved = {} if found is None else {_location_service(found): _solved_location(found)}
    return _without_empty({"user": registered}) | solved


def _location_service(place: Content) -> str:
    """Name who found a location: Sigfox, which says how, or the device itself."""
    is_of_sigfox = place.keys() & {"radius", "source", "status"} and place.get("source") != _GPS_IN_PAYLOAD
    return "sigfox-geolocation" if is_of_sigfox else "frm-payload"


def _solved_location(place: Content) -> dict[str, Any]:
    radius = place.get("radius")
    location = _location(place["latitude"], place["longitude"], _LOCATION_SOURCES.get(place.get("source", 0)))
    return _without_empty({**(location or {}), "accuracy": None if radius is None else round(radius)})


def _location(latitude: object, longitude: object, source: str | None) -> dict[str, Any] | None:
    if latitude is None or longitude is None:
        return None
    place = {"latitude": latitude, "longitude": longitude}
    return place if source is None else {**place, "source": source}


def _location_solved(detail: Content) -> dict[str, Any]:
    content = detail["message"] if "message" in detail else detail["report"]
    place = content["location"]
    attributes = {name: str(place[name]) for name in ("source", "status") if name in place}
    return _without_empty(
        {
            "service": _location_service(place),
            "location": _solved_location(place),
            "attributes": attributes,
        }
    )


def _service_data(detail: Content) -> dict[str, Any]:
    if "report" in detail:
        report = detail["report"]
        data = {name: value for name, value in report.items() if name not in {"service", "device", "facts"}}
        return {"service": report["service"], "data": {**report["facts"], **data}}
    message = detail["message"]
    if detail["at"] == message.get("amended_at"):
        return {"service": "amendment", "data": message}
    data = {name: message[name] for name in ("time", "seq_number", "location") if name in message}
    variables = message.get("advanced_variables")
    added = {} if variables is None else {"variables": variables}
    return {"service": "data-advanced", "data": {**message.get("advanced", {}), **data, **added}}


def _downlink(detail: Content) -> dict[str, Any]:
    step = detail["step"]
    written = _plain_downlink(detail["downlink"], step)
    return written | _without_empty({name: step.get(name) for name in _STEP_IN_DOWNLINK})


def _plain_downlink(downlink: Content, step: Content) -> dict[str, Any]:
    priority = downlink["priority"]
    retry = downlink.get("confirmed_retry")
    attempted = {"attempt": step["attempt"], **(retry or {})} if downlink["confirmed"] else None
    return _without_empty(
        {
            "id": downlink["id"],
            "f_port": downlink.get("f_port"),
            "frm_payload": downlink["frm_payload"],
            "decoded_payload": downlink.get("decoded_payload"),
            "confirmed": downlink["confirmed"],
            "priority": None if priority == "LOWEST" else priority,
            "correlation_ids": downlink["correlation_ids"],
            "confirmed_retry": attempted,
            "expires_at": downlink.get("expires_at"),
        }
    )


def _downlink_failed(detail: Content) -> dict[str, Any]:
    step = detail["step"]
    name, code = DOWNLINK_FAILURES[step["reason"]]
    error = {
        "namespace": name.namespace,
        "name": name.name,
        "message_format": name.message_format,
        "attributes": {item: step[item] for item in _STEP_IN_ERROR if item in step},
        "code": code,
    }
    return {"downlink": _plain_downlink(detail["downlink"], step), "error": _without_empty(error)}


_CONTENTS: Mapping[MessageType, Callable[[Content], dict[str, Any]]] = {
    MessageType.UPLINK_MESSAGE: _uplink_message,
    MessageType.LOCATION_SOLVED: _location_solved,
    MessageType.SERVICE_DATA: _service_data,
    MessageType.DOWNLINK_FAILED: _downlink_failed,
}


def _without_empty(content: Content) -> dict[str, Any]:
    return {name: value for name, value in content.items() if not _is_empty(name, value)}


def _is_empty(name: str, value: object) -> bool:
    # A coordinate of zero is one.
    if name in {"latitude", "longitude"}:
        return False
    return not value if isinstance(value, int | str | Sequence | Mapping) else value is None or value == 0
