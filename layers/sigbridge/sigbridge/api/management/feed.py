"""`/v1/feed`: everything that happened in the application, by the time of writing."""

import json
import re
from dataclasses import astuple
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from sigbridge.api.http.models import DeviceId, Moment, ResponseModel
from sigbridge.api.http.routing import new_routes
from sigbridge.api.management.cursors import read_cursor, unreadable_cursor, write_cursor
from sigbridge.api.management.endpoint import TrafficReader
from sigbridge.api.management.json_object import JsonObject
from sigbridge.api.management.resolver import refuses
from sigbridge.errors import Fault, InvalidInput
from sigbridge.feed.reading import FeedPlace, Follow, read_feed
from sigbridge.feed.retention import NoFeed
from sigbridge.feed.runs import EventFilter, FeedPosition, Run
from sigbridge.messages import Order
from sigbridge.model.event import KINDS, Event, kind_in_url

routes = new_routes()

_KINDS = {kind_in_url(kind): kind for kind in KINDS}
_ROW_ID = re.compile(r"[0-9]{13}#[0-9a-z]{1,64}", re.ASCII)
_LATEST_MS = 10**13 - 1


class FeedEventResponse(ResponseModel):
    """Something that happened."""

    id: str = Field(description="The same wherever it is told; an event may come more than once")
    kind: str = Field(examples=["message.received"], description="What `kinds` filters by")
    written_at: Moment | None = Field(description="When it was written into the feed")
    detail: JsonObject = Field(description="As docs/events describes it for its kind")

    @classmethod
    def of(cls, event: Event) -> "FeedEventResponse":
        return cls(
            id=event.id,
            kind=kind_in_url(event.kind),
            written_at=event.fed_at,
            detail=json.loads(event.detail),
        )


class FeedResponse(ResponseModel):
    """What happened."""

    events: list[FeedEventResponse]
    next_cursor: str | None = Field(None, description="Of the next page; left out where there are no more")
    follow_cursor: str | None = Field(
        None,
        description="Of what comes later: ask with it again after some seconds. It comes with the newest"
        " events, and with the last page of those after a cursor",
    )


@routes.get("/v1/feed", summary="Read what happened", tags=["feed"])
@refuses(NoFeed())
def list_events(
    key: TrafficReader,
    limit: Annotated[int, Query(ge=1, le=200, description="Events in a page, at most")] = 50,
    cursor: Annotated[
        str | None, Query(description="`next_cursor` or `follow_cursor` of an earlier page")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        Query(
            description=f"Kinds of events, separated by commas: {', '.join(f'`{kind}`' for kind in _KINDS)}",
            examples=[["message.received", "downlink.sent"]],
        ),
    ] = None,
    device: Annotated[DeviceId | None, Query(description="Id of the device")] = None,
    type_id: Annotated[
        str | None, Query(alias="type", max_length=64, description="Id of the device's present type")
    ] = None,
) -> FeedResponse:
    """Messages, reports, steps of downlinks and refused callbacks, for as long as the feed has them.

    Without a cursor the newest come first, and `next_cursor` leads into the past. With `follow_cursor` comes
    everything that was written since, the oldest first: none is skipped, and those of 10 s come again, with
    the same `id`. A page may have few events or none, where filters leave few, and the list still goes on:
    it ends where `next_cursor` is missing. What is written is in the feed a few seconds after it happened.
    """
    names = sorted({kind.strip() for kind in kinds or ()})
    wanted = EventFilter(_read_kinds(names), device, type_id)
    query = ["feed", key.application_id, names, device, type_id]
    place = None if cursor is None else _read_place(read_cursor(cursor, query))
    page = read_feed(key.application_id, place, limit, wanted)
    return FeedResponse(
        events=[FeedEventResponse.of(event) for event in page.events],
        next_cursor=None if page.rest is None else write_cursor(_write_place(page.rest), query),
        follow_cursor=None if page.follow is None else write_cursor(_write_place(page.follow), query),
    )


def _read_kinds(names: list[str]) -> frozenset[str]:
    unknown = [name for name in names if name not in _KINDS]
    if unknown:
        message = f"has no kind {unknown[0]!r}; there are {', '.join(_KINDS)}"
        raise InvalidInput.of([Fault("kinds", message)])
    return frozenset(_KINDS[name] for name in names)


def _write_place(place: FeedPlace) -> str:
    if isinstance(place, Follow):
        return json.dumps([place.since_ms])
    after = () if place.after is None else astuple(place.after)
    return json.dumps([place.order, place.first_ms, place.last_ms, *after])


def _read_place(text: str) -> FeedPlace:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise unreadable_cursor() from failure
    match content:
        case [int(since_ms)] if 0 <= since_ms <= _LATEST_MS:
            return Follow(since_ms)
        case ["asc" | "desc" as order, int(first_ms), int(last_ms), str(row_id), int(shard), int(index)] if (
            _ROW_ID.fullmatch(row_id) and 0 <= first_ms <= int(row_id[:13]) <= last_ms <= _LATEST_MS
        ):
            return Run(Order(order), first_ms, last_ms, FeedPosition(row_id, shard, index))
    raise unreadable_cursor()
