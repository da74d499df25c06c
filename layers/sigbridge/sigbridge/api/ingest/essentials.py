"""The fields of a message that have a meaning of their own.

Where they stand is known from the key's Additional Parameter, else from the table of known senders, else it
is guessed by common names. What was only guessed never refuses a message: a value that can't be read as
what it was taken for stays a variable, with a warning.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.api.ingest.documents import Document
from sigbridge.api.ingest.sender import Sender
from sigbridge.api.ingest.senders import recognize
from sigbridge.errors import Fault
from sigbridge.model.field_mapping import Field, FieldMapping, plain
from sigbridge.model.field_names import (
    COMMON_NAMES,
    DEVICE_OBJECTS,
    UNMISTAKABLE_SERIAL_NAMES,
    WEAK_SERIAL_NAME,
    objects_of_device,
)
from sigbridge.sigfox.values import is_absent, read_boolean, read_text, read_time, read_whole_number
from sigbridge.tagoio.variables import Path

_UNREAD_LENGTH = 100
# Others write whole objects under these names, `data` above all.
_OBJECT_NAMES = frozenset({Field.SERIAL, Field.PAYLOAD, Field.PORT})
_SURE_NAMES = {
    field: tuple(name for name in names if field is not Field.SERIAL or name != WEAK_SERIAL_NAME)
    for field, names in COMMON_NAMES.items()
}
# How deep a device's id is looked for.
_LEVELS = 4


class Unreadable(Exception):
    """A message that can't be read.

    Attributes:
        faults: What is wrong with it.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class FoundField:
    """Where a field was found, and as what.

    Attributes:
        path: Names that lead to it.
        value: As the sender wrote it.
        guessed: Whether only its name speaks for it.
    """

    path: Path
    value: object
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Essentials:
    """The fields of a document that have a meaning of their own, and were read.

    Attributes:
        values: What was read, by field; a field that is absent is not there.
        found: Where each of them was found.
        unread_time: What was sent as time, where it can't be read.
        warnings: What was not understood.
        sender: Who is known to write so, or None.
    """

    values: Mapping[Field, Any]
    found: Mapping[Field, FoundField]
    unread_time: str | None
    warnings: tuple[Fault, ...]
    sender: Sender | None


def read_essentials(
    document: Document, mapping: FieldMapping, required: frozenset[Field] = frozenset()
) -> Essentials:
    """Read the fields of a document.

    Args:
        document: The message.
        mapping: The key's Additional Parameter.
        required: Fields that must be readable where they are present, even if their names were guessed.

    Raises:
        Unreadable: A field that the mapping or `required` names is not of its kind; every such one is named.
    """
    search = _Search(document, mapping)
    values: dict[Field, Any] = {}
    found: dict[Field, FoundField] = {}
    unread_time: str | None = None
    warnings: list[Fault] = []
    faults: list[Fault] = []
    for field, read in _READERS.items():
        doubt: Fault | None = None
        for candidate in search.candidates(field):
            try:
                value = read(candidate.value)
            except ValueError as invalid:
                fault = Fault.at(candidate.path, str(invalid))
                if field in required or not candidate.guessed:
                    faults.append(fault)
                    break
                if doubt is None:
                    doubt = fault
                    unread_time = _text(candidate.value) if field is Field.TIME else unread_time
                continue
            if value is not None:
                values[field], found[field] = value, candidate
                break
        if doubt is not None and field not in found:
            warnings.append(doubt)
    if faults:
        raise Unreadable(*faults)
    unread_time = None if Field.TIME in found else unread_time
    return Essentials(values, found, unread_time, tuple(warnings), search.sender)


def _text(value: object) -> str:
    return str(value)[:_UNREAD_LENGTH]


def _read_payload(value: object) -> str | None:
    return "" if value == "" else read_text(value)


_READERS: Mapping[Field, Callable[[object], object]] = {
    Field.SERIAL: read_text,
    Field.PAYLOAD: _read_payload,
    Field.PORT: read_whole_number,
    Field.TIME: read_time,
    Field.SEQ_NUMBER: read_whole_number,
    Field.ACK: read_boolean,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of a message to look in, with its names as they are compared."""

    fields: Mapping[str, object]
    names: Mapping[str, str]

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> "_Place":
        return cls(fields, {plain(name): name for name in fields})

    def get(self, common: str, field: Field) -> FoundField | None:
        """Return what stands under a common name, unless it is absent or another thing's object."""
        name = self.names.get(common)
        if name is None:
            return None
        value = self.fields[name]
        is_empty_payload = field is Field.PAYLOAD and value == ""
        is_another_things_object = field in _OBJECT_NAMES and isinstance(value, dict | list)
        if is_another_things_object or (is_absent(value) and not is_empty_payload):
            return None
        return FoundField((name,), value, guessed=True)


class _Search:
    """Where the fields of one document may stand."""

    def __init__(self, document: Document, mapping: FieldMapping) -> None:
        self._document = document
        self._mapping = mapping
        self._places = [_Place.of(fields) for fields in document.places]
        self.sender = recognize(document.siblings.fields or document.fields)

    def candidates(self, field: Field) -> Iterator[FoundField]:
        """Yield where a field may stand, the surest first."""
        for place in self._document.places:
            mapped = find_mapped(place, field, self._mapping)
            if mapped is not None:
                yield mapped
        if self.sender is not None:
            for fields in (self._document.fields, self._document.siblings.fields):
                known = self.sender.find(fields, field)
                if known is not None:
                    yield FoundField(*known, guessed=True)
                if field is not Field.SERIAL:
                    break
        yield from self._common(field)

    def _common(self, field: Field) -> Iterator[FoundField]:
        sure = _SURE_NAMES[field]
        for place in self._places:
            yield from filter(None, (place.get(name, field) for name in sure))
        if field is Field.SERIAL:
            yield from self._nested_serials()
            siblings = _Place(self._document.siblings.fields, self._document.siblings.names)
            for place in (*self._places, siblings):
                yield from filter(None, [place.get(WEAK_SERIAL_NAME, field)])
            yield from filter(None, (siblings.get(name, field) for name in sure))

    def _nested_serials(self) -> Iterator[FoundField]:
        """Yield ids in objects, the nearest to the top first."""
        for path, inner in objects_of_device([place.fields for place in self._places], _LEVELS):
            is_device = plain(path[-1]) in DEVICE_OBJECTS
            names = COMMON_NAMES[Field.SERIAL] if is_device else UNMISTAKABLE_SERIAL_NAMES
            place = _Place.of(inner)
            for found in filter(None, (place.get(name, Field.SERIAL) for name in names)):
                yield FoundField((*path, *found.path), found.value, guessed=True)


def find_mapped(fields: Mapping[str, object], field: Field, mapping: FieldMapping) -> FoundField | None:
    """Find a field where the key's Additional Parameter says that it stands."""
    path = mapping.paths.get(field)
    if path is None:
        return None
    literal = ".".join(path)
    if literal in fields and not is_absent(fields[literal]):
        return FoundField((literal,), fields[literal])
    value: object = fields
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return None if is_absent(value) else FoundField(path, value)
