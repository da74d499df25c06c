"""How the management API finds its routes, checks rights and reads bodies."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Depends
from aws_lambda_powertools.event_handler import Request as ResolvedRequest
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)

from sigbridge.api.http.request import Request, UnsupportedContentType
from sigbridge.credentials import ApiKey, Right
from sigbridge.errors import SigbridgeError

type Handler = Callable[..., object]

_refusals: dict[Handler, tuple[SigbridgeError, ...]] = {}


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
    """Name, below the decorator of a route, the errors that are its own, as examples for its description.

    Those of every route are known: no good key, no right, bad input, an unknown path or device, no store.
    """

    def remember(handler: H) -> H:
        _refusals[handler] = errors
        return handler

    return remember


def refusals_of(handler: Handler) -> tuple[SigbridgeError, ...]:
    """Return the errors that `refuses` named."""
    return _refusals.get(handler, ())


class _JsonBodies(OpenAPIRequestValidationMiddleware):
    """Read bodies of routes that have one: JSON alone, where Powertools would take forms too."""

    def _get_body(self, app: Any) -> dict[str, Any]:
        request: Request = app.context["request"]
        if request.content_type not in {"", "application/json"}:
            message = "The body must be application/json"
            raise UnsupportedContentType(message)
        return self._parse_json_data(app)


class ManagementResolver(APIGatewayHttpResolver):
    """Powertools' resolver, which checks requests and answers."""

    def __init__(self, read_json: Callable[[str], Any]) -> None:
        """Make a resolver.

        Args:
            read_json: Reads the text of a body.
        """
        super().__init__(enable_validation=True, json_body_deserializer=read_json)
        self._request_validation_middleware = _JsonBodies()  # type: ignore[no-untyped-call]
