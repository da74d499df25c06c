"""The description of every route of the bundle."""

import json

from openapi.callback_operations import callback_operations
from openapi.document import openapi_document
from openapi.documentation_operations import documentation_operations
from openapi.queue_operations import queue_operations, state_operations, storage_operations


def description_text() -> str:
    """Return the description of the API, OpenAPI 3.1, as it is committed."""
    sections = (
        documentation_operations,
        callback_operations,
        queue_operations,
        state_operations,
        storage_operations,
    )
    document = openapi_document([describe() for describe in sections])
    return json.dumps(document, indent=0, ensure_ascii=False) + "\n"
