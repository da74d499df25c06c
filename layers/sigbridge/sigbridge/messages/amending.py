"""What a further delivery of a message adds to it.

Deliveries of one message say the same as a rule. Where one says more, what is missing is filled in; where
it says something else, what came first stays, and another payload is kept beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigbridge.errors import Fault, StoreUnavailable
from sigbridge.messages.parts import PartAttributes, PartContent, joined_warnings
from sigbridge.model.message import ReceivedMessage
from sigbridge.store import messages as stored_messages
from sigbridge.store.item_size import stored_size
from sigbridge.store.messages import ChangedMeanwhile, MessageRecord, MessageWrite

_ATTEMPTS = 10
_FILLED_IN = ("seq_number", "payload", "port", "ack", "location")
_CONFLICTS = 10
# Two of the longest payloads.
_CONFLICTS_BYTES = 45_000
_QUOTED_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a delivery adds to a message that is stored.

    Attributes:
        changes: The attributes that change, with their new values.
        warnings: What of the delivery differs, beside what the delivery itself warns of.
        is_conflict: Whether a payload is added that was not known.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of a part of a message.

    Attributes:
        message: What was received.
        content: What of it can be kept.
        write: How it is stored.
    """

    message: ReceivedMessage
    content: PartContent
    write: MessageWrite


def amend(delivery: Delivery, stored: MessageRecord) -> Amendment:
    """Add what a delivery says and the message lacks; it costs nothing where that is nothing.

    Args:
        delivery: Of the message.
        stored: The message as it is.

    Raises:
        StoreUnavailable: It may not be added; the same delivery may be tried again.
    """
    write = delivery.write
    for _ in range(_ATTEMPTS):
        amendment = _amendment(delivery, stored.content)
        if not amendment.changes:
            return amendment
        number = int(stored.content.get("amended", 0)) + 1
        changes = {**amendment.changes, "amended": number, "amended_at": write.arrived_at}
        try:
            stored_messages.amend(write.application_id, write.device_id, stored, changes)
        except ChangedMeanwhile as changed:
            stored = changed.existing
        else:
            return amendment
    raise StoreUnavailable


def _amendment(delivery: Delivery, stored: Mapping[str, Any]) -> Amendment:
    names, content = PartAttributes.of(delivery.message.part), delivery.content
    told = {**delivery.write.own, **delivery.write.shared}
    changes = {name: told[name] for name in _FILLED_IN if name in told and stored.get(name) in (None, "")}
    payload_changes, payload_warnings = _of_payload(delivery.write, stored)
    facts: dict[str, Any] = stored.get(names.facts, {})
    variables: list[dict[str, Any]] = stored.get(names.variables, [])
    values: dict[str, list[Any]] = {}
    for variable in variables:
        values.setdefault(variable["variable"], []).append(variable["value"])
    joined = PartContent(facts, variables).joined_by(
        {name: value for name, value in content.facts.items() if name not in facts},
        [variable for variable in content.variables if variable["variable"] not in values],
    )
    differing = tuple(
        Fault(variable["variable"], "differs from what an earlier delivery said, which stays")
        for variable in content.variables
        if variable["variable"] in values and variable["value"] not in values[variable["variable"]]
    )
    warnings = (*differing, *joined.left_out)
    told_warnings = (*delivery.message.warnings, *content.left_out, *warnings)
    wanted = {
        names.facts: dict(joined.facts),
        names.variables: joined.variables,
        names.warnings: joined_warnings(stored.get(names.warnings, ()), told_warnings),
    }
    changes |= {name: value for name, value in wanted.items() if value and value != stored.get(name)}
    return Amendment(
        {**changes, **payload_changes}, (*warnings, *payload_warnings), is_conflict=bool(payload_changes)
    )


def _of_payload(write: MessageWrite, stored: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    payload, first = write.shared.get("payload"), stored.get("payload")
    if not payload or not first or payload == first:
        return {}, ()
    conflicts = stored.get("conflicts", [])
    warning = Fault("payload", f"differs from {_quoted(first)}, which came first; it is kept as a conflict")
    if any(conflict["payload"] == payload for conflict in conflicts):
        return {}, (warning,)
    added = [*conflicts, {"payload": payload, "received_at": write.arrived_at}]
    if len(added) > _CONFLICTS or stored_size(added) > _CONFLICTS_BYTES:
        reason = f"differs from {_quoted(first)}, which came first, and is left out, since others do too"
        return {}, (Fault("payload", reason),)
    return {"conflicts": added}, (warning,)


def _quoted(payload: str) -> str:
    return payload if len(payload) <= _QUOTED_LENGTH else f"{payload[:_QUOTED_LENGTH]}…"
