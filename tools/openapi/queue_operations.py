"""The Things Stack's routes, described: the queue, what became of a downlink, how a device is doing."""

from collections.abc import Sequence

from openapi.examples import example_body
from openapi.fragments import (
    EXAMPLE_APPLICATION,
    EXAMPLE_DEVICE,
    JSON,
    Json,
    answered,
    content_of,
    in_header,
    in_path,
    in_query,
    reference,
    schemas_of,
)
from openapi.operation import Operation, Section
from openapi.refusals import ErrorFormat
from sigbridge.api.http.content_encoding import BodyTooLarge
from sigbridge.api.things_stack.device_state import DeviceStateResponse
from sigbridge.api.things_stack.errors import queue_error
from sigbridge.api.things_stack.requests import IDENTIFIER_RULE
from sigbridge.credentials import OtherApplication, Right
from sigbridge.devices import DOWNLINK_BYTES, UnknownDevice
from sigbridge.downlinks import (
    DownlinkNotQueued,
    Priority,
    QueueFull,
    Source,
    State,
    Step,
    UnknownDownlink,
)
from sigbridge.errors import SigbridgeError
from sigbridge.things_stack.downlinks import ConfirmedRetry, DownlinkItem
from sigbridge.things_stack.errors import DOWNLINK_TOO_SHORT, ThingsStackError, invalid_field

_DEVICE = "/api/v3/as/applications/{application_id}/devices/{device_id}"
_DEVICE_OF_WEBHOOK = "/api/v3/as/applications/{application_id}/webhooks/{webhook_id}/devices/{device_id}"
_DOWNLINK = "01a201c48ee90001f5d42f36"

_IDENTIFIER: Json = {"type": "string", "pattern": "^[a-z0-9](-?[a-z0-9]){2,}$", "maxLength": 36}
_DOWNLINK_ID: Json = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
_PAYLOAD: Json = {"type": "string", "pattern": "^[A-Za-z0-9+/_-]{11}=?$"}
_TIME: Json = {"type": "string", "format": "date-time"}
_TEXT: Json = {"type": "string"}

_APPLICATION_IN_PATH = in_path(
    "application_id", _IDENTIFIER, "The application that the key belongs to.", EXAMPLE_APPLICATION
)
_WEBHOOK_IN_PATH = in_path("webhook_id", _IDENTIFIER, "Any webhook's id; none is looked up.", "my-hook")
_DEVICE_IN_PATH = in_path(
    "device_id",
    {"type": "string", "pattern": "^[A-Za-z0-9](-?[A-Za-z0-9]){2,}$", "maxLength": 36},
    "The device's id in any case; one of Sigfox's filled up with leading zeros to 3 digits.",
    EXAMPLE_DEVICE.lower(),
)
_DOWNLINK_IN_PATH = in_path(
    "downlink_id", _DOWNLINK_ID, "As a push or replace named it in `X-Downlink-Ids`.", _DOWNLINK
)
_OF_DEVICE = (_APPLICATION_IN_PATH, _DEVICE_IN_PATH)
_OF_DEVICE_OF_WEBHOOK = (_APPLICATION_IN_PATH, _WEBHOOK_IN_PATH, _DEVICE_IN_PATH)
_OF_DOWNLINK = (*_OF_DEVICE, _DOWNLINK_IN_PATH)
_IDEMPOTENCY_KEY = in_header(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "Makes the push safe to repeat for 24 hours: every repeat is answered with the first push's ids.",
    "order-17",
)
_NEW_IDS: Json = {
    "X-Downlink-Ids": {
        "description": "Ids of the new downlinks, with commas between; absent where there are none.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{24}(,[0-9a-f]{24})*$"},
        "example": _DOWNLINK,
    }
}

_NO_DEVICE = UnknownDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE)
_NO_DOWNLINK = UnknownDownlink(EXAMPLE_APPLICATION, EXAMPLE_DEVICE, _DOWNLINK)
_REFUSED_DOWNLINKS: tuple[SigbridgeError, ...] = (
    ThingsStackError(DOWNLINK_TOO_SHORT, {"length": DOWNLINK_BYTES - 1, "min": DOWNLINK_BYTES}),
    _NO_DEVICE,
    QueueFull(100),
)

