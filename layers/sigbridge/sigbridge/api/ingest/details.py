"""What a message says beside its essential fields: Sigfox's facts, variables, a location."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sigbridge.api.ingest.documents import Document
from sigbridge.api.ingest.essentials import Essentials, FoundField, find_mapped
from sigbridge.api.ingest.facts import read_fact
from sigbridge.api.ingest.structures import read_object, read_texts
from sigbridge.errors import Fault
from sigbridge.messages import Location, MessagePart, Network, Variable
from sigbridge.model.field_mapping import Field, FieldMapping, plain
from sigbridge.sigfox.facts import ADVANCED_FACTS, COMPUTED_LOCATION, LONG_POLLING, RECEPTION_FACTS
from sigbridge.sigfox.values import is_absent, read_number
from sigbridge.tagoio.locations import FoundLocation, NotOnEarth, locate, place_objects, read_location
from sigbridge.tagoio.variables import InvalidVariable, Path, item_variables, leaves, make_variable

_PLACE_IDS = plain("placeIds")
# TagoIO's template puts the computed location into an item of this name.
_COMPUTED_ITEMS = frozenset({"location", COMPUTED_LOCATION})
# Three times a message's size: flat names repeat their parents', and an item holds 400 kB.
_VARIABLES_BYTES = 300_000
_NO_POSITION = 0


@dataclass(slots=True)
class Details:
    """What remains of a message beside its essential fields.

    Attributes:
        part: Which part of a message they belong to.
        facts: Sigfox's facts, by their names in snake case.
        variables: Everything else.
        location: The first one that is given.
        warnings: What was not understood.
    """

    part: MessagePart = MessagePart.UPLINK
    facts: dict[str, object] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    location: Location | None = None
    warnings: list[Fault] = field(default_factory=list)

    def place(self, found: FoundLocation | None) -> frozenset[Path]:
        """Take a location if there is none yet, and give the fields that are used by it."""
        if found is None or self.location is not None:
            return frozenset()
        self.location = found.location
        return found.paths

    def warn(self, path: Path, message: str) -> None:
        self.warnings.append(Fault.at(path, message))


def read_details(
    document: Document, essentials: Essentials, mapping: FieldMapping, network: Network
) -> Details:
    """Read what remains of a message.

    Raises:
        InvalidVariable: Something of it can't be kept.
    """
    details = Details()
    used = _paths(essentials.found.values()) | _take_known_location(document, essentials, mapping, details)
    content = {name: value for name, value in document.content.items() if (name,) not in used}
    if network is Network.SIGFOX:
        _take_facts(content, details)
    if document.items:
        variables = _item_variables(document, content, network, details)
    else:
        if essentials.sender is None:
            used |= _guess_location(content, details)
        variables = _variables(content, used)
    details.variables = _bounded(variables)
    if Field.ACK in essentials.found or LONG_POLLING in details.facts:
        details.part = MessagePart.UPLINK
    return details


def _paths(found: Iterable[FoundField]) -> frozenset[Path]:
    return frozenset(entry.path for entry in found)


def _bounded(variables: Iterator[Variable]) -> tuple[Variable, ...]:
    """Make variables until they are too large together.

    Raises:
        InvalidVariable: They are, or one of them can't be kept.
    """
    made: list[Variable] = []
    size = 0
    for variable in variables:
        size += variable.size
        if size > _VARIABLES_BYTES:
            raise InvalidVariable(
                (), f"its variables must be at most {_VARIABLES_BYTES} bytes, names included"
            )
        made.append(variable)
    return tuple(made)


def _variables(content: Mapping[str, object], used: frozenset[Path]) -> Iterator[Variable]:
    for path, value in leaves(content):
        # A payload may be a list of bytes.
        variable = None if path in used or path[:-1] in used else make_variable(path, value)
        if variable is not None:
            yield variable


def _take_mapped_location(document: Document, mapping: FieldMapping, details: Details) -> frozenset[Path]:
    """Take the location that stands where the key's Additional Parameter says."""
    coordinates: dict[Field, tuple[Path, Decimal]] = {}
    for coordinate in (Field.LATITUDE, Field.LONGITUDE):
        for fields in document.places:
            mapped = find_mapped(fields, coordinate, mapping)
            if mapped is None or coordinate in coordinates:
                continue
            try:
                number = read_number(mapped.value)
            except ValueError as invalid:
                details.warn(mapped.path, str(invalid))
                continue
            if number is not None:
                coordinates[coordinate] = mapped.path, number
    if len(coordinates) < 2:
        return frozenset()
    try:
        return details.place(locate(coordinates[Field.LATITUDE], coordinates[Field.LONGITUDE]))
    except NotOnEarth as nowhere:
        details.warn(nowhere.path, str(nowhere))
        return frozenset()


