"""`/v1/devices/{id}/messages`: what a device sent, as it was received."""

import json
import re
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response as ResolvedResponse
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from sigbridge.api.http.models import DeviceId, Moment, Number, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.cursors import unreadable_cursor
from sigbridge.api.management.endpoint import TrafficReader
from sigbridge.api.management.json_object import JsonObject
from sigbridge.api.management.negotiation import (
    MediaType,
    NegotiatedType,
    csv_response,
    json_response,
    negotiated_responses,
)
from sigbridge.api.management.paging import PageRequest
from sigbridge.devices import find_device
from sigbridge.errors import Fault
from sigbridge.formatters.reading import list_decoded_messages
from sigbridge.messages import (
    ConflictingPayload,
    Location,
    MessagesWanted,
    Network,
    Order,
    StoredMessage,
    Variable,
)

routes = new_routes()

_MESSAGE_ID = re.compile(r"[0-9]{13}#[0-9a-f]{1,64}", re.ASCII)
_RANGE_END = (
    "ISO 8601, `YYYY-MM-DD hh:mm:ss`, epoch seconds or milliseconds, a length of time before now such as"
    " `2 hours`, or a date"
)

DeviceInPath = Annotated[DeviceId, Path(description="Id of the device (`-`, `:` and spaces are ignored)")]
StartDate = Annotated[
    str | None,
    Query(
        description=f"The earliest moment: {_RANGE_END}, whose first moment counts",
        examples=["2026-11-22T08:00:00Z", "1 day"],
    ),
]
EndDate = Annotated[
    str | None,
    Query(description=f"The latest moment: {_RANGE_END}, whose last moment counts", examples=["2026-11-22"]),
]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the previous page")]


class PlaceResponse(ResponseModel):
    """Where a device was."""

    latitude: Number
    longitude: Number
    radius: Number | None = Field(description="Uncertainty in metres")
    source: int | None = Field(description="Sigfox's code of how it was found")
    status: int | None = Field(description="Sigfox's code of how well it was found")

    @classmethod
    def of(cls, location: Location) -> "PlaceResponse":
        return cls.model_validate(location, from_attributes=True)


class VariableResponse(ResponseModel):
    """A variable of a message."""

    variable: str
    value: str | bool | Number
    unit: str | None
    metadata: JsonObject | None
    location: PlaceResponse | None = Field(description="Where the device was for this value, if it says so")

    @classmethod
    def of(cls, variable: Variable) -> "VariableResponse":
        return cls(
            variable=variable.name,
            value=variable.value,
            unit=variable.unit,
            metadata=None if variable.metadata is None else dict(variable.metadata),
            location=None if variable.location is None else PlaceResponse.of(variable.location),
        )


class ConflictResponse(ResponseModel):
    """Another payload that a further delivery of a message had."""

    payload: str = Field(description="Hex")
    received_at: Moment

    @classmethod
    def of(cls, conflict: ConflictingPayload) -> "ConflictResponse":
        return cls.model_validate(conflict, from_attributes=True)


class WarningResponse(ResponseModel):
    """Something of a message that was not understood, or left out."""

    field: str = Field(description="As the sender wrote it")
    message: str

    @classmethod
    def of(cls, warning: Fault) -> "WarningResponse":
        return cls.model_validate(warning, from_attributes=True)


class FormatterUsedResponse(ResponseModel):
    """The formatter that read a payload."""

    id: str = Field(examples=["climate"])
    version: int = Field(description="0 where there is no such formatter")