_ERRORS = ErrorFormat(
    name="QueueError",
    schema={
        "type": "object",
        "description": "A google.rpc.Status, whose detail names the error by namespace and name.",
        "properties": {
            "code": {"type": "integer", "description": "gRPC code."},
            "message": _TEXT,
            "details": {
                "type": "array",
                "items": reference("QueueErrorDetails"),
                "minItems": 1,
                "maxItems": 1,
            },
        },
        "required": ["code", "message", "details"],
        "additionalProperties": False,
    },
    tell=queue_error,
    always=(invalid_field("device_id", IDENTIFIER_RULE), OtherApplication("other")),
    of_bodies=(BodyTooLarge("The body is too large"),),
)


def queue_operations() -> Section:
    """Describe the queue of a device, and what became of its downlinks."""
    return Section(
        tag="downlinks",
        description="Each device's downlink queue and its history: The Things Stack's API, with its errors.",
        form=_ERRORS,
        operations=(
            *_changes("push", "Append downlinks", "Appends downlinks to the queue: all of them or none."),
            *_changes(
                "replace",
                "Replace the queue",
                "Puts downlinks in place of the whole queue, all of them or none. An empty list clears it.",
            ),
            _listing(),
            _history(),
            _showing(),
            _deleting(),
        ),
        schemas=_queue_schemas(),
    )


def state_operations() -> Section:
    """Describe how a device's state is written."""
    example = {
        "device_id": "1A2B45",
        "state": "silent",
        "since": "2026-11-22T05:40:08.000Z",
        "conditions": ["silent"],
        "last_message": {"time": "2026-11-22T05:40:08.000Z", "seq_number": 101, "payload": "00"},
        "over_quota": False,
        "battery": {"volts": 3.05, "at": "2026-11-22T05:49:59.000Z"},
        "link": {"lqi": "GOOD", "link_quality": 2, "at": "2026-11-22T05:39:59.000Z"},
        "location": {"latitude": 45.19, "longitude": 5.71, "radius": 2447, "at": "2026-11-22T05:39:59.000Z"},
        "quota": {"limit": 4, "used": 1},
    }
    operation = Operation(
        method="get",
        path=f"{_DEVICE}/state",
        id="get_device_state",
        summary="Tell how a device is doing",
        description="What is last known of the device, from its messages and from Sigfox's reports.",
        right=Right.DEVICES_READ,
        answers={200: answered("What is known", reference("DeviceStateResponse"), silent=example)},
        refusals=(_NO_DEVICE,),
        parameters=_OF_DEVICE,
    )
    return Section(
        tag="device state",
        description="How a device is doing; errors as The Things Stack's.",
        form=_ERRORS,
        operations=(operation,),
        schemas=schemas_of(DeviceStateResponse, "serialization"),
    )


def _changes(verb: str, summary: str, description: str) -> tuple[Operation, Operation]:
    """Describe push or replace: on the webhook's path, and on the application's."""
    headers = (_IDEMPOTENCY_KEY,) if verb == "push" else ()
    changed: Json = {"description": "The queue was changed", "headers": _NEW_IDS}

    def operation(device: str, id_: str, answer: Json, parameters: Sequence[Json]) -> Operation:
        return Operation(
            method="post",
            path=f"{device}/down/{verb}",
            id=id_,
            summary=summary,
            description=description,
            right=Right.TRAFFIC_DOWN_WRITE,
            answers={200: answer},
            refusals=_REFUSED_DOWNLINKS,
            parameters=(*parameters, *headers),
            body=_downlinks_asked(),
        )

    by_webhook = {**changed, "description": "The queue was changed; the body is empty"}
    by_application = changed | answered("The queue was changed", reference("Nothing"), changed={})
    return (
        operation(_DEVICE_OF_WEBHOOK, f"{verb}_downlinks_by_webhook", by_webhook, _OF_DEVICE_OF_WEBHOOK),
        operation(_DEVICE, f"{verb}_downlinks", by_application, _OF_DEVICE),
    )


def _downlinks_asked() -> Json:
    examples = {
        "confirmed": example_body("queue_push"),
        "camelCase": example_body("queue_push_as"),
        "decoded": example_body("queue_push_decoded"),
        "none": example_body("queue_clear"),
    }
    return {"required": True, "content": {JSON: content_of(reference("Downlinks"), **examples)}}


