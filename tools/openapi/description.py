"""The description of every route of the bundle; the outermost room sees them all."""

from typing import Any

from openapi.callback_operations import callback_operations
from openapi.document import openapi_document
from openapi.documentation_operations import documentation_operations
from openapi.queue_operations import queue_operations, state_operations
from sigbridge.api.management.resolver import ManagementResolver


def describe_bundle(api: ManagementResolver) -> dict[str, Any]:
    """Describes the API of the bundle, OpenAPI 3.1.

    Args:
        api: The management API, which can tell of its routes itself.
    """
    parts = (documentation_operations, callback_operations, queue_operations, state_operations)
    return openapi_document(api, [describe() for describe in parts])
