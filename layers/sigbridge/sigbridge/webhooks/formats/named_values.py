"""The named values that an event holds, for the formats that are lists of those."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sigbridge.clock import iso_ms
from sigbridge.formatters.values import InvalidResult, read_values
from sigbridge.model.message import Location, Variable
from sigbridge.model.webhook import MessageType
from sigbridge.tagoio.variables import InvalidVariable, make_variable
from sigbridge.webhooks.details import Detail, to_json

_OF_RECEPTION = ("rssi", "snr", "station")
_OF_DOWNLINK = ("id", "source", "frm_payload")
_OF_STEP = ("attempt", "reason", "cause", "info_code", "info_message")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value that an event says.

    Attributes:
        variable: Its name, value, unit, metadata and location.
        time: Epoch ms, where it is not that of the event; else None.
    """

    variable: Variable
    time: int | None = None


@dataclass(frozen=True, slots=True)
class NamedValues:
    """What an event says.

    Attributes:
        time: Epoch ms of what happened.
        facts: What the network says of it, by name; texts, numbers and booleans.
        values: What the device says, as far as it is read.
        location: Where the device was, if that is known.
    """

    time: int
    facts: dict[str, Any]
    values: tuple[NamedValue, ...] = ()
    location: Location | None = field(default=None)


def named_values(message_type: MessageType, detail: Detail) -> NamedValues:
    """Return what an event says as what a webhook is told of it."""
    if "downlink" in detail:
        return _of_downlink(detail)
    content = detail["message"] if "message" in detail else detail["report"]
    time = _moment(content["time"])
    location = Location.from_record(content["location"]) if "location" in content else None
    if message_type is MessageType.LOCATION_SOLVED:
        return NamedValues(time, {}, (), location)
    if "report" in detail:
        return NamedValues(time, dict(_scalars(content["facts"])), (), location)
    if _is_data_advanced(message_type, detail):
        added = _variables(content.get("advanced_variables", []))
        return NamedValues(time, dict(_scalars(content.get("advanced", {}))), tuple(added), location)
    radio = content.get("radio", {})
    facts = {name: radio[name] for name in _OF_RECEPTION if name in radio}
    facts |= {name: content[name] for name in ("seq_number", "port", "payload") if name in content}
    values = (*_variables(content.get("variables", [])), *_decoded(content))
    return NamedValues(time, facts, values, location)


def _is_data_advanced(message_type: MessageType, detail: Detail) -> bool:
    is_amended = detail["at"] == detail["message"].get("amended_at")
    return message_type is MessageType.SERVICE_DATA and not is_amended


def _of_downlink(detail: Detail) -> NamedValues:
    downlink, step = detail["downlink"], detail["step"]
    facts = {name: downlink[name] for name in _OF_DOWNLINK}
    facts |= {name: step[name] for name in _OF_STEP if name in step}
    return NamedValues(_moment(step["at"]), facts)


def _moment(text: str) -> int:
    moment = iso_ms(text)
    if moment is None:
        message = f"{text} is no moment of an event"
        raise ValueError(message)
    return moment


def _decoded(message: Detail) -> Iterator[NamedValue]:
    try:
        decoded = read_values(message.get("decoded_payload", {}))
    except InvalidResult:
        # What an older version let pass; it stands in the formats that show it as it is.
        return
    for found in decoded.variables:
        yield NamedValue(found.variable, found.time)


def _variables(records: Iterable[Detail]) -> Iterator[NamedValue]:
    for record in records:
        yield NamedValue(Variable.from_record(record))


def _scalars(facts: Detail) -> Iterator[tuple[str, Any]]:
    """Yield facts by their names; what has parts is JSON, as in TagoIO's `duplicates`."""
    for name, value in facts.items():
        written = to_json(value) if isinstance(value, dict | list) else value
        try:
            variable = make_variable((name,), written)
        except InvalidVariable:
            continue
        if variable is not None:
            yield variable.name, variable.value
