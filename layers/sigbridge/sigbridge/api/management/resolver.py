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
_taking_keys: set[Handler] = set()


class Permitted(Depends):
    """A dependency of routes: the caller's key, which must have rights.

    Raises:
        InsufficientRights: The key lacks one; raised when the route is called.

    Attributes:
        right: The right that is for such routes.
        others: Which it must have besides.
    """

    def __init__(self, right: Right, *others: Right) -> None:
        super().__init__(self._caller)
        self.right = right
        self.others = others

    def _caller(self, request: ResolvedRequest) -> ApiKey:
        key: ApiKey = request.context["key"]
        for right in (self.right, *self.others):
            key.require(right)
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


def takes_keys[H: Handler](handler: H) -> H:
    """Let the bodies of a route, below whose decorator this stands, hold keys: others are redacted."""
    _taking_keys.add(handler)
    return handler


class _JsonBodies(OpenAPIRequestValidationMiddleware):
    """Read bodies of routes that have one: JSON alone, where Powertools would take forms too."""

    def __init__(self, read_json: Callable[[str], Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._read_json = read_json

    def _get_body(self, app: Any) -> dict[str, Any]:
        request: Request = app.context["request"]
        if request.content_type not in {"", "application/json"}:
            message = "The body must be application/json"
            raise UnsupportedContentType(message)
        if app.context["_route"].func in _taking_keys:
            read: dict[str, Any] = self._read_json(request.body_with_keys)
            return read
        return self._parse_json_data(app)


class ManagementResolver(APIGatewayHttpResolver):
    """Powertools' resolver, which checks requests and answers."""

    def __init__(self, read_json: Callable[[str], Any]) -> None:
        """Make a resolver.

        Args:
            read_json: Reads the text of a body.
        """
        super().__init__(enable_validation=True, json_body_deserializer=read_json)
        self._request_validation_middleware = _JsonBodies(read_json)
