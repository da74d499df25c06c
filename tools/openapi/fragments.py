"""Pieces of an OpenAPI 3.1 document."""

from typing import Any, Literal

from pydantic import BaseModel

type Json = dict[str, Any]

JSON = "application/json"
HTML = "text/html"

# The examples tell of one application, with one device.
EXAMPLE_APPLICATION = "demo"
EXAMPLE_DEVICE = "153FA"


_REFERENCE = "#/components/schemas/{model}"


def schemas_of(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> dict[str, Json]:
    """Return the schema of a model as it is read or written, and those that it refers to, by name.

    Fields have their own names, not their aliases.
    """
    schema = model.model_json_schema(mode=mode, by_alias=False, ref_template=_REFERENCE)
    inner: dict[str, Json] = schema.pop("$defs", {})
    return {**inner, model.__name__: schema}


def reference(schema: str) -> Json:
    """Refers to a schema by its name."""
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


def in_query(name: str, schema: Json, description: str, example: object) -> Json:
    """Describe a query variable that may be left out."""
    return _parameter("query", name, schema, description, example)


def in_header(name: str, schema: Json, description: str, example: object) -> Json:
    """Describe a header that may be left out."""
    return _parameter("header", name, schema, description, example)


def _parameter(place: str, name: str, schema: Json, description: str, example: object) -> Json:
    return {"name": name, "in": place, "description": description, "schema": schema, "example": example}
