"""Reading Sigfox's facts."""

from collections.abc import Callable, Mapping

from sigbridge.api.ingest.structures import read_object, read_objects, read_texts, storable
from sigbridge.model.field_mapping import plain
from sigbridge.sigfox.facts import DUPLICATE_FACTS, Fact, ValueType
from sigbridge.sigfox.values import (
    read_boolean,
    read_code,
    read_link_quality,
    read_number,
    read_text,
    read_time,
    read_whole_number,
)


def read_fact(fact: Fact, value: object) -> object:
    """Read the value of a fact; None where it is absent.

    Raises:
        ValueError: It can't be one.
    """
    return _READERS[fact.type](value)


def _read_receptions(value: object) -> list[dict[str, object]] | None:
    duplicates = read_objects(value)
    return None if duplicates is None else [_read_reception(duplicate) for duplicate in duplicates]


def _read_reception(duplicate: Mapping[str, object]) -> dict[str, object]:
    facts: dict[str, object] = {}
    for name, value in duplicate.items():
        fact = DUPLICATE_FACTS.get(plain(name))
        try:
            facts[name if fact is None else fact.name] = (
                storable(value) if fact is None else read_fact(fact, value)
            )
        except ValueError:
            facts[name] = storable(value)
    return {name or "_": value for name, value in facts.items() if value is not None}


def _read_storable_object(value: object) -> object:
    found = read_object(value)
    return None if found is None else storable(found)


def _read_moment(value: object) -> int | str | None:
    """Read epoch ms where it can be read as a moment; how Sigfox writes these is not documented."""
    try:
        return read_time(value)
    except ValueError:
        return read_text(value)


_READERS: Mapping[ValueType, Callable[[object], object]] = {
    ValueType.BOOLEAN: read_boolean,
    ValueType.CODE: read_code,
    ValueType.LINK_QUALITY: read_link_quality,
    ValueType.MOMENT: _read_moment,
    ValueType.NUMBER: read_number,
    ValueType.OBJECT: _read_storable_object,
    ValueType.RECEPTIONS: _read_receptions,
    ValueType.TEXT: read_text,
    ValueType.TEXTS: read_texts,
    ValueType.WHOLE_NUMBER: read_whole_number,
}
