"""The routes of the description itself, described."""

from openapi.fragments import HTML, JSON, Json, content_of
from openapi.management_paths import MANAGEMENT_ERRORS
from openapi.operation import Operation, Section
from sigbridge.errors import Fault, InvalidInput

_KEPT: Json = {
    "ETag": {"description": "Changes with the text.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long it may be cached.", "schema": {"type": "string"}},
}


def documentation_operations() -> Section:
    """Describe where the description is."""

    def operation(path: str, id_: str, summary: str, description: str, answer: Json) -> Operation:
        return Operation(
            method="get",
            path=path,
            id=id_,
            summary=summary,
            description=description,
            right=None,
            answers={
                200: answer | {"headers": _KEPT},
                304: {"description": "It is the one that `If-None-Match` names", "headers": _KEPT},
            },
            refusals=(InvalidInput.of([Fault("page", "is not known here")]),),
        )

    return Section(
        tag="documentation",
        description="This description.",
        form=MANAGEMENT_ERRORS,
        operations=(
            operation(
                "/openapi.json",
                "get_openapi_document",
                "OpenAPI document",
                "This document, for programs.",
                {"description": "OpenAPI 3.1", "content": {JSON: content_of({"type": "object"})}},
            ),
            operation(
                "/docs",
                "get_documentation",
                "Interactive documentation",
                "This document in Swagger UI, where requests can be sent.",
                {"description": "A page", "content": {HTML: content_of({"type": "string"})}},
            ),
        ),
    )
