"""What the description says of the management routes beyond what Powertools knows of them."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_lambda_powertools.event_handler.api_gateway import Route

from openapi.fragments import JSON, Json, content_of, reference
from sigbridge.api.management.device_import import MOST_DEVICES
from sigbridge.api.management.device_models import DeviceImport
from sigbridge.api.management.endpoint import management_api
from sigbridge.api.management.resolver import ManagementResolver, Permitted, refusals_of
from sigbridge.api.management.routes import MANAGEMENT_ROUTES
from sigbridge.credentials import Right
from sigbridge.errors import SigbridgeError

_DEVICES: Json = {"type": "array", "items": reference(DeviceImport.__name__), "maxItems": MOST_DEVICES}
_DEVICES_IN_OBJECT: Json = {
    "type": "object",
    "properties": {"devices": _DEVICES},
    "required": ["devices"],
    "additionalProperties": False,
}

# Bodies of routes that read theirs themselves.
_BODIES: Mapping[str, Json] = {
    "/v1/devices/import": {
        "required": True,
        "content": {
            JSON: content_of(
                {"anyOf": [_DEVICES, _DEVICES_IN_OBJECT]},
                array=[{"id": "1A2B48", "name": "Door"}, {"id": "1A2B49"}],
            ),
            "text/csv": content_of(
                {"type": "string"},
                commas="id,name,tags,downlinkData\n1A2B48,Door,site=Lyon;floor=2,00000000ada1b2c3\n1A2B49,,,\n",
                semicolons="id;name;active\n1A2B48;Door;true\n1A2B49;;\n",
            ),
        },
    }
}


@dataclass(frozen=True, slots=True)
class ManagementRoute:
    """A route of the management API.

    Attributes:
        path, method: As OpenAPI writes them.
        name: Of its handler, unique among all.
        description: What it does, as its handler says.
        rights: What a key needs; the first one is for such routes.
        refusals: Errors of its own.
        body: OpenAPI's request body, where Powertools does not know it.
    """

    path: str
    method: str
    name: str
    description: str
    rights: tuple[Right, ...]
    refusals: tuple[SigbridgeError, ...]
    body: Json | None


def new_management_api() -> ManagementResolver:
    """Make the management API, which can describe its routes."""
    return management_api(*MANAGEMENT_ROUTES)


def routes_of(api: ManagementResolver) -> Iterator[ManagementRoute]:
    """Yield the routes that are described."""
    for route in (*api._static_routes, *api._dynamic_routes):  # noqa: SLF001 - Powertools lists them nowhere else
        if route.include_in_schema:
            yield _route(route)


def _route(route: Route) -> ManagementRoute:
    needed = [dependency.depends for dependency in route.dependant.dependencies]
    permitted = [depends for depends in needed if isinstance(depends, Permitted)]
    return ManagementRoute(
        path=route.openapi_path,
        method=route.method.lower(),
        name=route.func.__name__,
        description=inspect.getdoc(route.func) or "",
        rights=tuple(right for depends in permitted for right in (depends.right, *depends.others)),
        refusals=refusals_of(route.func),
        body=_BODIES.get(route.openapi_path),
    )
