"""Sigfox's API description (Swagger 2.0), reduced to its structure and made strict for what is sent."""

import json
import sys
from pathlib import Path
from typing import Any

type Json = dict[str, Any]

HERE = Path(__file__).parent
DESCRIPTION = HERE / "description.json"
_PROSE = {"description", "summary", "title", "tags", "externalDocs", "example", "examples", "discriminator"}
# What a callback of channel URL has; the discriminator, which says so, names no model that tools find.
_OF_URL = {"createCallback": "createUrlCallback", "updateCallback": "updateUrlCallback"}
_LARGEST_PAGE = 100


def reduced(original: Json, overlay: Json) -> Json:
    """Return the description without its prose, with closed request bodies, overlaid."""
    definitions = {name: _without_prose(schema) for name, schema in original["definitions"].items()}
    closed = {
        name: _merged(_closed(schema, definitions), overlay.get(name, {}))
        for name, schema in (definitions | {n: definitions[of] for n, of in _OF_URL.items()}).items()
    }
    open_ = {name: _merged(schema, overlay.get(name, {})) for name, schema in definitions.items()}
    paths = {
        path: {
            method: _operation(operation, closed, definitions)
            for method, operation in operations.items()
            if method != "parameters"
        }
        for path, operations in original["paths"].items()
    }
    needed = _referenced(paths, open_)
    return {
        "swagger": "2.0",
        "info": {"title": original["info"]["title"], "version": original["info"]["version"]},
        "host": original["host"],
        "basePath": original["basePath"],
        "schemes": original["schemes"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"basicAuth": {"type": "basic"}},
        "security": original["security"],
        "paths": paths,
        "definitions": {name: schema for name, schema in open_.items() if name in needed},
    }


def _operation(operation: Json, closed: Json, definitions: Json) -> Json:
    parameters = [_parameter(each, closed, definitions) for each in operation.get("parameters", [])]
    responses = {
        status: {"description": ""} | _without_prose(response)
        for status, response in operation["responses"].items()
    }
    return {"parameters": parameters, "responses": responses}


def _parameter(parameter: Json, closed: Json, definitions: Json) -> Json:
    kept = _without_prose({name: value for name, value in parameter.items() if name != "schema"})
    if parameter["in"] == "body":
        name = parameter["schema"].get("$ref", "").rpartition("/")[2]
        schema = _without_prose(parameter["schema"])
        return kept | {"schema": closed[name] if name else _closed(schema, definitions)}
    if parameter["name"] == "fields":
        return {name: value for name, value in kept.items() if name != "enum"} | {"type": "string"}
    if parameter["name"] == "limit":
        return kept | {"minimum": 1, "maximum": _LARGEST_PAGE}
    return kept


def _without_prose(value: Any) -> Any:
    """Leave out what is written for people; a property may be called `description` all the same."""
    if isinstance(value, list):
        return [_without_prose(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {field: _without_prose(schema) for field, schema in inner.items()}
        if name == "properties"
        else _without_prose(inner)
        for name, inner in value.items()
        if name not in _PROSE and not name.startswith("x-")
    }


def _closed(schema: Json, definitions: Json) -> Json:
    """Return a schema without references or parts, whose objects have no other fields."""
    if "$ref" in schema:
        return _closed(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    flat = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema.get("allOf", []):
        closed = _closed(part, definitions)
        flat = {
            **closed,
            **flat,
            "properties": closed.get("properties", {}) | flat.get("properties", {}),
            "required": sorted({*closed.get("required", []), *flat.get("required", [])}),
        }
    if not flat.get("required", True):
        del flat["required"]
    if "items" in flat:
        flat["items"] = _closed(flat["items"], definitions)
    if flat.get("properties"):
        properties = {name: _closed(inner, definitions) for name, inner in flat["properties"].items()}
        flat |= {"type": "object", "properties": properties, "additionalProperties": False}
    return flat


def _merged(schema: Any, patch: Any) -> Any:
    """Merge a patch into a schema (RFC 7396); null takes something out."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(schema) if isinstance(schema, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), change)
    return merged


def _referenced(value: Any, definitions: Json) -> set[str]:
    names: set[str] = set()
    waiting = [value]
    while waiting:
        match waiting.pop():
            case list() as each:
                waiting += each
            case {"$ref": str(reference)}:
                name = reference.rpartition("/")[2]
                if name not in names:
                    names.add(name)
                    waiting.append(definitions[name])
            case dict() as fields:
                waiting += fields.values()
    return names


if __name__ == "__main__":
    [_, original] = sys.argv
    document = reduced(
        json.loads(Path(original).read_text()), json.loads((HERE / "overlay.json").read_text())
    )
    DESCRIPTION.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
