"""A key's Additional Parameter: under which names its sender writes the fields of a message.

The form is TagoIO's: `serial=devaddr;payload=payload_raw;port=fport` (tagoio reference, 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sigbridge.errors import InvalidInput


class Field(StrEnum):
    """A field with a meaning of its own; every other one becomes a variable."""

    SERIAL = "serial"
    PAYLOAD = "payload"
    PORT = "port"
    TIME = "time"
    SEQ_NUMBER = "seqNumber"
    ACK = "ack"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"


class InvalidMapping(InvalidInput):
    """An Additional Parameter that is not `field=path;field=path`."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Where one sender writes the fields; a path leads through nested objects.

    Attributes:
        paths: Path of each mapped field.
    """

    paths: Mapping[Field, tuple[str, ...]]

    @classmethod
    def parse(cls, additional_parameter: str) -> "FieldMapping":
        """Read an Additional Parameter; "" maps nothing.

        Raises:
            InvalidMapping: It has another form, an unknown field, or names a field twice.
        """
        return _parse(additional_parameter)


# Bounds what the cache of compared names takes: senders may give any name.
_CACHED_NAME_LENGTH = 64


def plain(name: str) -> str:
    """Give the form in which names are compared."""
    return _plain(name) if len(name) <= _CACHED_NAME_LENGTH else _plain.__wrapped__(name)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


@lru_cache(maxsize=1000)
def _parse(additional_parameter: str) -> FieldMapping:
    fields = {plain(field): field for field in Field}
    paths: dict[Field, tuple[str, ...]] = {}
    for assignment in filter(None, map(str.strip, additional_parameter.split(";"))):
        target, equals, source = (part.strip() for part in assignment.partition("="))
        field = fields.get(plain(target))
        path = tuple(source.split("."))
        if field is None or not equals or not all(path) or field in paths:
            message = (
                f"Additional Parameter: '{assignment}' is not one of {', '.join(Field)},"
                " '=' and a name, each field once"
            )
            raise InvalidMapping(message)
        paths[field] = path
    return FieldMapping(paths)
