"""What is wrong with a request, by Sigfox's description: no unknown field, parameter or path passes."""

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft4Validator

from sigfox_simulator.sigfox_api.requests import Request
from tests.contract.sigfox_api.reduction import DESCRIPTION

type Json = dict[str, Any]

_FORMS = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?(e-?\d+)?", "boolean": "true|false"}


def violations(request: Request) -> list[str]:
    """Return what is wrong with a request, each as a sentence that names it."""
    shown = f"{request.method} {request.path}"
    for method, pattern, operation in _operations():
        if method == request.method and pattern.fullmatch(request.path):
            return [
                f"{shown}: {each}" for each in _of_query(operation, request) + _of_body(operation, request)
            ]
    return [f"{shown}: is no operation"]


def _of_query(operation: Json, request: Request) -> list[str]:
    known = {each["name"]: each for each in operation["parameters"] if each["in"] == "query"}
    found = [f"unknown parameter {name}" for name in request.query.keys() - known.keys()]
    found += [
        f"parameter {name} is missing"
        for name, parameter in known.items()
        if parameter.get("required") and name not in request.query
    ]
    given = {name: text for name, text in request.query.items() if name in known}
    return found + [
        f"parameter {name} is {text!r}" for name, text in given.items() if not _fits(known[name], text)
    ]


def _fits(parameter: Json, text: str) -> bool:
    if not re.fullmatch(_FORMS.get(parameter["type"], ".*"), text):
        return False
    if "maximum" in parameter and not parameter["minimum"] <= int(text) <= parameter["maximum"]:
        return False
    return text in parameter.get("enum", [text])


def _of_body(operation: Json, request: Request) -> list[str]:
    body = next((each for each in operation["parameters"] if each["in"] == "body"), None)
    if body is None:
        return [] if request.body is None else ["has a body"]
    if request.body is None:
        return ["has no body"] if body.get("required") else []
    errors = Draft4Validator(_with_null(body["schema"])).iter_errors(request.body)
    return [f"{'/'.join(map(str, error.path)) or 'body'}: {error.message}" for error in errors]


def _with_null(value: Any) -> Any:
    """Say in JSON Schema's words what may be null."""
    if isinstance(value, list):
        return [_with_null(each) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _with_null(inner) for name, inner in value.items()}
    if changed.pop("x-nullable", False):
        changed["type"] = [changed["type"], "null"]
    return changed


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Json]]:
    paths: Json = json.loads(DESCRIPTION.read_text())["paths"]
    # What a path names itself comes before what it has for an id.
    return [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation)
        for path, operations in sorted(paths.items(), key=lambda each: each[0].count("{"))
        for method, operation in operations.items()
    ]
