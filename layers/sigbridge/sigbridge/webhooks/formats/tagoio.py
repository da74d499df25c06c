"""TagoIO's list of variables, as its Sigfox endpoint and its API take it (tagoio reference, 1 and 7)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sigbridge.clock import rfc3339
from sigbridge.model.event import Event
from sigbridge.model.message import Location
from sigbridge.model.webhook import MessageType, Webhook
from sigbridge.webhooks.content import JSON, Content, text_content
from sigbridge.webhooks.details import Detail, read_detail, to_json
from sigbridge.webhooks.formats.named_values import NamedValue, NamedValues, named_values

# What TagoIO takes at most.
_UNIT_LENGTH = 25
_LARGEST_BODY = 200_000
# Facts by TagoIO's names for them, which its Sigfox decoders look for.
_NAMES = {"payload": "data", "seq_number": "seqNumber"}


def write(_webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write an event as variables of one group; the header `device` says whose they are, as Sigfox's do."""
    detail = read_detail(event)
    named = named_values(message_type, detail)
    shared = {"time": rfc3339(named.time), "group": _group(detail)}
    items = _fitting(to_json(shared | item) for item in _items(message_type, detail, named))
    return text_content(JSON, f"[{','.join(items)}]", {"device": event.device_id})


def _fitting(items: Iterable[str]) -> Iterator[str]:
    """Yield items as long as TagoIO takes the list of them."""
    size = 0
    for item in items:
        size += len(item.encode(errors="replace")) + 1
        if size >= _LARGEST_BODY:
            return
        yield item


def _group(detail: Detail) -> str:
    if "message" in detail:
        return str(detail["message"]["group"])
    if "downlink" in detail:
        return str(detail["downlink"]["id"])
    return str(detail["report"]["time"])


def _items(message_type: MessageType, detail: Detail, named: NamedValues) -> Iterator[dict[str, Any]]:
    yield {"variable": "device", "value": detail["device_id"]}
    if "downlink" in detail:
        yield _of_downlink(message_type, detail, named)
        return
    prefix = f"{detail['report']['service']}_" if "report" in detail else ""
    for name, value in named.facts.items():
        yield {"variable": _NAMES.get(name, prefix + name), "value": value}
    if named.location is not None:
        yield _of_location(named.location)
    for value in named.values:
        yield _of_value(value)


def _of_downlink(message_type: MessageType, detail: Detail, named: NamedValues) -> dict[str, Any]:
    metadata = {name: value for name, value in named.facts.items() if name != "frm_payload"}
    return {"variable": message_type, "value": detail["downlink"]["frm_payload"], "metadata": metadata}


def _of_location(location: Location) -> dict[str, Any]:
    return {"variable": "location", "value": location.as_text(), "location": _place(location)}


def _place(location: Location) -> Mapping[str, Any]:
    record: dict[str, Any] = location.as_record()
    return {"lat": record.pop("latitude"), "lng": record.pop("longitude"), **record}


def _of_value(named: NamedValue) -> dict[str, Any]:
    variable = named.variable
    content = {
        "variable": variable.name,
        "value": variable.value,
        "unit": None if variable.unit is None else variable.unit[:_UNIT_LENGTH],
        "time": None if named.time is None else rfc3339(named.time),
        "location": None if variable.location is None else _place(variable.location),
        "metadata": variable.metadata,
    }
    return {name: value for name, value in content.items() if value is not None}
