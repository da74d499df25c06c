"""What a message says beside its essential fields: Sigfox's facts, variables, a location."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sigbridge.callbacks.documents import Document
from sigbridge.callbacks.essentials import FoundField
from sigbridge.callbacks.sigfox import ADVANCED_FACTS, COMPUTED_LOCATION, RECEPTION_FACTS
from sigbridge.callbacks.structures import read_object, read_texts
from sigbridge.callbacks.values import is_absent
from sigbridge.callbacks.variables import (
    InvalidVariable,
    Path,
    check_value,
    leaves,
    make_variable,
    read_location,
    variable_name,
)
from sigbridge.credentials.field_mapping import Field, plain
from sigbridge.messages import Location, Network, Part, Variable

_PLACE_IDS = plain("placeIds")
# TagoIO's template puts the computed location into an item of this name.
_COMPUTED_ITEMS = frozenset({"location", COMPUTED_LOCATION})
# Three times a message's size: flat names repeat their parents', and an item holds 400 kB.
_VARIABLES_BYTES = 300_000


@dataclass(frozen=True, slots=True)
class Details:
    """What remains of a message beside its essential fields.

    Attributes:
        part: Which part of a message they belong to.
        facts: Sigfox's facts, by their names in snake case.
        variables: Everything else.
        location: The first one that is given.
    """

    part: Part
    facts: Mapping[str, object]
    variables: tuple[Variable, ...]
    location: Location | None


def read_details(document: Document, found: Mapping[Field, FoundField], network: Network) -> Details:
    """Reads what remains of a message.

    Raises:
        InvalidVariable: Something of it can't be kept.
    """
    read = _read_items if document.items else _read_fields
    details = read(document, found, network)
    if sum(variable.size for variable in details.variables) > _VARIABLES_BYTES:
        raise InvalidVariable((), f"its variables must be at most {_VARIABLES_BYTES} bytes, names included")
    return details


def _read_fields(document: Document, found: Mapping[Field, FoundField], network: Network) -> Details:
    content: dict[str, object] = {**document.fallback, **document.fields}
    used = {entry.path for entry in found.values()}
    facts, part, location = _take_facts(content, network)
    if location is None:
        for path, place in _objects(content, ()):
            found_location = read_location(place, path)
            if found_location is not None:
                location, names = found_location
                used |= {(*path, name) for name in names}
                break
    variables = [make_variable(path, value) for path, value in leaves(content) if path not in used]
    return Details(part, facts, tuple(variable for variable in variables if variable is not None), location)


def _take_facts(
    content: dict[str, object], network: Network
) -> tuple[dict[str, object], Part, Location | None]:
    """Moves Sigfox's facts out of a message's content; what can't be read as one stays there.

    Raises:
        InvalidVariable: The computed location is no object, or not on Earth.
    """
    facts: dict[str, object] = {}
    part = Part.UPLINK
    location: Location | None = None
    if network is not Network.SIGFOX:
        return facts, part, location
    for name in list(content):
        if plain(name) == COMPUTED_LOCATION:
            part = Part.ADVANCED
            location, content[name] = _read_computed_location(content[name], name, facts)
            continue
        fact = RECEPTION_FACTS.get(plain(name)) or ADVANCED_FACTS.get(plain(name))
        if fact is None:
            continue
        if plain(name) in ADVANCED_FACTS:
            part = Part.ADVANCED
        try:
            value = fact.read(content[name])
        except ValueError:
            continue
        del content[name]
        if value is not None:
            facts[fact.name] = value
    return facts, part, location


def _read_computed_location(
    value: object, name: str, facts: dict[str, object]
) -> tuple[Location | None, dict[str, object] | None]:
    """Reads the location that Sigfox computed, and gives what is left of its object.

    One without coordinates says nothing, and nothing is left of it.

    Raises:
        InvalidVariable: It is no object, or not on Earth.
    """
    try:
        place = read_object(value)
    except ValueError as invalid:
        raise InvalidVariable((name,), str(invalid)) from invalid
    found = None if place is None else read_location(place, (name,))
    if place is None or found is None:
        return None, None
    location, used = found
    left = {inner: value for inner, value in place.items() if inner not in used}
    for inner in [inner for inner in left if plain(inner) == _PLACE_IDS]:
        with suppress(ValueError):
            place_ids = read_texts(left[inner])
            del left[inner]
            if place_ids is not None:
                facts["place_ids"] = place_ids
    return location, left


def _objects(content: dict[str, object], path: Path) -> Iterator[tuple[Path, dict[str, object]]]:
    yield path, content
    for name, inner in content.items():
        if isinstance(inner, dict):
            yield from _objects(inner, (*path, name))


def _read_items(document: Document, found: Mapping[Field, FoundField], network: Network) -> Details:
    used = {entry.path[0] for entry in found.values()}
    content = {name: value for name, value in document.fields.items() if name not in used}
    facts, part, location = _take_facts(content, network)
    variables: list[Variable] = []
    for item in document.items:
        name = str(item["variable"])
        if name not in content:
            continue
        place = item.get("location")
        is_computed = network is Network.SIGFOX and plain(name) in _COMPUTED_ITEMS
        if is_computed:
            part = Part.ADVANCED
            computed, _ = _read_computed_location(place, name, facts)
            location = location or computed
        elif isinstance(place, dict):
            found_location = read_location(place, (name,))
            location = location or (found_location[0] if found_location else None)
        is_read = isinstance(place, dict) or (is_computed and plain(name) == COMPUTED_LOCATION)
        if not is_read and not is_absent(item.get("value")):
            variables.append(_item_variable(name, item))
    for path, value in leaves(dict(document.fallback)):
        variable = make_variable(path, value)
        if variable is not None and path[0] not in used:
            variables.append(variable)
    return Details(part, facts, tuple(variables), location)


def _item_variable(name: str, item: Mapping[str, object]) -> Variable:
    unit = item.get("unit")
    metadata = item.get("metadata")
    return Variable(
        name=variable_name((name,)),
        value=check_value((name,), item.get("value")),
        unit=unit if isinstance(unit, str) else None,
        metadata=dict(_checked_leaves(name, metadata)) if isinstance(metadata, dict) else None,
    )


def _checked_leaves(name: str, metadata: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for path, value in leaves(dict(metadata), (name, "metadata")):
        if not is_absent(value):
            yield ".".join(path[2:]) or "_", check_value(path, value)
