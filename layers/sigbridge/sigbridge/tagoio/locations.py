"""Reading where a device was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sigbridge.model.field_mapping import Field, plain
from sigbridge.model.field_names import COMMON_NAMES, PLACE_OBJECTS, objects_of_device
from sigbridge.model.message import Location
from sigbridge.sigfox.values import read_number, read_whole_number
from sigbridge.tagoio.variables import Path

_EXTRAS: Mapping[str, Callable[[object], Any]] = {
    "radius": read_number,
    "source": read_whole_number,
    "status": read_whole_number,
}
_LEVELS = 8


class NotOnEarth(ValueError):
    """Coordinates of no place, such as those of a tracker that has no fix.

    Attributes:
        path: Where the wrong one stands.
    """

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(f"must be from -{limit} to {limit}")
        self.path = path


@dataclass(frozen=True, slots=True)
class FoundLocation:
    """A location, and the fields that it is made of.

    Attributes:
        location: The location.
        paths: Names that lead to each of its fields.
    """

    location: Location
    paths: frozenset[Path]


def read_location(content: Mapping[str, object], path: Path = ()) -> FoundLocation | None:
    """Read the location that an object gives: latitude and longitude by any common name, or a GeoJSON point.

    Returns:
        None where the object lacks one of the two: what it has then are variables.

    Raises:
        NotOnEarth: It has both, and one is beyond its limits.
    """
    point = _read_point(content, path)
    if point is not None:
        return point
    latitude = _coordinate(content, COMMON_NAMES[Field.LATITUDE], path)
    longitude = _coordinate(content, COMMON_NAMES[Field.LONGITUDE], path)
    if latitude is None or longitude is None:
        return None
    extras = {name: _readable(content.get(name), read) for name, read in _EXTRAS.items()}
    known = {name: value for name, value in extras.items() if value is not None}
    return locate(latitude, longitude, known, path)


def locate(
    latitude: tuple[Path, Decimal],
    longitude: tuple[Path, Decimal],
    extras: Mapping[str, Any] | None = None,
    path: Path = (),
) -> FoundLocation:
    """Make a location of two coordinates and what else is known of it.

    Raises:
        NotOnEarth: One of them is beyond its limits.
    """
    for (where, degrees), limit in ((latitude, 90), (longitude, 180)):
        if abs(degrees) > limit:
            raise NotOnEarth(where, limit)
    known = extras or {}
    paths = {latitude[0], longitude[0], *((*path, name) for name in known)}
    return FoundLocation(Location(latitude[1], longitude[1], **known), frozenset(paths))


def place_objects(content: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Yield the objects that are named as places of the device, and stand in nothing of the network."""
    for path, fields in objects_of_device([content], _LEVELS):
        if plain(path[-1]) in PLACE_OBJECTS:
            yield path, fields


def _read_point(content: Mapping[str, object], path: Path) -> FoundLocation | None:
    coordinates = content.get("coordinates")
    if content.get("type") != "Point" or not isinstance(coordinates, Sequence) or len(coordinates) < 2:
        return None
    longitude, latitude = (_readable(degrees, read_number) for degrees in coordinates[:2])
    if latitude is None or longitude is None:
        return None
    inner = (*path, "coordinates")
    found = locate(((*inner, "1"), latitude), ((*inner, "0"), longitude))
    return FoundLocation(found.location, found.paths | {(*path, "type")})


def _coordinate(
    content: Mapping[str, object], names: tuple[str, ...], path: Path
) -> tuple[Path, Decimal] | None:
    by_name = {name.lower(): name for name in content}
    for name in names:
        if name in by_name:
            number = _readable(content[by_name[name]], read_number)
            if number is not None:
                return (*path, by_name[name]), number
    return None


def _readable[T](value: object, read: Callable[[object], T | None]) -> T | None:
    try:
        return read(value)
    except ValueError:
        return None
