"""`/openapi.json` and `/docs`: the API's description, which anybody may read."""

import json
from collections.abc import Callable
from functools import cache
from typing import cast

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from openapi.fragments import HTML, JSON, Json
from sigbridge.api.management.endpoint import new_routes
from sigbridge.api.management.resolver import ManagementResolver
from sigbridge.api.openapi.representation import Representation
from sigbridge.api.openapi.swagger_ui import swagger_ui_page


def documentation_routes(describe: Callable[[ManagementResolver], Json]) -> Router:
    """Makes the routes that tell the API's description.

    Args:
        describe: Makes the description; it is called when the first reader comes, and never again.
    """
    routes = new_routes()

    @cache
    def document() -> Representation:
        api = cast("ManagementResolver", routes.api_resolver)
        return Representation(JSON, json.dumps(describe(api), ensure_ascii=False, separators=(",", ":")))

    @cache
    def page() -> Representation:
        text, headers = swagger_ui_page()
        return Representation(f"{HTML}; charset=utf-8", text, tuple(headers.items()))

    @routes.get("/openapi.json", include_in_schema=False)
    def show_document(request: ResolvedRequest) -> Response[str | None]:
        return document().answer(request.context["request"])

    @routes.get("/docs", include_in_schema=False)
    def show_page(request: ResolvedRequest) -> Response[str | None]:
        return page().answer(request.context["request"])

    return routes
