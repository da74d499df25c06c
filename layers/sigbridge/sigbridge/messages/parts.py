"""The parts of a message: the uplink itself, and what DATA_ADVANCED adds to it.

An item holds 400 kB. Both parts, the payloads and all warnings always fit: what is beyond a part's share is
left out, and a warning says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.errors import Fault
from sigbridge.model.message import ReceivedMessage, Variable
from sigbridge.model.stored_message import PartContent
from sigbridge.store.item_size import size_of_variable, size_of_warning, stored_size

# Twice these, with the longest payload, its conflicts, and what a script made of it, are 400,000 bytes.
_FACTS_BYTES = 30_000
_VARIABLES_BYTES = 112_000
_WARNINGS_BYTES = 10_000
_WARNINGS = 20
_TEXT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class FittingPart:
    """What can be kept of a part of a message.

    Attributes:
        content: What is kept.
        left_out: What can't be, since there is too much.
    """

    content: PartContent
    left_out: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, message: ReceivedMessage, arrived_at: int) -> "FittingPart":
        """Take what a message says."""
        fitting = joined(
            PartContent(arrived_at, recovered=message.recovered), message.radio, message.variables
        )
        return fitting.with_warnings((*message.warnings, *fitting.left_out))

    def with_warnings(self, warnings: Iterable[Fault]) -> "FittingPart":
        """Return this with more warnings, as many as are kept, each cut."""
        kept = list(self.content.warnings)
        room = _WARNINGS_BYTES - sum(size_of_warning(warning) + 1 for warning in kept)
        for warning in warnings:
            short = Fault(warning.field[:_TEXT_LENGTH], warning.message[:_TEXT_LENGTH])
            room -= size_of_warning(short) + 1
            if len(kept) == _WARNINGS or room < 0:
                break
            if short not in kept:
                kept.append(short)
        return replace(self, content=replace(self.content, warnings=tuple(kept)))


def joined(content: PartContent, facts: Mapping[str, Any], variables: Sequence[Variable]) -> FittingPart:
    """Return a part with more facts and variables, as far as they can be kept too."""
    facts, facts_left_out = _fitting_facts(facts, _FACTS_BYTES - stored_size(content.facts))
    room = _VARIABLES_BYTES - sum(size_of_variable(variable) + 1 for variable in content.variables)
    variables, variables_left_out = _fitting_variables(variables, room)
    whole = replace(content, facts={**content.facts, **facts}, variables=(*content.variables, *variables))
    return FittingPart(whole, (*facts_left_out, *variables_left_out))


def _fitting_facts(facts: Mapping[str, Any], room: int) -> tuple[Mapping[str, Any], list[Fault]]:
    sizes = {name: stored_size(name) + stored_size(value) + 1 for name, value in facts.items()}
    left_out: list[Fault] = []
    while sum(sizes.values()) > room:
        largest = max(sizes, key=lambda name: sizes[name])
        left_out.append(Fault(largest, f"was left out: it takes {sizes.pop(largest)} bytes"))
    return {name: facts[name] for name in sizes}, left_out


def _fitting_variables(variables: Sequence[Variable], room: int) -> tuple[Sequence[Variable], list[Fault]]:
    for position, variable in enumerate(variables):
        room -= size_of_variable(variable) + 1
        if room < 0:
            number = len(variables) - position
            reason = f"{number} variables are left out, this one first, since they take too many bytes"
            return variables[:position], [Fault(variable.name, reason)]
    return variables, []
