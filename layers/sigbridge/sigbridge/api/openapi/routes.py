"""`/openapi.json` and `/docs`: the description of the API, which anybody may read."""

from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler import Response

from sigbridge.api.http.routing import new_routes
from sigbridge.api.openapi.representation import Representation
from sigbridge.api.openapi.swagger_ui import swagger_ui_page

# `make openapi` writes it.
DOCUMENT = Path(__file__).with_name("openapi.json")

routes = new_routes()


@cache
def _document() -> Representation:
    return Representation("application/json", DOCUMENT.read_text(encoding="utf-8"))


@cache
def _page() -> Representation:
    text, headers = swagger_ui_page()
    return Representation("text/html; charset=utf-8", text, tuple(headers.items()))


@routes.get("/openapi.json", include_in_schema=False)
def get_document(request: ResolvedRequest) -> Response[str | None]:
    """Return the description."""
    return _document().answer(request.context["request"])


@routes.get("/docs", include_in_schema=False)
def get_page(request: ResolvedRequest) -> Response[str | None]:
    """Return the page that shows the description."""
    return _page().answer(request.context["request"])
