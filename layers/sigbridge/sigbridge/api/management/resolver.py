"""Finds the routes of the management API, and knows what its description needs to know of each."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Depends
from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)

from sigbridge.api.http.request import Request, UnsupportedContentType
from sigbridge.credentials import ApiKey, Right
from sigbridge.errors import SigbridgeError

type Handler = Callable[..., object]

_refusals: dict[Handler, tuple[SigbridgeError, ...]] = {}
_bodies: dict[Handler, Mapping[str, Any]] = {}


class Permitted(Depends):
    """A dependency of routes: the caller's key, which must have a right.

    Raises:
        InsufficientRights: The key lacks it; raised when the route is called.

    Attributes:
        right: The right.
    """

    def __init__(self, right: Right) -> None:
        super().__init__(self._caller)
        self.right = right

    def _caller(self, request: ResolvedRequest) -> ApiKey:
        key: ApiKey = request.context["key"]
        key.require(self.right)
        return key


def refuses[H: Handler](*errors: SigbridgeError) -> Callable[[H], H]:
    """Names, below the decorator of a route, the errors that are its own, as examples for its description.

    Those of every route are known: no good key, no right, bad input, an unknown path or device, no store.
    """

    def remember(handler: H) -> H:
        _refusals[handler] = errors
        return handler

    return remember


def takes[H: Handler](body: Mapping[str, Any]) -> Callable[[H], H]:
    """Tells, below the decorator of a route that reads its body itself, OpenAPI's request body for it."""

    def remember(handler: H) -> H:
        _bodies[handler] = body
        return handler

    return remember


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What Powertools does not tell of a route.

    Attributes:
        name: Of its handler, unique among all.
        description: What it does, as its handler says.
        right: What a key needs.
        refusals: Errors of its own.
        body: OpenAPI's request body, where Powertools does not know it.
    """

    name: str
    description: str
    right: Right | None
    refusals: tuple[SigbridgeError, ...]
    body: Mapping[str, Any] | None


class _JsonBodies(OpenAPIRequestValidationMiddleware):
    """Reads bodies of routes that have one: JSON alone, where Powertools would take forms too."""

    def _get_body(self, app: Any) -> dict[str, Any]:
        request: Request = app.context["request"]
        if request.content_type not in {"", "application/json"}:
            message = "The body must be application/json"
            raise UnsupportedContentType(message)
        return self._parse_json_data(app)


class ManagementResolver(APIGatewayHttpResolver):
    """Powertools' resolver, which can tell about its routes."""

    def __init__(self, read_json: Callable[[str], Any]) -> None:
        """Makes a resolver that checks requests and answers.

        Args:
            read_json: Reads the text of a body.
        """
        super().__init__(enable_validation=True, json_body_deserializer=read_json)
        self._request_validation_middleware = _JsonBodies()  # type: ignore[no-untyped-call]

    def route_facts(self) -> Iterator[tuple[str, str, RouteFacts]]:
        """Yields path (as OpenAPI writes it), lower-case method and facts of each route that is described."""
        for route in (*self._static_routes, *self._dynamic_routes):
            if route.include_in_schema:
                yield route.openapi_path, route.method.lower(), _facts(route)


def _facts(route: Route) -> RouteFacts:
    needed = [dependency.depends for dependency in route.dependant.dependencies]
    rights = [depends.right for depends in needed if isinstance(depends, Permitted)]
    return RouteFacts(
        name=route.func.__name__,
        description=inspect.getdoc(route.func) or "",
        right=rights[0] if rights else None,
        refusals=_refusals.get(route.func, ()),
        body=_bodies.get(route.func),
    )