class MessageResponse(ResponseModel):
    """A message."""

    id: str = Field(description="Unique among the messages of its device", examples=["1763770827000#241"])
    time: Moment = Field(description="As its sender says, if that can be believed; else its reception")
    sent_time: Moment | None = Field(
        description="What its sender says as time, where that is more than a day ahead of its reception"
    )
    seq_number: int | None = Field(description="Sigfox's sequence number")
    payload: str | None = Field(description="Hex", examples=["0109611395000df9011eb9"])
    decoded_payload: JsonObject | list[JsonObject] | None = Field(
        description="What the formatter of the device's type made of the payload: named values, or TagoIO's"
        " list of them",
        examples=[{"temperature": 21.5}],
    )
    decoded_payload_warnings: list[str] | None = Field(description="What the formatter warns of")
    normalized_payload: list[JsonObject] | None = Field(
        description="The same as measurements of The Things Stack's normalized payload",
        examples=[[{"air": {"temperature": 21.5}}]],
    )
    decode_error: str | None = Field(description="Why `decoded_payload` is missing, or not all")
    formatter: FormatterUsedResponse | None = Field(description="Who made `decoded_payload`")
    port: int | None
    ack: bool | None = Field(description="Whether the device waited for a downlink")
    network: Network
    device: str = Field(description="The id as the sender wrote it")
    group: str
    received_at: Moment | None = Field(description="When the message itself came")
    advanced_at: Moment | None = Field(description="When came what the network added to it")
    amended_at: Moment | None = Field(description="When a further delivery added to it the last time")
    recovered: Literal[True] | None = Field(
        description="True where some of it was fetched from Sigfox, which could not deliver it"
    )
    radio: JsonObject | None = Field(
        description="Sigfox metadata of its reception", examples=[{"rssi": -123, "station": "1D44"}]
    )
    advanced: JsonObject | None = Field(
        description="Sigfox metadata of DATA_ADVANCED", examples=[{"lqi": "GOOD"}]
    )
    location: PlaceResponse | None
    variables: list[VariableResponse]
    conflicts: list[ConflictResponse] | None = Field(
        description="Other payloads, of further deliveries of the same device, time and sequence number"
    )
    warnings: list[WarningResponse] | None = Field(description="What was not understood, or left out")

    @classmethod
    def of(cls, message: StoredMessage) -> "MessageResponse":
        decoded = message.decoded
        return cls(
            id=message.id,
            time=message.time,
            sent_time=message.sent_time,
            seq_number=message.seq_number,
            payload=message.payload,
            decoded_payload=None if decoded is None else decoded.data,
            decoded_payload_warnings=None if decoded is None else list(decoded.warnings) or None,
            normalized_payload=None if decoded is None else list(map(dict, decoded.normalized)) or None,
            decode_error=None if decoded is None else decoded.error,
            formatter=None
            if decoded is None
            else FormatterUsedResponse(id=decoded.formatter_id, version=decoded.version),
            port=message.port,
            ack=message.ack,
            network=message.network,
            device=message.device_as_received,
            group=message.group,
            received_at=message.received_at,
            advanced_at=message.advanced_at,
            amended_at=message.amended_at,
            recovered=True if message.recovered else None,
            radio=dict(message.radio) or None,
            advanced=dict(message.advanced) or None,
            location=None if message.location is None else PlaceResponse.of(message.location),
            variables=[VariableResponse.of(variable) for variable in message.variables],
            conflicts=[ConflictResponse.of(conflict) for conflict in message.conflicts] or None,
            warnings=[WarningResponse.of(warning) for warning in message.warnings] or None,
        )


class MessageListResponse(ResponseModel):
    """Messages of a device."""

    messages: list[MessageResponse]
    next_cursor: str | None = Field(None, description="Of the next page; left out where there are no more")


@routes.get(
    "/v1/devices/<device_id>/messages",
    summary="List messages",
    tags=["messages"],
    responses=negotiated_responses(MessageListResponse),
)
def list_messages(
    key: TrafficReader,
    device_id: DeviceInPath,
    media_type: NegotiatedType,
    start_date: StartDate = None,
    end_date: EndDate = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Messages in a page, at most")] = 50,
    order: Annotated[Order, Query(description="The latest or the earliest first")] = Order.DESCENDING,
    cursor: Cursor = None,
) -> ResolvedResponse[str]:
    """Messages of a device, with everything that was received of each, as JSON or, by `Accept`, as CSV.

    A page costs by its size alone. It may be short where messages are large: the list ends where
    `next_cursor` is missing. A message that was just received may be missing for a second. Payloads are
    read by the formatter of the device's type; of one request scripts read at most 200 that they have not
    read yet, and `decode_error` or a warning says so of the others.
    """
    find_device(key.application_id, device_id)
    page_request = PageRequest.read(
        ["messages", key.application_id, device_id, order], start_date, end_date, cursor
    )
    after = _read_id(page_request)
    page = list_decoded_messages(
        key.application_id,
        device_id,
        MessagesWanted(page_request.first_ms, page_request.last_ms, order, limit, after),
    )
    responses = [MessageResponse.of(message) for message in page.messages]
    next_cursor = None if page.is_last else page_request.next_cursor([page.messages[-1].id])
    if media_type is MediaType.CSV:
        return csv_response(_COLUMNS, map(_row, responses), next_cursor)
    return json_response(MessageListResponse(messages=responses, next_cursor=next_cursor))


def _read_id(page_request: PageRequest) -> str | None:
    match page_request.position:
        case ():
            return None
        case [str(message_id)] if _MESSAGE_ID.fullmatch(message_id):
            if page_request.first_ms <= int(message_id[:13]) <= page_request.last_ms:
                return message_id
    raise unreadable_cursor()


_COLUMNS = tuple(MessageResponse.model_fields)


def _row(message: MessageResponse) -> list[object]:
    """Return the cells of a message: as in JSON, and what has parts is JSON."""
    content = message.model_dump(mode="json")
    cells = (content.get(column) for column in _COLUMNS)
    return [json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell for cell in cells]
