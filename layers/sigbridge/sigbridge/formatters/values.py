"""What becomes of a formatter's values: variables, by the rules for the fields of a body, and a location.

Three forms are read:

- objects, whose inner names are joined by `_`;
- in them `{value, unit, location, time}`, which is one value with what belongs to it;
- TagoIO's array of `{variable, value, unit, location, time, metadata}`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sigbridge.errors import InvalidInput
from sigbridge.model.field_names import objects_of_device
from sigbridge.model.message import Location, Variable
from sigbridge.sigfox.values import is_absent, read_time
from sigbridge.tagoio.locations import FoundLocation, NotOnEarth, read_location
from sigbridge.tagoio.variables import InvalidVariable, Path, item_variables, leaves, make_variable

MOST_VALUES = 256
MOST_LEVELS = 10
MOST_BYTES = 16_384

_NAMED_VALUE = frozenset({"value", "unit", "location", "time", "metadata", "displayName"})

type _Item = Mapping[str, object]


class InvalidResult(InvalidInput):
    """What a formatter gave is no set of named values, or too large."""


@dataclass(frozen=True, slots=True)
class DecodedVariable:
    """A variable that a payload says.

    Attributes:
        variable: Its name, value, unit, metadata and location.
        time: Epoch ms; None where it is that of the message.
    """

    variable: Variable
    time: int | None = None


@dataclass(frozen=True, slots=True)
class DecodedValues:
    """What a payload says, as it is stored.

    Attributes:
        variables: In their order.
        location: Where the device was, where the payload says it.
        warnings: What of it can't be a variable, or no place on earth.
    """

    variables: tuple[DecodedVariable, ...]
    location: Location | None
    warnings: tuple[str, ...]


def read_values(data: object) -> DecodedValues:
    """Make variables and a location of what a formatter gave.

    Raises:
        InvalidResult: It is neither an object nor TagoIO's array, or too large.
    """
    check_size(data)
    reading = _Reading()
    if isinstance(data, Mapping):
        reading.take_object(data)
    elif isinstance(data, list) and all(isinstance(item, dict) and "variable" in item for item in data):
        for item in data:
            reading.take_item((str(item["variable"]),), item)
    else:
        message = "must be an object of named values, or an array of {variable, value, …}"
        raise InvalidResult(message)
    return DecodedValues(tuple(reading.variables), reading.location, tuple(reading.warnings))


def check_size(data: object) -> None:
    """Refuse what is too large to be a formatter's result.

    Raises:
        InvalidResult: It has more than 256 values, nests deeper than 10 levels, or takes more than 16 KiB
            as JSON.
    """
    if _values_in(data, 1) > MOST_VALUES:
        message = f"must have at most {MOST_VALUES} values"
        raise InvalidResult(message)
    text = json.dumps(data, default=str, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode(errors="replace")) > MOST_BYTES:
        message = f"must be at most {MOST_BYTES} bytes of JSON"
        raise InvalidResult(message)


def _values_in(data: object, level: int) -> int:
    """Count the values; an item is as many as its `value`, whatever else it says."""
    if not isinstance(data, dict | list):
        return 1
    if level > MOST_LEVELS:
        message = f"must nest at most {MOST_LEVELS} levels"
        raise InvalidResult(message)
    if isinstance(data, list):
        return sum(_values_in(inner, level + 1) for inner in data)
    counts = {name: _values_in(inner, level + 1) for name, inner in data.items()}
    return counts["value"] if "value" in counts else sum(counts.values())


@dataclass(slots=True)
class _Reading:
    """What was read of a result so far."""

    variables: list[DecodedVariable] = field(default_factory=list)
    location: Location | None = None
    warnings: list[str] = field(default_factory=list)

    def take_object(self, data: Mapping[str, object]) -> None:
        items: dict[Path, _Item] = {}
        rest = {name: _without_items(value, (name,), items) for name, value in data.items()}
        used = self._place_first(rest)
        for path, value in leaves(rest):
            if path not in used:
                self._take_leaf(path, value)
        for path, item in items.items():
            self.take_item(path, item)

    def take_item(self, path: Path, item: _Item) -> None:
        place = item.get("location")
        found = self._located(place, (*path, "location")) if isinstance(place, dict) else None
        location = None if found is None else found.location
        value = item.get("value")
        if location is not None and not self._place(location) and is_absent(value):
            value = location.as_text()
        try:
            time = read_time(item.get("time"))
        except ValueError as invalid:
            self._warn((*path, "time"), str(invalid))
            time = None
        try:
            for variable in item_variables(path, _with_display_name(item), value, location):
                self.variables.append(DecodedVariable(variable, time))
        except InvalidVariable as invalid:
            self._warn(invalid.path, str(invalid))

    def _take_leaf(self, path: Path, value: object) -> None:
        try:
            variable = make_variable(path, value)
        except InvalidVariable as invalid:
            self._warn(invalid.path, str(invalid))
        else:
            if variable is not None:
                self.variables.append(DecodedVariable(variable))

    def _place_first(self, data: Mapping[str, object]) -> frozenset[Path]:
        """Take the location that is nearest to the top, and return what it is made of."""
        for path, fields in (((), data), *objects_of_device([data], MOST_LEVELS)):
            found = self._located(fields, path)
            if found is not None and self._place(found.location):
                return found.paths
        return frozenset()

    def _place(self, location: Location) -> bool:
        """Take a location where there is none yet, and return whether it was taken."""
        if self.location is not None:
            return False
        self.location = location
        return True

    def _located(self, fields: Mapping[str, object], path: Path) -> FoundLocation | None:
        try:
            return read_location(fields, path)
        except NotOnEarth as nowhere:
            self._warn(nowhere.path, str(nowhere))
            return None

    def _warn(self, path: Sequence[str], reason: str) -> None:
        self.warnings.append(f"{'.'.join(path)}: {reason}")


def _without_items(value: object, path: Path, items: dict[Path, _Item]) -> object:
    """Return a value without the items in it, which are added to `items`."""
    if isinstance(value, list):
        return [_without_items(inner, (*path, str(place)), items) for place, inner in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "value" in value and value.keys() <= _NAMED_VALUE:
        items[path] = value
        return None
    return {name: _without_items(inner, (*path, name), items) for name, inner in value.items()}


def _with_display_name(item: _Item) -> _Item:
    """Return an item with the name for people, as some decoders give it, among its details."""
    name, metadata = item.get("displayName"), item.get("metadata")
    if name is None or (metadata is not None and not isinstance(metadata, dict)):
        return item
    return {**item, "metadata": {"displayName": name, **(metadata or {})}}