def _listing() -> Operation:
    queued = {"frm_payload": "AQIDBAUGBwg=", "f_port": 1, "confirmed": True, "id": _DOWNLINK}
    return Operation(
        method="get",
        path=f"{_DEVICE}/down",
        id="list_queue",
        summary="List the queue",
        description="The downlinks that wait, the next one first. An empty queue is `{}`.",
        right=Right.TRAFFIC_READ,
        answers={
            200: answered("The queue", reference("Queue"), waiting={"downlinks": [queued]}, empty={}),
        },
        refusals=(_NO_DEVICE,),
        parameters=_OF_DEVICE,
    )


def _life() -> Json:
    return {
        "id": _DOWNLINK,
        "state": "sent",
        "attempt": 1,
        "frm_payload": "AQIDBAUGBwg=",
        "queued_at": "2026-11-22T05:39:48.585Z",
        "history": [
            {"state": "queued", "attempt": 1, "at": "2026-11-22T05:39:48.585Z"},
            {
                "state": "answered",
                "attempt": 1,
                "at": "2026-11-22T05:40:08.000Z",
                "uplink": {"time": "2026-11-22T05:40:08.000Z", "seq_number": 101},
            },
            {"state": "sent", "attempt": 1, "at": "2026-11-22T05:40:32.522Z", "info_code": 0},
        ],
    }


def _history() -> Operation:
    return Operation(
        method="get",
        path=f"{_DEVICE}/downlinks",
        id="list_downlinks",
        summary="List a device's downlinks",
        description="Downlinks that wait and those that are over, the newest first, each with its history.",
        right=Right.TRAFFIC_READ,
        answers={
            200: answered(
                "A page of downlinks",
                reference("DownlinkPage"),
                page={"downlinks": [_life()], "next_cursor": _DOWNLINK},
                none={},
            )
        },
        refusals=(_NO_DEVICE,),
        parameters=(
            *_OF_DEVICE,
            in_query(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                "How many at most.",
                20,
            ),
            in_query("cursor", _DOWNLINK_ID, "The `next_cursor` of the page before.", _DOWNLINK),
        ),
    )


def _showing() -> Operation:
    return Operation(
        method="get",
        path=f"{_DEVICE}/down/{{downlink_id}}",
        id="get_downlink",
        summary="Show one downlink",
        description="A downlink, and what became of it.",
        right=Right.TRAFFIC_READ,
        answers={200: answered("The downlink", reference("DownlinkLife"), sent=_life())},
        refusals=(_NO_DEVICE, _NO_DOWNLINK),
        parameters=_OF_DOWNLINK,
    )


def _deleting() -> Operation:
    return Operation(
        method="delete",
        path=f"{_DEVICE}/down/{{downlink_id}}",
        id="delete_downlink",
        summary="Delete one downlink",
        description="Takes a downlink that waits out of the queue. The others keep their places.",
        right=Right.TRAFFIC_DOWN_WRITE,
        answers={200: answered("It was taken out", reference("Nothing"), deleted={})},
        refusals=(_NO_DEVICE, _NO_DOWNLINK, DownlinkNotQueued(_DOWNLINK, State.SENT)),
        parameters=_OF_DOWNLINK,
    )


def _queue_schemas() -> dict[str, Json]:
    queued = _queued_downlink()
    step = {
        "type": "object",
        "description": "What happened; what Sigfox said of it stands beside.",
        "properties": {
            "state": {"enum": list(Step)},
            "attempt": {"type": "integer", "minimum": 1},
            "at": _TIME,
            "uplink": {
                "type": "object",
                "properties": {"time": _TIME, "seq_number": {"type": "integer"}},
                "required": ["time"],
                "additionalProperties": False,
            },
            "reason": {"type": "string", "description": "Why it failed."},
            "cause": {"type": "string", "description": "Why it was removed."},
            "info_code": {"type": "integer"},
            "info_message": _TEXT,
            "downlink_ack": {"type": "boolean"},
            "downlink_overusage": {"type": "boolean"},
        },
        "required": ["state", "attempt", "at"],
        "additionalProperties": False,
    }
    life = {
        "type": "object",
        "description": "A downlink with all that happened to it; what is empty, zero or false is left out.",
        "properties": {
            **queued["properties"],
            "state": {"enum": list(State)},
            "attempt": {"type": "integer", "minimum": 1, "description": "Number of its last attempt."},
            "outcome": {
                "type": "string",
                "description": "Where no acknowledgement came, and none is awaited.",
            },
            "source": {"enum": [source for source in Source if source is not Source.QUEUE]},
            "queued_at": _TIME,
            "history": {"type": "array", "items": reference("DownlinkStep")},
        },
        "required": ["id", "state", "attempt", "frm_payload", "history"],
        "additionalProperties": False,
    }
    return {
        "Downlinks": _list_of("DownlinkItem", "Downlinks to queue; an empty list is a valid request.")
        | {"required": ["downlinks"]},
        **_downlink_item(),
        "QueuedDownlink": queued,
        "Queue": _list_of("QueuedDownlink", "The next one is first.") | {"additionalProperties": False},
        "DownlinkLife": life,
        "DownlinkStep": step,
        "DownlinkPage": {
            "type": "object",
            "properties": {
                "downlinks": {"type": "array", "items": reference("DownlinkLife")},
                "next_cursor": {**_DOWNLINK_ID, "description": "Absent on the last page."},
            },
            "additionalProperties": False,
        },
        "QueueErrorDetails": _error_details(),
        "Nothing": {"type": "object", "maxProperties": 0},
    }


