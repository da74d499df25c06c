"""One downlink and the history of a device's downlinks, beside The Things Stack's queue API."""

import re

from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.clock import rfc3339
from sigbridge.downlinks import HistoryPage, Life, Source
from sigbridge.model.downlink import is_downlink_id
from sigbridge.things_stack.downlinks import queue_item
from sigbridge.things_stack.errors import invalid_field

_LARGEST_PAGE = 100
_LIMIT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_USUAL_PAGE = 20
_OUTCOME_UNKNOWN = "handed to Sigfox, outcome unknown"


def addressed_downlink(request: Request) -> str:
    """Read the downlink that a path names.

    Raises:
        ThingsStackError: It can't be one.
    """
    downlink_id = request.path["downlink_id"].lower()
    if not is_downlink_id(downlink_id):
        raise invalid_field("downlink_id", "value must be 24 hex digits")
    return downlink_id


def read_page(request: Request) -> tuple[int, str | None]:
    """Read how many downlinks are wanted, at most 100 (20 where the query does not say), and after which.

    Raises:
        ThingsStackError: `limit` or `cursor` is not valid.
    """
    limit = request.query.get("limit", str(_USUAL_PAGE))
    if not _LIMIT.fullmatch(limit) or int(limit) > _LARGEST_PAGE:
        raise invalid_field("limit", f"value must be from 1 to {_LARGEST_PAGE}")
    cursor = request.query.get("cursor")
    if cursor is not None and not is_downlink_id(cursor):
        raise invalid_field("cursor", "value must be a next_cursor that was returned before")
    return int(limit), cursor


def deletion_response() -> Response:
    """Return the response to the deletion of a downlink."""
    return Response.json(200, {})


def downlink_response(life: Life) -> Response:
    """Return the response with one downlink and its history."""
    return Response.json(200, _life(life))


def history_response(page: HistoryPage) -> Response:
    """Return the response with a page of downlinks; empty fields are left out, as The Things Stack does."""
    content = {"downlinks": [_life(life) for life in page.lives], "next_cursor": page.next_cursor}
    return Response.json(200, {name: value for name, value in content.items() if value})


def _life(life: Life) -> dict[str, object]:
    downlink = life.downlink
    content: dict[str, object] = {"id": downlink.id, "state": life.state, "attempt": downlink.attempt}
    if life.is_outcome_unknown:
        content["outcome"] = _OUTCOME_UNKNOWN
    if downlink.source is not Source.QUEUE:
        content["source"] = downlink.source
    content |= queue_item(downlink)
    if downlink.source is Source.QUEUE:
        content["queued_at"] = rfc3339(downlink.made_at)
    return content | {"history": [step.told() for step in life.steps]}
