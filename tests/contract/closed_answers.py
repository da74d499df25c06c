"""The description, made stricter than it is told: what an answer says beside what is described is a fault."""

import copy
from collections.abc import Iterator
from typing import Any

type Json = dict[str, Any]


def with_closed_answers(document: Json) -> Json:
    """Gives the description with answers that may have no field that is not described.

    Callers are told an open schema, so that a field may be added one day.
    """
    closed = copy.deepcopy(document)
    for schema in _answer_schemas(closed):
        if schema.get("properties") is not None:
            schema.setdefault("additionalProperties", False)
    return closed


def _answer_schemas(document: Json) -> Iterator[Json]:
    waiting: list[Any] = [
        _resolved(document, answer).get("content", {})
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
    ]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict) and id(value) not in seen:
            seen.add(id(value))
            waiting += [inner for name, inner in value.items() if name not in {"example", "examples"}]
            if "$ref" in value:
                waiting.append(_resolved(document, value))
            yield value


def _resolved(document: Json, fragment: Json) -> Json:
    if "$ref" not in fragment:
        return fragment
    _, _, kind, name = fragment["$ref"].split("/")
    resolved: Json = document["components"][kind][name]
    return resolved
