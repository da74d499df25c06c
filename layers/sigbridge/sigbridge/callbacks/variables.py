"""Making variables of everything that has no meaning of its own.

As TagoIO does (tagoio reference, 3 and 7), with two differences: a nested field carries the names of
all its parents, so that none collide, and 0 is a coordinate like any other.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sigbridge.callbacks.values import is_absent, read_number, read_whole_number
from sigbridge.messages import Location, Value, Variable
from sigbridge.messages.limits import FORBIDDEN_IN_NAMES, NAME_LENGTH, checked_value

type Path = tuple[str, ...]

_LOCATION_EXTRAS: Mapping[str, Callable[[object], Any]] = {
    "radius": read_number,
    "source": read_whole_number,
    "status": read_whole_number,
}
_LATITUDE_NAMES = ("latitude", "lat")
_LONGITUDE_NAMES = ("longitude", "lng", "lon", "long")


class InvalidVariable(ValueError):
    """A field that can't be kept as a variable.

    Attributes:
        path: Where it stands.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yields what is not an object or array, with the names and positions that lead there."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*path, str(position)))
    else:
        yield path, value


def make_variable(path: Path, value: object) -> Variable | None:
    """Makes the variable of a leaf; None where the value is absent.

    Raises:
        InvalidVariable: Its name is over 100 characters, its text over 6,000 bytes, or its number
            beyond what can be kept.
    """
    if is_absent(value):
        return None
    return Variable(variable_name(path), check_value(path, value))


def variable_name(path: Path) -> str:
    """Gives a variable's name: lower case, its parents' names before it.

    TagoIO's forbidden characters become `_`.

    Raises:
        InvalidVariable: It is over 100 characters.
    """
    name = FORBIDDEN_IN_NAMES.sub("_", "_".join(path)).lower() or "_"
    if len(name) > NAME_LENGTH:
        raise InvalidVariable(path, f"its name must be at most {NAME_LENGTH} characters")
    return name


def check_value(path: Path, value: object) -> Value:
    """Lets a value pass that can be kept.

    Raises:
        InvalidVariable: It can't.
    """
    try:
        return checked_value(value)
    except ValueError as invalid:
        raise InvalidVariable(path, str(invalid)) from invalid


def read_location(content: Mapping[str, object], path: Path = ()) -> tuple[Location, frozenset[str]] | None:
    """Reads the location that an object gives, and the names of the fields that it is made of.

    Returns:
        None where the object lacks a latitude or a longitude: what it has then are variables.

    Raises:
        InvalidVariable: It has both, and one is not on Earth.
    """
    latitude = _coordinate(content, _LATITUDE_NAMES)
    longitude = _coordinate(content, _LONGITUDE_NAMES)
    if latitude is None or longitude is None:
        return None
    for (name, degrees), limit in ((latitude, 90), (longitude, 180)):
        if abs(degrees) > limit:
            raise InvalidVariable((*path, name), f"must be from -{limit} to {limit}")
    extras = {name: _readable(content.get(name), read) for name, read in _LOCATION_EXTRAS.items()}
    extras = {name: value for name, value in extras.items() if value is not None}
    location = Location(latitude[1], longitude[1], **extras)
    return location, frozenset({latitude[0], longitude[0], *extras})


def _coordinate(content: Mapping[str, object], names: tuple[str, ...]) -> tuple[str, Decimal] | None:
    by_name = {name.lower(): name for name in content}
    for name in names:
        if name in by_name:
            number = _readable(content[by_name[name]], read_number)
            if number is not None:
                return by_name[name], number
    return None


def _readable[T](value: object, read: Callable[[object], T | None]) -> T | None:
    try:
        return read(value)
    except ValueError:
        return None
