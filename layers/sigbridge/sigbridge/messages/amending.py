"""What a further delivery of a message adds to it.

Deliveries of one message say the same as a rule. Where one says more, what is missing is filled in; where
it says something else, what came first stays, and another payload is kept beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.errors import Fault, StoreUnavailable
from sigbridge.messages.parts import joined
from sigbridge.model.message import Value, Variable
from sigbridge.model.stored_message import ConflictingPayload, PartContent, StoredMessage
from sigbridge.store import timeline
from sigbridge.store.item_size import size_of_conflict
from sigbridge.store.timeline import ItemChanged

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
        message: The message as it is then.
        warnings: What of the delivery differs, beside what the delivery itself warns of.
    """

    message: StoredMessage
    warnings: tuple[Fault, ...] = ()


def amend(application_id: str, delivered: StoredMessage, stored: StoredMessage) -> Amendment:
    """Add what a delivery says and the message lacks; it costs nothing where that is nothing.

    Args:
        application_id: Whose device's message it is.
        delivered: The message as the delivery alone tells it, which is one part of it.
        stored: The message as it is.

    Raises:
        StoreUnavailable: It may not be added; the same delivery may be tried again.
    """
    [(_, content)] = delivered.parts.items()
    for _ in range(_ATTEMPTS):
        amendment = _amendment(delivered, stored)
        if amendment.message == stored:
            return amendment
        number = stored.amendments + 1
        # Scripts are told what the message says of its reception, which may be more now.
        amended = replace(amendment.message, amendments=number, amended_at=content.arrived_at, decoded=None)
        try:
            timeline.change(application_id, stored, amended)
        except ItemChanged as changed:
            if not isinstance(changed.existing, StoredMessage):
                raise StoreUnavailable from changed
            stored = changed.existing
        else:
            return replace(amendment, message=amended)
    raise StoreUnavailable


def _amendment(delivered: StoredMessage, stored: StoredMessage) -> Amendment:
    [(part, told)] = delivered.parts.items()
    told_facts: dict[str, Any] = {
        name: getattr(delivered, name)
        for name in _FILLED_IN
        if getattr(delivered, name) is not None and getattr(stored, name) in (None, "")
    }
    first = stored.parts[part]
    values = _values(first.variables)
    fitting = joined(
        first,
        {name: value for name, value in told.facts.items() if name not in first.facts},
        [variable for variable in told.variables if variable.name not in values],
    )
    differing = tuple(
        Fault(variable.name, "differs from the first delivery, which is unchanged")
        for variable in told.variables
        if variable.name in values and variable.value not in values[variable.name]
    )
    warnings = (*differing, *fitting.left_out)
    content = fitting.with_warnings((*told.warnings, *warnings)).content
    conflicts, payload_warnings = _conflicts(delivered, told, stored)
    amended = replace(stored, parts={**stored.parts, part: content}, conflicts=conflicts, **told_facts)
    return Amendment(amended, (*warnings, *payload_warnings))


def _values(variables: Sequence[Variable]) -> dict[str, list[Value]]:
    values: dict[str, list[Value]] = {}
    for variable in variables:
        values.setdefault(variable.name, []).append(variable.value)
    return values


def _conflicts(
    delivered: StoredMessage, told: PartContent, stored: StoredMessage
) -> tuple[tuple[ConflictingPayload, ...], tuple[Fault, ...]]:
    payload, first, conflicts = delivered.payload, stored.payload, stored.conflicts
    if not payload or not first or payload == first:
        return conflicts, ()
    warning = Fault("payload", f"differs from {_quoted(first)}, which came first; it is stored as a conflict")
    if any(conflict.payload == payload for conflict in conflicts):
        return conflicts, (warning,)
    added = (*conflicts, ConflictingPayload(payload, told.arrived_at))
    if len(added) > _CONFLICTS or sum(size_of_conflict(conflict) for conflict in added) > _CONFLICTS_BYTES:
        reason = f"differs from {_quoted(first)}, which came first, and is left out, since others do too"
        return conflicts, (Fault("payload", reason),)
    return added, (warning,)


def _quoted(payload: str) -> str:
    return payload if len(payload) <= _QUOTED_LENGTH else f"{payload[:_QUOTED_LENGTH]}…"
