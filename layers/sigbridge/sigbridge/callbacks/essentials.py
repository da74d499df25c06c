"""The fields of a message that have a meaning of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic import Field as Described

from sigbridge.callbacks.documents import Document
from sigbridge.callbacks.field_names import COMMON_NAMES, DEVICE_OBJECTS
from sigbridge.callbacks.values import is_absent, read_boolean, read_text, read_time, read_whole_number
from sigbridge.callbacks.variables import Path
from sigbridge.credentials.field_mapping import Field, FieldMapping, plain
from sigbridge.errors import Fault


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
    """

    path: Path
    value: object


# Others write whole objects under these names, `data` above all.
_OBJECT_NAMES = frozenset({Field.SERIAL, Field.PAYLOAD, Field.PORT})


def _read_payload(value: object) -> str | None:
    return "" if value == "" else read_text(value)


class Essentials(BaseModel):
    """Values of the fields that have a meaning of their own; None for those that are absent."""

    serial: Annotated[str | None, BeforeValidator(read_text)] = None
    payload: Annotated[str | None, BeforeValidator(_read_payload)] = None
    port: Annotated[int | None, BeforeValidator(read_whole_number)] = None
    time: Annotated[int | None, BeforeValidator(read_time)] = None
    seq_number: Annotated[int | None, BeforeValidator(read_whole_number), Described(alias="seqNumber")] = None
    ack: Annotated[bool | None, BeforeValidator(read_boolean)] = None


def find_fields(document: Document, mapping: FieldMapping) -> dict[Field, FoundField]:
    """Finds the fields of a message: where the mapping says, else under a common name; the query last."""
    places = [_Place.of(fields) for fields in document.places]
    return dict(_find_fields(places, mapping))


def read_essentials(found: Mapping[Field, FoundField]) -> Essentials:
    """Reads the values of the fields that were found.

    Raises:
        Unreadable: One of them is not of its kind; every such one is named.
    """
    try:
        return Essentials.model_validate({field.value: entry.value for field, entry in found.items()})
    except ValidationError as invalid:
        faults = [
            Fault(
                ".".join(found[Field(str(error["loc"][0]))].path),
                error["msg"].removeprefix("Value error, "),
            )
            for error in invalid.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Unreadable(*faults) from invalid


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of a message to look in, with its names as they are compared."""

    fields: Mapping[str, object]
    names: Mapping[str, str]

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> "_Place":
        return cls(fields, {plain(name): name for name in fields})


def _find_fields(places: Sequence[_Place], mapping: FieldMapping) -> Iterator[tuple[Field, FoundField]]:
    for field in Field:
        for find in (partial(_find_mapped, mapping=mapping), _find_common, _find_in_device_object):
            found = next(filter(None, (find(place, field) for place in places)), None)
            if found is not None:
                yield field, found
                break


def _find_mapped(place: _Place, field: Field, mapping: FieldMapping) -> FoundField | None:
    path = mapping.paths.get(field)
    if path is None:
        return None
    literal = ".".join(path)
    if literal in place.fields and not is_absent(place.fields[literal]):
        return FoundField((literal,), place.fields[literal])
    value: object = place.fields
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return None if is_absent(value) else FoundField(path, value)


def _find_common(place: _Place, field: Field) -> FoundField | None:
    for common in COMMON_NAMES[field]:
        name = place.names.get(common)
        if name is None:
            continue
        value = place.fields[name]
        is_empty_payload = field is Field.PAYLOAD and value == ""
        is_another_things_object = field in _OBJECT_NAMES and isinstance(value, dict | list)
        if is_another_things_object or (is_absent(value) and not is_empty_payload):
            continue
        return FoundField((name,), value)
    return None


def _find_in_device_object(place: _Place, field: Field) -> FoundField | None:
    if field is not Field.SERIAL:
        return None
    for common in DEVICE_OBJECTS:
        name = place.names.get(common)
        inner = None if name is None else place.fields[name]
        if name is not None and isinstance(inner, dict):
            found = _find_common(_Place.of(inner), Field.SERIAL)
            if found is not None:
                return FoundField((name, *found.path), found.value)
    return None
