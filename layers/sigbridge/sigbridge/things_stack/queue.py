"""A device's queue in The Things Stack's JSON (the-things-stack reference, 1.2 and 2.4)."""

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import Field, WithJsonSchema

from sigbridge.clock import rfc3339
from sigbridge.model.downlink import LARGEST_PORT, Downlink, Priority

DownlinkId = Annotated[str, Field(pattern="^[0-9a-f]{24}$")]
Payload = Annotated[
    str, Field(pattern="^[A-Za-z0-9+/]{11}=$", description="Base64 of 8 bytes.", examples=["AQIDBAUGBwg="])
]
Rfc3339 = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_PRIORITY_SCHEMA = {"enum": [name for name, priority in Priority.__members__.items() if priority]}


class QueuedRetry(TypedDict):
    """How often a confirmed downlink is tried."""

    max_attempts: int


class QueuedDownlink(TypedDict):
    """A downlink that waits; what is empty, zero or false is left out."""

    id: DownlinkId
    f_port: NotRequired[Annotated[int, Field(ge=1, le=LARGEST_PORT)]]
    frm_payload: Payload
    decoded_payload: NotRequired[Mapping[str, object]]
    confirmed: NotRequired[Literal[True]]
    priority: NotRequired[Annotated[str, WithJsonSchema(_PRIORITY_SCHEMA)]]
    correlation_ids: NotRequired[list[str]]
    confirmed_retry: NotRequired[QueuedRetry]
    expires_at: NotRequired[Rfc3339]


class Queue(TypedDict):
    """The downlinks that wait, the next one first; none are left out."""

    downlinks: NotRequired[list[QueuedDownlink]]


class Empty(TypedDict):
    """Nothing: `{}`."""


def queue(downlinks: Sequence[Downlink]) -> Queue:
    """Write a queue; an empty one is `{}`, because empty fields are left out."""
    return {"downlinks": [queued_downlink(downlink) for downlink in downlinks]} if downlinks else {}


def queued_downlink(downlink: Downlink) -> QueuedDownlink:
    """Write a downlink as an item of the queue."""
    payload = base64.b64encode(bytes.fromhex(downlink.payload)).decode()
    item: QueuedDownlink = {"id": downlink.id, "frm_payload": payload}
    if downlink.f_port:
        item["f_port"] = downlink.f_port
    if downlink.decoded_payload:
        item["decoded_payload"] = downlink.decoded_payload
    if downlink.confirmed:
        item["confirmed"] = True
    if downlink.priority:
        item["priority"] = downlink.priority.name
    if downlink.correlation_ids:
        item["correlation_ids"] = list(downlink.correlation_ids)
    if downlink.max_attempts:
        item["confirmed_retry"] = {"max_attempts": downlink.max_attempts}
    if downlink.expires_at:
        item["expires_at"] = rfc3339(downlink.expires_at)
    return item
