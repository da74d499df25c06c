"""The Things Stack's routes, described: the queue, what became of a downlink, how a device is doing."""

import json
from collections.abc import Sequence

from pydantic import TypeAdapter

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
from openapi.queue_examples import DOWNLINK_ID, LIVES, PAGES, QUEUES
from openapi.refusals import ErrorFormat
from sigbridge.api.http.content_encoding import BodyTooLarge
from sigbridge.api.things_stack.device_state import DeviceStateResponse
from sigbridge.api.things_stack.errors import queue_error
from sigbridge.api.things_stack.requests import IDENTIFIER_RULE
from sigbridge.api.things_stack.storage import LARGEST_LIMIT, USUAL_LIMIT
from sigbridge.credentials import OtherApplication, Right
from sigbridge.devices import DOWNLINK_BYTES, UnknownDevice
from sigbridge.downlinks import (
    DownlinkNotQueued,
    DownlinkState,
    QueueFull,
    UnknownDownlink,
)
from sigbridge.errors import SigbridgeError
from sigbridge.messages.merging import TooManyDevices
from sigbridge.things_stack.downlinks import DownlinkList
from sigbridge.things_stack.errors import DOWNLINK_TOO_SHORT, Status, ThingsStackError, invalid_field
from sigbridge.things_stack.history import DownlinkLife, DownlinkPage
from sigbridge.things_stack.queue import DownlinkId, Empty, Queue

_APPLICATION = "/api/v3/as/applications/{application_id}"
_DEVICE = f"{_APPLICATION}/devices/{{device_id}}"
_DEVICE_OF_WEBHOOK = "/api/v3/as/applications/{application_id}/webhooks/{webhook_id}/devices/{device_id}"

_STORED = "uplink_message"

_IDENTIFIER: Json = {"type": "string", "pattern": "^[a-z0-9](-?[a-z0-9]){2,}$", "maxLength": 36}
_DOWNLINK_ID: Json = TypeAdapter(DownlinkId).json_schema()

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
    "downlink_id", _DOWNLINK_ID, "As a push or replace named it in `X-Downlink-Ids`.", DOWNLINK_ID
)
_OF_DEVICE = (_APPLICATION_IN_PATH, _DEVICE_IN_PATH)
_OF_DEVICE_OF_WEBHOOK = (_APPLICATION_IN_PATH, _WEBHOOK_IN_PATH, _DEVICE_IN_PATH)
_OF_DOWNLINK = (*_OF_DEVICE, _DOWNLINK_IN_PATH)
_IDEMPOTENCY_KEY = in_header(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "Makes the push safe to repeat for 24 hours: every repeat is answered with the first push's ids.",
)
_NEW_IDS: Json = {
    "X-Downlink-Ids": {
        "description": "Ids of the new downlinks, separated by commas; absent where there are none.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{24}(,[0-9a-f]{24})*$"},
        "example": DOWNLINK_ID,
    }
}

_NO_DEVICE = UnknownDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE)
_NO_DOWNLINK = UnknownDownlink(EXAMPLE_APPLICATION, EXAMPLE_DEVICE, DOWNLINK_ID)
_REFUSED_DOWNLINKS: tuple[SigbridgeError, ...] = (
    ThingsStackError(DOWNLINK_TOO_SHORT, {"length": DOWNLINK_BYTES - 1, "min": DOWNLINK_BYTES}),
    _NO_DEVICE,
    QueueFull(100),
)

_ERRORS = ErrorFormat(
    name="QueueError",
    model=Status,
    respond=queue_error,
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
        schemas=schemas_of(DownlinkList, mode="validation")
        | schemas_of(Queue)
        | schemas_of(DownlinkLife)
        | schemas_of(DownlinkPage)
        | schemas_of(Empty),
    )


def state_operations() -> Section:
    """Describe how a device's state is written."""
    example = {
        "device_id": EXAMPLE_DEVICE,
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
        summary="Show a device's state",
        description="The state of the device, from its messages and from Sigfox's reports.",
        right=Right.DEVICES_READ,
        answers={200: answered("What is known", reference("DeviceStateResponse"), silent=example)},
        refusals=(_NO_DEVICE,),
        parameters=_OF_DEVICE,
    )
    return Section(
        tag="device state",
        description="The state of a device; errors as The Things Stack's.",
        form=_ERRORS,
        operations=(operation,),
        schemas=schemas_of(DeviceStateResponse),
    )


def storage_operations() -> Section:
    """Describe the Storage Integration, with which stored messages are read."""
    return Section(
        tag="stored messages",
        description="The Things Stack's Storage Integration: stored messages in its envelope.",
        form=_ERRORS,
        operations=(
            _storage("application", _APPLICATION, (_APPLICATION_IN_PATH,), (TooManyDevices(),)),
            _storage("device", _DEVICE, _OF_DEVICE, (_NO_DEVICE,)),
        ),
        schemas={},
    )


