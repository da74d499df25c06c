"""Objects and arrays that are kept as they came, within bounds."""

from collections.abc import Mapping
from typing import Any

from sigbridge.api.http.json_body import read_json
from sigbridge.errors import InvalidInput
from sigbridge.sigfox.values import is_absent, read_text
from sigbridge.tagoio.variables import InvalidVariable, Path, check_value

# Within an item DynamoDB nests 32 levels; these stand within two others.
_LEVELS = 16
_NAME_LENGTH = 255


def read_object(value: object) -> dict[str, Any] | None:
    """Read an object; in a form it comes as text. Of an array the first one counts, an empty one is none.

    Raises:
        ValueError: It is anything else.
    """
    found = _from_text(value)
    if isinstance(found, list) and found:
        found = found[0]
    if is_absent(found) or found == []:
        return None
    if isinstance(found, dict):
        return found
    message = "must be an object"
    raise ValueError(message)


def read_objects(value: object) -> list[dict[str, Any]] | None:
    """Read an array of objects; in a form it comes as text. An empty one stands for none.

    Raises:
        ValueError: It is anything else.
    """
    found = _from_text(value)
    if is_absent(found) or found == []:
        return None
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        return found
    message = "must be an array of objects"
    raise ValueError(message)


def read_texts(value: object) -> list[str] | None:
    """Read an array of texts; a text stands for one with commas between several.

    Raises:
        ValueError: It is anything else.
    """
    found = _from_text(value)
    if isinstance(found, str):
        found = found.split(",")
    if found is None or isinstance(found, list):
        texts = [text for text in map(read_text, found or []) if text is not None]
        return texts or None
    message = "must be an array of texts"
    raise ValueError(message)


def storable(value: object, path: Path = ()) -> object:
    """Return a JSON value that can be stored; an empty name becomes `_`.

    Raises:
        InvalidVariable: It nests deeper than 16 levels, a name in it is over 255 characters, a text
            over 6,000 bytes, or a number beyond what can be kept.
    """
    if len(path) > _LEVELS:
        raise InvalidVariable(path, f"must nest at most {_LEVELS} levels")
    if isinstance(value, Mapping):
        return storable_fields(value, path)
    if isinstance(value, list):
        return [storable(inner, (*path, str(position))) for position, inner in enumerate(value)]
    return None if value is None else check_value(path, value)


def storable_fields(fields: Mapping[str, object], path: Path = ()) -> dict[str, object]:
    """Return the fields of an object, which can all be stored.

    Raises:
        InvalidVariable: As `storable`.
    """
    if any(len(name) > _NAME_LENGTH for name in fields):
        raise InvalidVariable(path, f"names must be at most {_NAME_LENGTH} characters")
    return {name or "_": storable(value, (*path, name)) for name, value in fields.items()}


def _from_text(value: object) -> object:
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return read_json(value.encode())
    except InvalidInput:
        return value
