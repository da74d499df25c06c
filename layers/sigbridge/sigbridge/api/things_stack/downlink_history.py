"""One downlink and the history of a device's downlinks, beside The Things Stack's queue API."""

import re

from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.downlinks import DownlinkHistory, HistoryPage
from sigbridge.model.downlink import is_downlink_id
from sigbridge.things_stack.errors import invalid_field
from sigbridge.things_stack.history import downlink_life, downlink_page
from sigbridge.things_stack.queue import Empty

_LARGEST_PAGE = 100
_LIMIT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_USUAL_PAGE = 20


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
    return Response.json(200, Empty())


def downlink_response(life: DownlinkHistory) -> Response:
    """Return the response with one downlink and its history."""
    return Response.json(200, downlink_life(life))


def history_response(page: HistoryPage) -> Response:
    """Return the response with a page of downlinks."""
    return Response.json(200, downlink_page(page.lives, page.next_cursor))
