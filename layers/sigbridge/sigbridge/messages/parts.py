"""The parts of a message as they are stored: the uplink itself, and what DATA_ADVANCED adds to it.

An item holds 400 kB. Both parts, the payloads and all warnings always fit: what is beyond a part's share is
left out, and a warning says so.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.message import Part, ReceivedMessage
from sigbridge.store.item_size import stored_size

type Records = list[dict[str, Any]]

# Twice these, with the longest payload and its conflicts, are 400,000 bytes.
_FACTS_BYTES = 30_000
_VARIABLES_BYTES = 125_000
_WARNINGS_BYTES = 10_000
_WARNINGS = 20
_TEXT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class PartAttributes:
    """Names of the stored attributes that belong to one part of a message."""

    arrival: str
    delivery: str
    facts: str
    variables: str
    warnings: str

    @classmethod
    def of(cls, part: Part) -> "PartAttributes":
        """Return those of a part."""
        return _ATTRIBUTES[part]


_ATTRIBUTES = {
    Part.UPLINK: PartAttributes("received_at", "delivery", "radio", "variables", "warnings"),
    Part.ADVANCED: PartAttributes(
        "advanced_at", "advanced_delivery", "advanced", "advanced_variables", "advanced_warnings"
    ),
}


@dataclass(frozen=True, slots=True)
class PartContent:
    """What can be kept of what a part of a message says.

    Attributes:
        facts: Sigfox's facts.
        variables: Everything else, as it is stored.
        left_out: What of both can't be kept, since there is too much.
    """

    facts: Mapping[str, Any]
    variables: Records
    left_out: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, message: ReceivedMessage) -> "PartContent":
        """Take what a message says."""
        variables = [variable.as_record() for variable in message.variables]
        return cls({}, []).joined_by(message.radio, variables)

    def joined_by(self, facts: Mapping[str, Any], variables: Records) -> "PartContent":
        """Return this content with more of it, as far as it can be kept too."""
        facts, facts_left_out = _fitting_facts(facts, _FACTS_BYTES - stored_size(self.facts))
        variables, variables_left_out = _fitting_variables(
            variables, _VARIABLES_BYTES - stored_size(self.variables)
        )
        return PartContent(
            {**self.facts, **facts}, [*self.variables, *variables], (*facts_left_out, *variables_left_out)
        )


def joined_warnings(stored: Sequence[dict[str, Any]], warnings: Iterable[Fault]) -> Records:
    """Return the stored form of warnings after those that are stored, as many as are kept, each cut."""
    kept = list(stored)
    room = _WARNINGS_BYTES - stored_size(kept)
    for warning in warnings:
        record = {"field": warning.field[:_TEXT_LENGTH], "message": warning.message[:_TEXT_LENGTH]}
        room -= stored_size(record) + 1
        if len(kept) == _WARNINGS or room < 0:
            break
        if record not in kept:
            kept.append(record)
    return kept


def part_record(message: ReceivedMessage, content: PartContent) -> dict[str, Any]:
    """Return the attributes that belong to a message's part alone, without its arrival."""
    names = PartAttributes.of(message.part)
    own = {
        names.delivery: secrets.token_hex(4),
        names.facts: dict(content.facts),
        names.variables: content.variables,
        names.warnings: joined_warnings((), (*message.warnings, *content.left_out)),
        "location": None if message.location is None else message.location.as_record(),
    }
    return {name: value for name, value in own.items() if value}


def _fitting_facts(facts: Mapping[str, Any], room: int) -> tuple[Mapping[str, Any], list[Fault]]:
    sizes = {name: stored_size(name) + stored_size(value) + 1 for name, value in facts.items()}
    left_out: list[Fault] = []
    while sum(sizes.values()) > room:
        largest = max(sizes, key=lambda name: sizes[name])
        left_out.append(Fault(largest, f"is left out, since it takes {sizes.pop(largest)} bytes"))
    return {name: facts[name] for name in sizes}, left_out


def _fitting_variables(variables: Records, room: int) -> tuple[Records, list[Fault]]:
    for position, variable in enumerate(variables):
        room -= stored_size(variable) + 1
        if room < 0:
            number = len(variables) - position
            reason = f"{number} variables are left out, this one first, since they take too many bytes"
            return variables[:position], [Fault(str(variable["variable"]), reason)]
    return variables, []