def _storage(
    whose: str, path: str, parameters: Sequence[Json], refusals: Sequence[SigbridgeError]
) -> Operation:
    line = {
        "result": {
            "end_device_ids": {
                "device_id": EXAMPLE_DEVICE.lower(),
                "application_ids": {"application_id": EXAMPLE_APPLICATION},
            },
            "received_at": "2026-11-22T05:40:08.000Z",
            "uplink_message": {"frm_payload": "Cgs=", "received_at": "2026-11-22T05:40:08.000Z"},
        }
    }
    lines = f"{json.dumps(line)}\n"
    has_more: Json = {
        "description": "Whether there are more of them.",
        "schema": {"type": "string", "enum": ["true", "false"]},
    }
    answer: Json = {
        "description": "Messages, one JSON object a line",
        "headers": {"X-Has-More": has_more},
        "content": {"text/event-stream": content_of({"type": "string"}, uplink=lines)},
    }
    moment: Json = {"type": "string", "format": "date-time"}
    return Operation(
        method="get",
        path=f"{path}/packages/storage/{{type}}",
        id=f"list_stored_uplinks_of_{whose}",
        summary=f"List stored messages of {'an application' if whose == 'application' else 'a device'}",
        description="Stored messages with decoded values, one JSON object a line, by their times.",
        right=Right.TRAFFIC_READ,
        answers={200: answer},
        refusals=refusals,
        parameters=(
            *parameters,
            in_path("type", {"type": "string", "enum": [_STORED]}, "The only type.", _STORED),
            in_query(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT},
                "How many at most.",
                USUAL_LIMIT,
            ),
            in_query("after", moment, "Only those of a later time."),
            in_query("before", moment, "Only those of an earlier time."),
            in_query("last", {"type": "string"}, "Only those of the last time, such as `24h` or `1h30m`."),
            in_query(
                "order",
                {"type": "string", "enum": ["received_at", "-received_at"], "default": "received_at"},
                "The earliest first, or the latest.",
            ),
            in_query("f_port", {"type": "integer", "minimum": 1, "maximum": 255}, "Only those of this port."),
            in_query("field_mask", {"type": "string"}, "Paths of the fields that are wanted, with commas."),
        ),
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
            body=_downlinks_body(),
        )

    by_webhook = {**changed, "description": "The queue was changed; the body is empty"}
    by_application = changed | answered("The queue was changed", reference("Empty"), changed={})
    return (
        operation(_DEVICE_OF_WEBHOOK, f"{verb}_downlinks_by_webhook", by_webhook, _OF_DEVICE_OF_WEBHOOK),
        operation(_DEVICE, f"{verb}_downlinks", by_application, _OF_DEVICE),
    )


def _downlinks_body() -> Json:
    examples = {
        "confirmed": example_body("queue_push"),
        "camelCase": example_body("queue_push_as"),
        "decoded": example_body("queue_push_decoded"),
        "none": example_body("queue_clear"),
    }
    return {"required": True, "content": {JSON: content_of(reference("DownlinkList"), **examples)}}


def _listing() -> Operation:
    return Operation(
        method="get",
        path=f"{_DEVICE}/down",
        id="list_queue",
        summary="List the queue",
        description="The queued downlinks, the next one first. An empty queue is `{}`.",
        right=Right.TRAFFIC_READ,
        answers={200: answered("The queue", reference("Queue"), **QUEUES)},
        refusals=(_NO_DEVICE,),
        parameters=_OF_DEVICE,
    )


def _history() -> Operation:
    return Operation(
        method="get",
        path=f"{_DEVICE}/downlinks",
        id="list_downlinks",
        summary="List a device's downlinks",
        description="Queued and past downlinks, the newest first: see what became of each.",
        right=Right.TRAFFIC_READ,
        answers={200: answered("A page of downlinks", reference("DownlinkPage"), **PAGES)},
        refusals=(_NO_DEVICE,),
        parameters=(
            *_OF_DEVICE,
            in_query(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                "How many at most.",
                20,
            ),
            in_query("cursor", _DOWNLINK_ID, "The `next_cursor` of the previous page."),
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
        answers={200: answered("The downlink", reference("DownlinkLife"), **LIVES)},
        refusals=(_NO_DEVICE, _NO_DOWNLINK),
        parameters=_OF_DOWNLINK,
    )


def _deleting() -> Operation:
    return Operation(
        method="delete",
        path=f"{_DEVICE}/down/{{downlink_id}}",
        id="delete_downlink",
        summary="Delete one downlink",
        description="Removes a queued downlink. The order of the others does not change.",
        right=Right.TRAFFIC_DOWN_WRITE,
        answers={200: answered("It was removed", reference("Empty"), deleted={})},
        refusals=(_NO_DEVICE, _NO_DOWNLINK, DownlinkNotQueued(DOWNLINK_ID, DownlinkState.SENT)),
        parameters=_OF_DOWNLINK,
    )
