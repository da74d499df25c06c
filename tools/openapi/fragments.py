"""Pieces of an OpenAPI 3.1 document."""

from typing import Any, Literal

from pydantic import TypeAdapter

type Json = dict[str, Any]

JSON = "application/json"
HTML = "text/html"

# The examples are of the application and the devices of the demonstration (`sigbridge_local`).
EXAMPLE_APPLICATION = "demo"
EXAMPLE_DEVICE = "1A2B45"
OTHER_EXAMPLE_DEVICE = "1A2B46"


_REFERENCE = "#/components/schemas/{model}"


def schemas_of(
    model: Any, name: str | None = None, mode: Literal["validation", "serialization"] = "serialization"
) -> dict[str, Json]:
    """Return the schema of a model as it is written or read, and those that it refers to, by name.

    Args:
        model: A pydantic model, a typed dictionary, or an alias; of fields not their aliases are shown.
        name: Its name, where it is not that of its class.
        mode: Whether it is written or read.
    """
    schema = TypeAdapter(model).json_schema(mode=mode, by_alias=False, ref_template=_REFERENCE)
    inner: dict[str, Json] = schema.pop("$defs", {})
    named = name or model.__name__
    # A model that others refer to, itself perhaps, is among those already.
    return inner if schema == reference(named) else {**inner, named: schema}


def reference(schema: str) -> Json:
    """Refer to a schema by its name."""
    return {"$ref": _REFERENCE.format(model=schema)}


def answered(description: str, schema: Json, **examples: object) -> Json:
    """Describe an answer in JSON."""
    return {"description": description, "content": {JSON: content_of(schema, **examples)}}


def content_of(schema: Json, **examples: object) -> Json:
    """Describe the content of one media type."""
    named = {name: {"value": value} for name, value in examples.items()}
    return {"schema": schema, "examples": named} if named else {"schema": schema}


def in_path(name: str, schema: Json, description: str, example: object) -> Json:
    """Describe a variable of a path."""
    return _parameter("path", name, schema, description, example) | {"required": True}


def in_query(name: str, schema: Json, description: str, example: object = None) -> Json:
    """Describe a query variable that may be left out; its example is what the pages fill in."""
    return _parameter("query", name, schema, description, example)


def in_header(name: str, schema: Json, description: str, example: object = None) -> Json:
    """Describe a header that may be left out; its example is what the pages fill in."""
    return _parameter("header", name, schema, description, example)


def _parameter(place: str, name: str, schema: Json, description: str, example: object) -> Json:
    described = {"name": name, "in": place, "description": description, "schema": schema}
    return described if example is None else {**described, "example": example}
