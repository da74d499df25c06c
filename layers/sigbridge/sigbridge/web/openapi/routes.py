"""`/openapi.json` and `/docs`: the API's description, which anybody may read."""

import json
from collections.abc import Callable
from functools import cache
from typing import cast

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from sigbridge.web.management.endpoint import new_routes
from sigbridge.web.management.resolver import ManagementResolver
from sigbridge.web.openapi.fragments import HTML, JSON, Json
from sigbridge.web.openapi.swagger_ui import swagger_ui_page


def documentation_routes(describe: Callable[[ManagementResolver], Json]) -> Router:
    """Makes the routes that tell the API's description.

    Args:
        describe: Makes the description; it is called when the first reader comes, and never again.
    """
    routes = new_routes()

    @cache
    def document() -> str:
        api = cast("ManagementResolver", routes.api_resolver)
        return json.dumps(describe(api), ensure_ascii=False, separators=(",", ":"))

    @routes.get("/openapi.json", include_in_schema=False)
    def show_document() -> Response[str]:
        return Response(200, JSON, document())

    @routes.get("/docs", include_in_schema=False)
    def show_page() -> Response[str]:
        page, headers = swagger_ui_page()
        return Response(200, f"{HTML}; charset=utf-8", page, headers)

    return routes
