"""Messages as the table has them, and as the model has them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.decoding import DecodedPayload
from sigbridge.model.message import Location, MessagePart, Network, Variable
from sigbridge.model.stored_message import ConflictingPayload, PartContent, StoredMessage
from sigbridge.store.numbers import whole

SORT_PREFIX = "MSG#"
DECODED = "decoded"


@dataclass(frozen=True, slots=True)
class PartAttributes:
    """Names of the attributes that belong to one part of a message.

    Attributes:
        arrival: When it came; the part is written only while there is none.
        delivery: Which delivery of it was the first.
        facts, variables, warnings, recovered: Its content.
    """

    arrival: str
    delivery: str
    facts: str
    variables: str
    warnings: str
    recovered: str


ATTRIBUTES: Mapping[MessagePart, PartAttributes] = {
    MessagePart.UPLINK: PartAttributes(
        "received_at", "delivery", "radio", "variables", "warnings", "recovered"
    ),
    MessagePart.ADVANCED: PartAttributes(
        "advanced_at",
        "advanced_delivery",
        "advanced",
        "advanced_variables",
        "advanced_warnings",
        "advanced_recovered",
    ),
}


def read_message(record: Mapping[str, Any]) -> StoredMessage:
    """Read the stored item, keys included, or its image in the change stream."""
    location = record.get("location")
    parts = {part: _read_part(record, names) for part, names in ATTRIBUTES.items() if names.arrival in record}
    return StoredMessage(
        id=record["sk"].removeprefix(SORT_PREFIX),
        device_id=record["pk"].split("#", 2)[2],
        device_as_received=record["device"],
        network=Network(record["network"]),
        time=int(record["time"]),
        group=record["group"],
        parts=parts,
        seq_number=whole(record.get("seq_number")),
        payload=record.get("payload"),
        port=whole(record.get("port")),
        ack=record.get("ack"),
        location=None if location is None else Location.from_record(location),
        sent_time=whole(record.get("sent_time")),
        amended_at=whole(record.get("amended_at")),
        amendments=int(record.get("amended", 0)),
        conflicts=tuple(map(_read_conflict, record.get("conflicts", ()))),
        decoded=None if DECODED not in record else _read_decoded(record[DECODED]),
    )


def shared_record(message: StoredMessage) -> dict[str, Any]:
    """Return the attributes of a message that do not belong to one of its parts."""
    content = {
        "device": message.device_as_received,
        "network": message.network.value,
        "time": message.time,
        "sent_time": message.sent_time,
        "seq_number": message.seq_number,
        "payload": message.payload,
        "port": message.port,
        "ack": message.ack,
        "group": message.group,
        "amended": message.amendments or None,
        "amended_at": message.amended_at,
        "conflicts": [conflict_record(conflict) for conflict in message.conflicts] or None,
    }
    return {name: value for name, value in content.items() if value is not None}


def location_record(message: StoredMessage) -> dict[str, Any]:
    """Return the attribute that the part which came last decides about, if it says anything of it."""
    return {} if message.location is None else {"location": message.location.as_record()}


def part_record(part: MessagePart, content: PartContent) -> dict[str, Any]:
    """Return the attributes that belong to one part of a message."""
    names = ATTRIBUTES[part]
    told = {
        names.facts: dict(content.facts),
        names.variables: [variable.as_record() for variable in content.variables],
        names.warnings: [warning_record(warning) for warning in content.warnings],
        names.recovered: content.recovered,
    }
    return {names.arrival: content.arrived_at, **{name: value for name, value in told.items() if value}}


def message_record(message: StoredMessage) -> dict[str, Any]:
    """Return all attributes of a message that the model knows."""
    record = shared_record(message) | location_record(message)
    for part, content in message.parts.items():
        record |= part_record(part, content)
    return record


def warning_record(warning: Fault) -> dict[str, str]:
    """Return the stored form of a warning."""
    return {"field": warning.field, "message": warning.message}


def conflict_record(conflict: ConflictingPayload) -> dict[str, Any]:
    """Return the stored form of a further payload."""
    return {"payload": conflict.payload, "received_at": conflict.received_at}


def decoded_text(decoded: DecodedPayload) -> str:
    """Return the stored form of what a script made of a payload.

    It is JSON, which has all numbers of scripts; DynamoDB refuses some.
    """
    content = {
        "formatter": decoded.formatter_id,
        "version": decoded.version,
        "digest": decoded.digest,
        "data": decoded.data,
        "normalized": decoded.normalized,
        "warnings": decoded.warnings,
        "error": decoded.error,
    }
    known = {name: value for name, value in content.items() if value not in (None, ())}
    # A script's numbers are floating ones.
    return json.dumps(known, default=float, ensure_ascii=False, separators=(",", ":"))


def _read_decoded(text: str) -> DecodedPayload:
    content = json.loads(text, parse_float=Decimal)
    return DecodedPayload(
        formatter_id=content["formatter"],
        version=content["version"],
        digest=content["digest"],
        data=content.get("data"),
        normalized=tuple(content.get("normalized", ())),
        warnings=tuple(content.get("warnings", ())),
        error=content.get("error"),
    )


def _read_part(record: Mapping[str, Any], names: PartAttributes) -> PartContent:
    return PartContent(
        arrived_at=int(record[names.arrival]),
        facts=record.get(names.facts, {}),
        variables=tuple(map(Variable.from_record, record.get(names.variables, ()))),
        warnings=tuple(
            Fault(warning["field"], warning["message"]) for warning in record.get(names.warnings, ())
        ),
        recovered=names.recovered in record,
    )


def _read_conflict(record: Mapping[str, Any]) -> ConflictingPayload:
    return ConflictingPayload(record["payload"], int(record["received_at"]))
