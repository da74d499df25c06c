"""InfluxDB's line protocol: what an event says as fields of a point.

Every number is a float, because InfluxDB refuses a field that was whole once and is a fraction later.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from sigbridge.model.event import Event
from sigbridge.model.message import Location, Value
from sigbridge.model.webhook import MessageType, Webhook
from sigbridge.webhooks.content import Content, text_content
from sigbridge.webhooks.details import read_detail
from sigbridge.webhooks.formats.named_values import NamedValues, named_values

_NS_OF_MS = 1_000_000
# These separate fields, and are escaped where they stand in a name.
_SEPARATORS = re.compile(r"([,= ])")
# No escape stands for these.
_NOT_IN_NAMES = re.compile(r"[\\\s]+")
_RESERVED_NAMES = frozenset({"time"})
_DEVICE = frozenset({"application", "device", "service"})

type _Fields = dict[str, Value]


def write(_webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write an event as lines, one for each moment that its values are of."""
    detail = read_detail(event)
    named = named_values(message_type, detail)
    tags = {"application": event.application_id, "device": event.device_id}
    if "report" in detail:
        tags["service"] = detail["report"]["service"]
    lines = (line(message_type, tags, fields, time) for time, fields in _points(named).items())
    return text_content("text/plain; charset=utf-8", "\n".join(lines))


def line(measurement: str, tags: Mapping[str, str], fields: Mapping[str, Value], time_ms: int) -> str:
    """Write a point; one without values says that it was there."""
    tagged = [measurement, *(f"{name}={_escaped(value)}" for name, value in tags.items() if value)]
    values = {field_name(name): value for name, value in fields.items()} or {"count": 1}
    written = ",".join(f"{_escaped(name)}={_field_value(value)}" for name, value in values.items())
    return f"{','.join(tagged)} {written} {time_ms * _NS_OF_MS}"


def field_name(name: str) -> str:
    """Return a name that a field may have: without `_` before it, no tag's name, and not `time`."""
    allowed = _NOT_IN_NAMES.sub("_", name).lstrip("_") or "value"
    return f"{allowed}_" if allowed in _RESERVED_NAMES | _DEVICE else allowed


def _points(named: NamedValues) -> dict[int, _Fields]:
    points: dict[int, _Fields] = {named.time: {**named.facts, **_place(named.location)}}
    for value in named.values:
        time = named.time if value.time is None else value.time
        points.setdefault(time, {})[value.variable.name] = value.variable.value
    return points


def _place(location: Location | None) -> _Fields:
    return {} if location is None else dict(location.as_record())


def _escaped(name: str) -> str:
    return _SEPARATORS.sub(r"\\\1", name)


def _field_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return repr(float(value))
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
