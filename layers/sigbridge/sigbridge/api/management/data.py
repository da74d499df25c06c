"""`/v1/devices/{id}/data`: what a device said and what was set by hand, as variables over time."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler import Response as ResolvedResponse
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from sigbridge.api.http.content_encoding import BodyTooLarge
from sigbridge.api.http.request import Request
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.cursors import unreadable_cursor
from sigbridge.api.management.data_models import (
    AggregateResponse,
    DataCreate,
    DataCreateResponse,
    DataDeleteResponse,
    DataItemResponse,
    DataListResponse,
)
from sigbridge.api.management.endpoint import DevicesWriter, TrafficReader, TrafficWriter
from sigbridge.api.management.messages import Cursor, DeviceInPath, EndDate, StartDate
from sigbridge.api.management.negotiation import (
    MediaType,
    NegotiatedType,
    csv_response,
    json_response,
    negotiated_responses,
)
from sigbridge.api.management.paging import PageRequest
from sigbridge.api.management.resolver import refuses
from sigbridge.data import (
    Aggregation,
    Function,
    Order,
    Position,
    Selection,
    aggregate,
    nearest_items,
    read_data,
    remove_data,
    write_data,
)
from sigbridge.devices import InactiveDevice, find_device
from sigbridge.errors import Fault, InvalidInput
from sigbridge.model.limits import checked_name
from sigbridge.tagoio.dates import START, read_interval

routes = new_routes()

_MOST_BODY_BYTES = 200_000
_MOST_ITEMS = 10_000
_DEFAULT_ITEMS = 15

_Names = Annotated[
    list[str] | None,
    Query(
        description="Names of variables, separated by commas; repeat it for more",
        examples=[["temperature", "rssi"]],
    ),
]


class DataQuery(StrEnum):
    """What is answered in place of the data items themselves."""

    LAST_ITEM = "last_item"
    FIRST_ITEM = "first_item"
    COUNT = "count"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"


_ENDS = {DataQuery.LAST_ITEM: Order.DESCENDING, DataQuery.FIRST_ITEM: Order.ASCENDING}
_TAGOIO_ORDERS = {"descending": Order.DESCENDING, "ascending": Order.ASCENDING}


@routes.get(
    "/v1/devices/<device_id>/data",
    summary="Read data",
    tags=["data"],
    responses=negotiated_responses(DataListResponse),
)
def list_data(
    key: TrafficReader,
    device_id: DeviceInPath,
    media_type: NegotiatedType,
    variables: _Names = None,
    variable: Annotated[list[str] | None, Query(description="TagoIO's name of the same")] = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    qty: Annotated[
        int | None,
        Query(ge=1, le=_MOST_ITEMS, description=f"Items in a page, at most; {_DEFAULT_ITEMS} if left out"),
    ] = None,
    order: Annotated[Order | None, Query(description="The latest first (`desc`), or the earliest")] = None,
    ordination: Annotated[
        Literal["descending", "ascending"] | None, Query(description="TagoIO's name of the same")
    ] = None,
    data_query: Annotated[
        DataQuery | None,
        Query(
            alias="query",
            description="The last or first item of each variable, or a number about the values of each;"
            " `min`, `max`, `avg` and `sum` need a `start_date`, and take what is a number",
        ),
    ] = None,
    interval: Annotated[
        str | None,
        Query(
            description="With `count`, `min`, `max`, `avg` or `sum`: how long each is, from 1970 on in UTC",
            examples=["15 minutes", "1 day"],
        ),
    ] = None,
    cursor: Cursor = None,
) -> ResolvedResponse[str]:
    """Data items of a device, as JSON or, by `Accept`, as CSV.

    They are what messages said - their variables, payload, port, sequence number, radio facts and location -
    and what was set by hand, in the order of their times. A page looks through 2,000 stored messages at
    most: it may be short, even empty, while there is a `next_cursor`. Following it gives every item once.

    `last_item` and `first_item` look through 20,000 stored messages where variables are named, through
    2,000 where none is. The numbers are made of 20,000 stored messages at most (400 if there are more).

    Payloads are read by the formatter of the device's type; of one request scripts read at most 200 that they
    have not read yet. Numbers are made of what scripts have read before: `outdated`, in CSV the header
    `X-Outdated`, says how many messages they have not.
    """
    find_device(key.application_id, device_id)
    names = _read_names(variables, variable)
    wanted_order = _read_order(order, ordination)
    query = ["data", key.application_id, device_id, wanted_order, *sorted(names)]
    page_request = PageRequest.read(query, start_date, end_date, cursor)
    selection = Selection(names, page_request.first_ms, page_request.last_ms, wanted_order)
    if data_query is None:
        _refuse({"interval": interval}, "needs a query that makes numbers")
        page = read_data(
            key.application_id, device_id, selection, qty or _DEFAULT_ITEMS, _read_position(page_request)
        )
        next_cursor = None if page.reached is None else page_request.next_cursor(page.reached.as_record())
        return _answer([DataItemResponse.of(item) for item in page.items], media_type, next_cursor)
    _refuse({"qty": qty, "cursor": cursor}, f"goes with no query, not with {data_query}")
    if data_query in _ENDS:
        _refuse({"interval": interval}, f"does not go with {data_query}")
        items = nearest_items(key.application_id, device_id, selection, _ENDS[data_query])
        return _answer([DataItemResponse.of(item) for item in items], media_type, None)
    if data_query is not DataQuery.COUNT and start_date is None:
        raise InvalidInput.of([Fault(START, f"is needed for {data_query}")])
    aggregation = Aggregation(
        Function(data_query.value), None if interval is None else read_interval(interval)
    )
    made = aggregate(key.application_id, device_id, selection, aggregation)
    values = [AggregateResponse.of(value) for value in made.values]
    return _answer(values, media_type, None, made.outdated or None)


@routes.post("/v1/devices/<device_id>/data", summary="Set data", tags=["data"], status_code=201)
@refuses(InactiveDevice("demo", "1A2B45"))
def create_data(
    key: TrafficWriter,
    device_id: DeviceInPath,
    request: ResolvedRequest,
    values: Annotated[DataCreate, Body()],
) -> tuple[DataCreateResponse, int]:
    """Set variables by hand or from a program: one, or an array of up to 1,000, in up to 200,000 bytes.

    All are checked before the first is stored. They are no message: the device is not heard of through
    them. Those of one time and group are stored together; sent again with the same content and a time
    they are not stored again.
    """
    received: Request = request.context["request"]
    if len(received.body) > _MOST_BODY_BYTES:
        message = f"The body is larger than {_MOST_BODY_BYTES} bytes"
        raise BodyTooLarge(message)
    receipt = write_data(key.application_id, device_id, values.new_values())
    return (
        DataCreateResponse(accepted=receipt.accepted, duplicates=receipt.duplicates, group=receipt.group),
        201,
    )


@routes.delete("/v1/devices/<device_id>/data", summary="Remove data", tags=["data"])
def delete_data(
    key: DevicesWriter,
    device_id: DeviceInPath,
    variables: _Names = None,
    variable: Annotated[list[str] | None, Query(description="TagoIO's name of the same")] = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    cursor: Cursor = None,
) -> DataDeleteResponse:
    """Remove data of a range, the latest first, up to 1,000 stored messages in a request.

    Without `variables` whole messages go, and what was set by hand. With `variables` these are taken out
    of what was set by hand and out of the variables of messages; what Sigfox says of a message, such as
    payload, rssi or location, leaves only with the message. `start_date`, `end_date` or `variables` is
    needed.
    """
    find_device(key.application_id, device_id)
    names = _read_names(variables, variable)
    if start_date is None and end_date is None and not names:
        message = "One of start_date, end_date or variables is required"
        raise InvalidInput(message)
    page_request = PageRequest.read(
        ["remove", key.application_id, device_id, *sorted(names)], start_date, end_date, cursor
    )
    selection = Selection(names, page_request.first_ms, page_request.last_ms, Order.DESCENDING)
    removed = remove_data(key.application_id, device_id, selection, _read_position(page_request))
    return DataDeleteResponse(
        removed=removed.count,
        complete=removed.reached is None,
        next_cursor=None
        if removed.reached is None
        else page_request.next_cursor(removed.reached.as_record()),
    )


def _read_names(*lists: Sequence[str] | None) -> frozenset[str]:
    names = [name.strip() for names in lists for name in names or ()]
    if "" in names:
        raise InvalidInput.of([Fault("variables", "must be names of variables, separated by commas")])
    try:
        return frozenset(map(checked_name, names))
    except ValueError as invalid:
        raise InvalidInput.of([Fault("variables", str(invalid))]) from invalid


def _read_order(order: Order | None, ordination: str | None) -> Order:
    if ordination is None:
        return order or Order.DESCENDING
    if order is not None:
        raise InvalidInput.of([Fault("ordination", "is the same as order: give one of them")])
    return _TAGOIO_ORDERS[ordination]


def _refuse(given: Mapping[str, object], reason: str) -> None:
    faults = [Fault(name, reason) for name, value in given.items() if value is not None]
    if faults:
        raise InvalidInput.of(faults)


def _read_position(page_request: PageRequest) -> Position | None:
    if not page_request.position:
        return None
    try:
        position = Position.from_record(page_request.position)
    except ValueError as invalid:
        raise unreadable_cursor() from invalid
    if not page_request.first_ms <= position.time <= page_request.last_ms:
        raise unreadable_cursor()
    return position


_COLUMNS = ("time", "variable", "value", "unit", "group", "latitude", "longitude", "id", "metadata")


def _answer(
    items: list[DataItemResponse] | list[AggregateResponse],
    media_type: MediaType,
    next_cursor: str | None,
    outdated: int | None = None,
) -> ResolvedResponse[str]:
    if media_type is MediaType.CSV:
        return csv_response(_COLUMNS, map(_row, items), next_cursor, outdated)
    return json_response(DataListResponse(data=items, next_cursor=next_cursor, outdated=outdated))


def _row(item: DataItemResponse | AggregateResponse) -> list[object]:
    """Return the cells of an item: as in JSON, but its location has two of them, and metadata is JSON."""
    cells = item.model_dump(mode="json")
    if "location" in cells:
        cells["longitude"], cells["latitude"] = cells["location"]["coordinates"]
    if "metadata" in cells:
        cells["metadata"] = json.dumps(cells["metadata"], ensure_ascii=False)
    return [cells.get(column) for column in _COLUMNS]
