"""Take out of generated schemas what only repeats the code."""

import re
from typing import Any

from openapi.fragments import Json

# Below these names stand values, not schemas; below those, schemas by names of the user's choice.
_VALUES = frozenset({"const", "default", "enum", "example", "examples"})
_NAMES = frozenset({"$defs", "patternProperties", "properties", "schemas"})
# Where a fact is from, which docstrings say for those who read the code.
_SOURCE = re.compile(r"\s*\((?:[\w-]+ reference|decision)[^)]*\)")
_NOTES = re.compile(r"\n\s*(?:Args|Attributes|Raises|Returns):.*", re.DOTALL)
_ATTRIBUTES = re.compile(r"\nAttributes:\n(.*)", re.DOTALL)
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def tidied(description: Json) -> Json:
    """Return a description without titles that repeat names."""
    result: Json = _tidied(description)
    return result


def _tidied(value: Any) -> Any:
    if isinstance(value, list):
        return [_tidied(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return value
    documented = _with_documented_properties(value)
    return {name: _field(name, field) for name, field in documented.items() if name != "title"}


def _with_documented_properties(value: Json) -> Json:
    """Return a schema whose properties say what its class's docstring says of them."""
    notes = _ATTRIBUTES.search(str(value.get("description", "")))
    if notes is None or "properties" not in value:
        return value
    texts = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(notes[1])}
    properties = {
        name: {"description": texts[name], **schema} if name in texts else schema
        for name, schema in value["properties"].items()
    }
    return {**value, "properties": properties}


def _field(name: str, value: Any) -> Any:
    if name in _VALUES:
        return value
    if name in _NAMES:
        return {inner: _tidied(v) for inner, v in value.items()}
    if name == "description":
        return _SOURCE.sub("", _NOTES.sub("", value)).strip()
    return _tidied(value)
