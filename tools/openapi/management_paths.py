"""The routes of the management API, described: Powertools' description of them, completed."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from openapi.fragments import EXAMPLE_APPLICATION, EXAMPLE_DEVICE, JSON, Json, schemas_of
from openapi.management_examples import BODY_EXAMPLES, PATH_EXAMPLES, QUERY_EXAMPLES
from openapi.management_routes import ManagementRoute, new_management_api, routes_of
from openapi.operation import described
from openapi.refusals import ErrorFormat
from sigbridge.api.http.content_encoding import BodyTooLarge
from sigbridge.api.http.models import without_null
from sigbridge.api.http.request import UnknownRoute, UnsupportedContentType
from sigbridge.api.management.device_models import DeviceImport
from sigbridge.api.management.errors import ManagementError, management_error
from sigbridge.devices import UnknownDevice
from sigbridge.errors import Fault, InvalidInput, SigbridgeError

# Powertools' own errors, in whose place ours stand.
_ITS_ERRORS = frozenset({"HTTPValidationError", "ValidationError", "ResponseValidationError"})
_ITS_DESCRIPTION = "Successful Response"
_UNPROCESSABLE = "422"
_WITHOUT_BODY = "204"

MANAGEMENT_ERRORS = ErrorFormat(
    name="ManagementError",
    model=ManagementError,
    respond=management_error,
    always=(InvalidInput.of([Fault("limit", "Input should be less than or equal to 100")]),),
    of_bodies=(
        BodyTooLarge("The body is too large"),
        UnsupportedContentType("The body must be application/json"),
    ),
    of_paths=(UnknownRoute("There is no such route"),),
)


def management_paths() -> tuple[dict[str, dict[str, Json]], dict[str, Json]]:
    """Describe the routes of the management API.

    Returns:
        Operations by path and method, in the order of the paths; and the schemas that they refer to.
    """
    api = new_management_api()
    generated: Json = json.loads(api.get_openapi_json_schema())
    paths: dict[str, dict[str, Json]] = {}
    for route in sorted(routes_of(api), key=lambda route: route.path):
        completed = _completed(generated["paths"][route.path][route.method], route)
        paths.setdefault(route.path, {})[route.method] = completed
    schemas = generated["components"]["schemas"] | schemas_of(DeviceImport, mode="validation")
    return paths, {name: schema for name, schema in schemas.items() if name not in _ITS_ERRORS}


def _completed(generated: Mapping[str, Any], route: ManagementRoute) -> Json:
    operation = {**generated, **({"requestBody": route.body} if route.body else {})}
    if route.name in BODY_EXAMPLES:
        operation["requestBody"] = _with_example(operation["requestBody"], BODY_EXAMPLES[route.name])
    right = next(iter(route.rights), None)
    refused = MANAGEMENT_ERRORS.responses(
        route.path, right, tuple(_refusals(route)), takes_body="requestBody" in operation
    )
    answers = {
        status: _answer(status, answer)
        for status, answer in operation["responses"].items()
        if status != _UNPROCESSABLE
    }
    return {
        **operation,
        "operationId": route.name,
        "description": described(route.description, route.rights),
        "parameters": [_parameter(route, parameter) for parameter in operation.get("parameters", ())],
        "responses": answers | refused,
    }


def _refusals(route: ManagementRoute) -> Iterator[SigbridgeError]:
    yield from route.refusals
    if "{device_id}" in route.path:
        yield UnknownDevice(EXAMPLE_APPLICATION, EXAMPLE_DEVICE)


def _parameter(route: ManagementRoute, parameter: Json) -> Json:
    """A variable of the path or query is left out, never null; its schema need not repeat its description."""
    schema = {name: value for name, value in parameter["schema"].items() if name != "description"}
    described = {**parameter, "schema": without_null(schema) if "anyOf" in schema else schema}
    name = parameter["name"]
    if parameter["in"] == "path":
        return described | {"example": PATH_EXAMPLES[name]}
    example = QUERY_EXAMPLES.get((route.name, name))
    return described if example is None else described | {"example": example}


def _with_example(body: Json, example: Json) -> Json:
    return {**body, "content": {JSON: {**body["content"][JSON], "example": example}}}


def _answer(status: str, answer: Mapping[str, Any]) -> Json:
    completed = dict(answer)
    if completed["description"] == _ITS_DESCRIPTION:
        completed["description"] = HTTPStatus(int(status)).phrase
    if status == _WITHOUT_BODY:
        completed.pop("content", None)
    return completed
