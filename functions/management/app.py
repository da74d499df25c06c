"""Answers the management API, and describes the whole API of the bundle."""

from typing import Any

from sigbridge.api.management import (
    application,
    data,
    device_import,
    device_types,
    devices,
    keys,
    messages,
    parameters,
)
from sigbridge.api.management.endpoint import management_endpoint
from sigbridge.api.management.resolver import ManagementResolver
from sigbridge.api.openapi.routes import documentation_routes


def _describe(api: ManagementResolver) -> dict[str, Any]:
    """Describes every route of the bundle."""
    from openapi.description import describe_bundle  # noqa: PLC0415 - only readers wait for it

    return describe_bundle(api)


lambda_handler = management_endpoint(
    application.routes,
    device_types.routes,
    device_import.routes,
    devices.routes,
    parameters.routes,
    messages.routes,
    data.routes,
    keys.routes,
    documentation_routes(_describe),
)