def _take_known_location(
    document: Document, essentials: Essentials, mapping: FieldMapping, details: Details
) -> frozenset[Path]:
    """Take the location that stands where the key's Additional Parameter says, else where its sender does."""
    used = _take_mapped_location(document, mapping, details)
    known = None if essentials.sender is None else essentials.sender.find_position(document.fields)
    if known is not None and details.place(_located(known.values, (), details)):
        used |= known.paths
    return used


def _guess_location(content: Mapping[str, object], details: Details) -> frozenset[Path]:
    """Take the location of a message from where anybody may write it."""
    for path, place in (((), content), *place_objects(content)):
        used = details.place(_located(place, path, details))
        if used:
            return used
    return frozenset()


def _located(place: Mapping[str, object], path: Path, details: Details) -> FoundLocation | None:
    try:
        return read_location(place, path)
    except NotOnEarth as nowhere:
        details.warn(nowhere.path, str(nowhere))
        return None


def _take_facts(content: dict[str, object], details: Details) -> None:
    """Move Sigfox's facts out of a message's content; what can't be read as one stays there."""
    for name in list(content):
        compared = plain(name)
        if compared == COMPUTED_LOCATION:
            details.part = MessagePart.ADVANCED
            content[name] = _take_computed_location(content[name], name, details)
            continue
        fact = RECEPTION_FACTS.get(compared) or ADVANCED_FACTS.get(compared)
        if fact is None:
            continue
        if compared in ADVANCED_FACTS:
            details.part = MessagePart.ADVANCED
        try:
            value = read_fact(fact, content[name])
        except ValueError as invalid:
            details.warn((name,), str(invalid))
            continue
        del content[name]
        if value is not None:
            details.facts[fact.name] = value


def _take_computed_location(value: object, name: str, details: Details) -> object:
    """Take the location that Sigfox computed, and give what is left of its object.

    One without coordinates says nothing, and nothing is left of it. Sigfox says itself where it has none:
    status 0 (sigfox reference, 1.4).
    """
    try:
        place = read_object(value)
        found = None if place is None else read_location(place, (name,))
    except NotOnEarth as nowhere:
        details.warn(nowhere.path, str(nowhere))
        return value
    except ValueError as invalid:
        details.warn((name,), str(invalid))
        return value
    if place is None or found is None or _is_no_position(found.location):
        return None
    details.place(found)
    left = {inner: value for inner, value in place.items() if (name, inner) not in found.paths}
    for inner in [inner for inner in left if plain(inner) == _PLACE_IDS]:
        try:
            place_ids = read_texts(left[inner])
        except ValueError as invalid:
            details.warn((name, inner), str(invalid))
            continue
        del left[inner]
        if place_ids is not None:
            details.facts["place_ids"] = place_ids
    return left


def _is_no_position(location: Location) -> bool:
    return location.status == _NO_POSITION and location.latitude == 0 and location.longitude == 0


def _item_variables(
    document: Document, content: Mapping[str, object], network: Network, details: Details
) -> Iterator[Variable]:
    """Yield the variables of TagoIO's items, each with its value and its location."""
    for item in document.items:
        name = str(item["variable"])
        if name not in content:
            continue
        place = item.get("location")
        if network is Network.SIGFOX and plain(name) in _COMPUTED_ITEMS:
            details.part = MessagePart.ADVANCED
            _take_computed_location(place, name, details)
            if plain(name) != COMPUTED_LOCATION:
                yield from item_variables((name,), item, item.get("value"), None)
            continue
        found = _located(place, (name, "location"), details) if isinstance(place, dict) else None
        location = None if found is None else found.location
        value = item.get("value")
        if not details.place(found) and location is not None and is_absent(value):
            value = location.as_text()
        yield from item_variables((name,), item, value, location)
    for path, value in leaves(dict(document.fallback)):
        variable = make_variable(path, value) if path[0] in content else None
        if variable is not None:
            yield variable
