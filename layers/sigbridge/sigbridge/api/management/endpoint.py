"""The one function of the management API: find the route, check the key, write errors in one form."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler import Response as ResolvedResponse
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.endpoint import LambdaHandler, observed, refuse_webhook, report
from sigbridge.api.http.json_body import read_json
from sigbridge.api.http.request import Request, UnknownRoute
from sigbridge.api.http.response import PRIVATE_HEADERS, Response
from sigbridge.api.management.errors import management_error
from sigbridge.api.management.resolver import ManagementResolver, Permitted
from sigbridge.credentials import ApiKey, Right, authenticate, redact
from sigbridge.devices import act_on_addressed
from sigbridge.errors import Fault, InvalidInput, SigbridgeError

# What anybody may read: the description of the API.
_PUBLIC_PATHS = frozenset({"/openapi.json", "/docs"})
_UNKNOWN = "is not known here"
# In place of pydantic's words for what is wrong most often.
_MESSAGES = {"extra_forbidden": _UNKNOWN, "missing": "is missing"}
_PARTS_OF_REQUESTS = frozenset({"body", "query", "path", "header"})


def management_endpoint(*routers: Router) -> LambdaHandler:
    """Make the Lambda handler that answers these routes."""
    api = management_api(*routers)

    def answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        request = Request.from_event(event)
        api.context["request"] = request
        event = event | {"rawPath": redact(unquote(event["rawPath"]))}
        try:
            refuse_webhook(request)
            if event["rawPath"] not in _PUBLIC_PATHS:
                api.context["key"] = authenticate(request.credential)
            # As other routes read it: unpacked, and without keys.
            event |= {"body": _read_text(request) or None, "isBase64Encoded": False}
        except SigbridgeError as error:
            return _error_response(error, request).to_event()
        resolved: dict[str, Any] = api.resolve(event, context)
        resolved["headers"] = {**PRIVATE_HEADERS, **resolved["headers"]}
        # Powertools writes an absent body as null, which not every gateway takes.
        return {name: value for name, value in resolved.items() if value is not None}

    return observed(answer)


DevicesReader = Annotated[ApiKey, Permitted(Right.DEVICES_READ)]
DevicesWriter = Annotated[ApiKey, Permitted(Right.DEVICES_WRITE)]
TrafficReader = Annotated[ApiKey, Permitted(Right.TRAFFIC_READ)]
TrafficWriter = Annotated[ApiKey, Permitted(Right.TRAFFIC_UP_WRITE)]
KeysWriter = Annotated[ApiKey, Permitted(Right.KEYS_WRITE)]
SettingsWriter = Annotated[ApiKey, Permitted(Right.SETTINGS_WRITE)]
# A webhook is told all that its maker could read.
WebhooksWriter = Annotated[ApiKey, Permitted(Right.WEBHOOKS_WRITE, Right.TRAFFIC_READ)]
SigfoxWriter = Annotated[ApiKey, Permitted(Right.SIGFOX_WRITE)]
SigfoxImporter = Annotated[ApiKey, Permitted(Right.SIGFOX_WRITE, Right.DEVICES_WRITE)]
# Callbacks are given keys that may send messages.
SigfoxConnector = Annotated[ApiKey, Permitted(Right.SIGFOX_WRITE, Right.TRAFFIC_UP_WRITE)]
SigfoxDevicesWriter = Annotated[ApiKey, Permitted(Right.SIGFOX_WRITE, Right.DEVICES_WRITE)]

InSigfox = Annotated[
    bool,
    Query(
        description="Whether Sigfox is told too; the key must have the right `sigfox:write` besides, and the"
        " application be connected"
    ),
]


def management_api(*routers: Router) -> ManagementResolver:
    """Make the resolver of these routes."""
    api = ManagementResolver(_read_body)
    api.use(middlewares=[_refuse_unknown_query, _find_addressed_device])
    for router in routers:
        api.include_router(router)

    def respond(error: SigbridgeError) -> ResolvedResponse[str]:
        response = _error_response(error, api.context["request"])
        return ResolvedResponse(response.status, None, response.body, dict(response.headers))

    @api.exception_handler(SigbridgeError)  # type: ignore[untyped-decorator]
    def respond_to_error(error: SigbridgeError) -> ResolvedResponse[str]:
        return respond(error)

    @api.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]
    def respond_to_faults(error: RequestValidationError) -> ResolvedResponse[str]:
        return respond(InvalidInput.of([read_fault(found) for found in error.errors()]))

    @api.not_found
    def respond_to_unknown_route(_error: Exception) -> ResolvedResponse[str]:
        return respond(UnknownRoute("There is no such route"))

    return api


def _error_response(error: SigbridgeError, request: Request) -> Response:
    response = management_error(error, request.error_id)
    report(error, response.status, request.error_id)
    return response


def _read_body(text: str) -> Any:
    return read_json(text.encode(errors="surrogatepass"))


def _read_text(request: Request) -> str:
    try:
        return request.body.decode()
    except UnicodeDecodeError as failure:
        message = "The body is not UTF-8"
        raise InvalidInput(message) from failure


def _refuse_unknown_query(api: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Any:
    """A mistyped filter must not look as if it filtered."""
    request: Request = api.context["request"]
    known = {field.alias for field in api.context["_route"].dependant.query_params}
    unknown = [name for name in request.query if name not in known]
    if unknown:
        raise InvalidInput.of([Fault(name, _UNKNOWN) for name in unknown])
    return next_middleware(api)


def _find_addressed_device(api: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Any:
    """Call a route with the exact id of its path; where that is not listed, with the one without zeros."""
    variables = api.context["_route_args"]
    if "device_id" not in variables:
        return next_middleware(api)

    def call(device_id: str) -> Any:
        variables["device_id"] = device_id
        return next_middleware(api)

    return act_on_addressed(variables["device_id"], call)


def read_fault(found: Mapping[str, Any]) -> Fault:
    """Read an error of pydantic's: the path of the field, and what is wrong with it."""
    steps = found["loc"]
    if steps and steps[0] in _PARTS_OF_REQUESTS:
        steps = steps[1:]
    field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    message = _MESSAGES.get(found["type"], found["msg"].removeprefix("Value error, "))
    return Fault(field or "body", message)