def _list_of(item: str, description: str) -> Json:
    return {
        "type": "object",
        "description": description,
        "properties": {"downlinks": {"type": "array", "items": reference(item)}},
    }


def _downlink_item() -> dict[str, Json]:
    schemas = schemas_of(DownlinkItem, "validation")
    schema = schemas.pop(DownlinkItem.__name__)
    described: dict[str, Json] = {
        "f_port": {"not": {"const": 224}, "description": "Kept and listed; Sigfox has no ports. Not 224."},
        "frm_payload": {
            "anyOf": [_PAYLOAD, {"type": "null"}],
            "description": f"Base64, also URL-safe or without padding, of exactly {DOWNLINK_BYTES} bytes.",
        },
        "decoded_payload": {
            "description": 'Without `frm_payload`: `{"bytes": [...]}` of 8 whole numbers from 0 to 255. '
            "With it: kept as sent."
        },
        "confirmed": {"description": "Tried again until Sigfox says that it was sent."},
        "class_b_c": {"type": "null", "description": "Refused: Sigfox has neither class B nor class C."},
        "priority": {
            "enum": [*Priority.__members__, *map(int, Priority), None],
            "description": "Kept and listed. The queue stays first in, first out.",
        },
        "correlation_ids": {"type": ["array", "null"], "description": "Your own handles; kept and listed."},
        "confirmed_retry": {"description": "For a confirmed downlink."},
        "expires_at": {
            "description": "From then on it is not handed out. The Things Stack has no such field."
        },
    }
    fields = schema["properties"]
    fields["priority"] = {}
    schema["properties"] = {name: {**field, **described[name]} for name, field in fields.items()}
    schema["description"] += " Names may be camelCase too; what is not known is ignored."
    return {DownlinkItem.__name__: schema, ConfirmedRetry.__name__: schemas[ConfirmedRetry.__name__]}


def _queued_downlink() -> Json:
    return {
        "type": "object",
        "description": "A downlink that waits; what is empty, zero or false is left out.",
        "properties": {
            "id": _DOWNLINK_ID,
            "f_port": {"type": "integer", "minimum": 1, "maximum": 255},
            "frm_payload": {**_PAYLOAD, "description": "Base64 of 8 bytes."},
            "decoded_payload": {"type": "object"},
            "confirmed": {"const": True},
            "priority": {"enum": [name for name, priority in Priority.__members__.items() if priority]},
            "correlation_ids": {"type": "array", "items": _TEXT},
            "confirmed_retry": {
                "type": "object",
                "properties": {"max_attempts": {"type": "integer", "minimum": 1}},
                "required": ["max_attempts"],
                "additionalProperties": False,
            },
            "expires_at": _TIME,
        },
        "required": ["id", "frm_payload"],
        "additionalProperties": False,
    }


def _error_details() -> Json:
    return {
        "type": "object",
        "description": "The error under The Things Stack's name; what is empty is left out.",
        "properties": {
            "@type": {"const": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails"},
            "namespace": _TEXT,
            "name": _TEXT,
            "message_format": _TEXT,
            "attributes": {"type": "object", "description": "What stands for the names in `message_format`."},
            "correlation_id": {"type": "string", "description": "The log line's `error_id`."},
            "cause": reference("QueueErrorDetails"),
            "code": {"type": "integer"},
        },
        "required": ["namespace", "name", "message_format", "correlation_id", "code"],
        "additionalProperties": False,
    }
