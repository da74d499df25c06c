"""An event's detail, read once and completed."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sigbridge.formatters.values import InvalidResult, read_values
from sigbridge.model.event import Event

type Detail = Mapping[str, Any]


def read_detail(event: Event) -> Detail:
    """Return the detail of an event; a message whose values say where its device was has that as location."""
    detail: dict[str, Any] = json.loads(event.detail, parse_float=Decimal)
    message = detail.get("message")
    if message is None or "location" in message or "decoded_payload" not in message:
        return detail
    try:
        location = read_values(message["decoded_payload"]).location
    except InvalidResult:
        return detail
    if location is None:
        return detail
    return {**detail, "message": {**message, "location": location.as_record()}}


def has_location(detail: Detail) -> bool:
    """Return whether an event says where its device was."""
    return any("location" in detail.get(part, {}) for part in ("message", "report"))


def to_json(content: object) -> str:
    """Write a detail, or parts of it, as JSON; its numbers are written as they were."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=float)
