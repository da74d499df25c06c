"""The Things Stack's Storage Integration (the-things-stack reference, 3.5): one JSON object a line."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.clock import DAY_MS, iso_ms, now_ms
from sigbridge.events.details import events_of
from sigbridge.messages import MessagePage, MessagesWanted, Order, StoredMessage
from sigbridge.model.webhook import MessageType, WebhookFormat
from sigbridge.store.stream import MessageStored
from sigbridge.things_stack.application_up import application_up
from sigbridge.things_stack.errors import invalid_field
from sigbridge.webhooks.field_mask import check_field_mask, masked

LARGEST_LIMIT = 1_000
USUAL_LIMIT = 100
# An answer of Lambda has 6 MB at most.
_LARGEST_ANSWER_BYTES = 4_500_000

_TYPE = MessageType.UPLINK_MESSAGE
_KNOWN_TYPE = f"only `{_TYPE}` is stored"
_NUMBER = re.compile("[0-9]{1,9}", re.ASCII)
_LENGTHS_MS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_LENGTH = re.compile(r"([0-9]{1,9})(\.[0-9]{1,9})?(ms|h|m|s)", re.ASCII)
_ORDERS = {"received_at": Order.ASCENDING, "-received_at": Order.DESCENDING}
_MOMENT_RULE = "value must be a moment as 2026-11-22T08:00:00Z"
_LAST_MOMENT = 10**13 - 1


@dataclass(frozen=True, slots=True)
class StoredUplinksQuery:
    """Which stored messages are wanted.

    Attributes:
        messages: Between which moments, in which order, of which port, and how many.
        field_mask: The fields that are wanted; empty for all.
    """

    messages: MessagesWanted
    field_mask: tuple[str, ...]


def read_storage_query(request: Request) -> StoredUplinksQuery:
    """Read what a request asks of the storage.

    Raises:
        ThingsStackError: The type or a variable of the query is not valid.
    """
    if request.path["type"] != _TYPE:
        raise invalid_field("type", _KNOWN_TYPE)
    query = request.query
    if "continuation_token" in query:
        raise invalid_field("continuation_token", "use `after` or `before` of the last message instead")
    limit = _number(query, "limit", 1, LARGEST_LIMIT)
    order = query.get("order") or "received_at"
    if order not in _ORDERS:
        raise invalid_field("order", "value must be received_at or -received_at")
    first_ms, last_ms = _range(query)
    paths = tuple(path for path in query.get("field_mask", "").split(",") if path)
    try:
        check_field_mask(WebhookFormat.TTS, paths)
    except ValueError as fault:
        raise invalid_field("field_mask", str(fault)) from fault
    port = _number(query, "f_port", 1, 255)
    wanted = MessagesWanted(first_ms, last_ms, _ORDERS[order], limit or USUAL_LIMIT, port=port)
    return StoredUplinksQuery(wanted, paths)


def storage_response(application_id: str, page: MessagePage, query: StoredUplinksQuery) -> Response:
    """Return the response with messages; its header `X-Has-More` says whether there are more of them."""
    has_more = not page.is_last
    lines: list[str] = []
    size = 0
    for message in page.messages:
        line = _line(application_id, message, query.field_mask)
        size += len(line.encode())
        if size > _LARGEST_ANSWER_BYTES:
            has_more = True
            break
        lines.append(line)
    headers = {"Content-Type": "text/event-stream", "X-Has-More": str(has_more).lower()}
    return Response(200, "".join(lines), headers)


def _line(application_id: str, message: StoredMessage, field_mask: tuple[str, ...]) -> str:
    change = MessageStored("", application_id, message.device_id, None, message, message.time)
    [received, *_] = events_of(change)
    up = application_up(_TYPE, json.loads(received.detail))
    result = {"result": masked(up, field_mask)}
    return json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n"


def _number(query: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise invalid_field(name, f"value must be from {least} to {most}")
    return int(text)


def _range(query: Mapping[str, Any]) -> tuple[int, int]:
    """Return the first and the last moment that are wanted; `after` and `before` themselves are not."""
    if "last" not in query:
        return _moment(query, "after", -1) + 1, _moment(query, "before", _LAST_MOMENT + 1) - 1
    if "after" in query or "before" in query:
        raise invalid_field("last", "cannot be used with after or before")
    return max(now_ms() - _length_ms(query["last"]), 0), now_ms() + DAY_MS


def _moment(query: Mapping[str, Any], name: str, otherwise: int) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    moment = iso_ms(text)
    if moment is None:
        raise invalid_field(name, _MOMENT_RULE)
    return moment


def _length_ms(text: str) -> int:
    """Read a length of time such as `24h`, `1h30m` or `3600s`."""
    parts = [*_LENGTH.finditer(text)]
    length = sum(float(part[1] + (part[2] or "")) * _LENGTHS_MS[part[3]] for part in parts)
    if "".join(part[0] for part in parts) != text or not length:
        raise invalid_field("last", "value must be a length of time such as 24h, 10m or 1h30m")
    return int(length)
