"""Making variables of everything that has no meaning of its own.

As TagoIO does (tagoio reference, 3 and 7), with two differences: a nested field carries the names of
all its parents, so that none collide, and 0 is a coordinate like any other.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from sigbridge.callbacks.values import is_absent, is_storable, read_number, read_whole_number
from sigbridge.messages import Location, Variable
from sigbridge.messages.message import Value

type Path = tuple[str, ...]

_FORBIDDEN = re.compile(r"[*?!<>.\-=$\s]")
_NAME_LENGTH = 100
_VALUE_BYTES = 6_000
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
    name = _FORBIDDEN.sub("_", "_".join(path)).lower() or "_"
    if len(name) > _NAME_LENGTH:
        raise InvalidVariable(path, f"its name must be at most {_NAME_LENGTH} characters")
    return name


def check_value(path: Path, value: object) -> Value:
    """Lets a value pass that can be kept.

    Raises:
        InvalidVariable: It can't.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        if not is_storable(Decimal(value)):
            raise InvalidVariable(path, "must be a number of at most 38 digits")
        return value
    if isinstance(value, str):
        if len(value.encode()) > _VALUE_BYTES:
            raise InvalidVariable(path, f"must be at most {_VALUE_BYTES} bytes")
        return value
    raise InvalidVariable(path, "must be a text, a number or a boolean")


def read_location(content: Mapping[str, object], path: Path = ()) -> Location | None:
    """Reads the location that an object gives; None where it lacks a latitude or longitude.

    Raises:
        InvalidVariable: One is there and is no coordinate.
    """
    latitude = _coordinate(content, _LATITUDE_NAMES, 90, path)
    longitude = _coordinate(content, _LONGITUDE_NAMES, 180, path)
    if latitude is None or longitude is None:
        return None
    try:
        return Location(
            latitude,
            longitude,
            radius=read_number(content.get("radius")),
            source=read_whole_number(content.get("source")),
            status=read_whole_number(content.get("status")),
        )
    except ValueError as invalid:
        raise InvalidVariable(path, f"radius, source or status {invalid}") from invalid


def location_names(content: Mapping[str, object]) -> frozenset[str]:
    """Names of those fields of an object that its location is made of."""
    used = {*_LATITUDE_NAMES, *_LONGITUDE_NAMES, "radius", "source", "status"}
    return frozenset(name for name in content if name.lower() in used)


def _coordinate(
    content: Mapping[str, object], names: tuple[str, ...], limit: int, path: Path
) -> Decimal | None:
    by_name = {name.lower(): name for name in content}
    for name in names:
        if name in by_name:
            where = (*path, by_name[name])
            try:
                number = read_number(content[by_name[name]])
            except ValueError as invalid:
                raise InvalidVariable(where, str(invalid)) from invalid
            if number is not None and abs(number) > limit:
                raise InvalidVariable(where, f"must be from -{limit} to {limit}")
            return number
    return None
