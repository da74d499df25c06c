"""What every Lambda function does around its one sentence."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.credentials import ApiKey, Right, authenticate
from sigbridge.errors import InvalidInput, SigbridgeError
from sigbridge.model.webhook import HOP_HEADER
from sigbridge.telemetry import flush_counts, logger, metrics

_HOP_HEADER = HOP_HEADER.lower()

type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
type Handle = Callable[[Request], Response]
type ErrorResponse = Callable[[SigbridgeError, str], Response]


def endpoint(handle: Handle, error_response: ErrorResponse) -> LambdaHandler:
    """Make a Lambda handler.

    Args:
        handle: Answers a request.
        error_response: Makes the response to a request that failed, whose log line has this id.
    """

    def answer(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        request = Request.from_event(event)
        try:
            refuse_webhook(request)
            response = handle(request)
        except SigbridgeError as error:
            response = error_response(error, request.error_id)
            report(error, response.status, request.error_id)
        return response.to_event()

    return observed(answer)


def refuse_webhook(request: Request) -> None:
    """Refuse what a webhook sends: it would make an event that the webhook is told of again, and so on.

    Raises:
        InvalidInput: A webhook sent the request.
    """
    webhook_id = request.headers.get(_HOP_HEADER)
    if webhook_id is not None:
        message = f"The webhook '{webhook_id[:40]}' calls Sigbridge itself; give it another URL"
        raise InvalidInput(message)


def authorize(request: Request, right: Right) -> ApiKey:
    """Return the key of a request, which must be good and have this right.

    Raises:
        Unauthenticated: The request does not show a good key.
        InsufficientRights: The key lacks the right.
    """
    key = authenticate(request.credential)
    key.require(right)
    return key


def authorize_for(application_id: str, request: Request, right: Right) -> ApiKey:
    """Return the key of a request, which must be good, of this application, and have this right.

    Raises:
        Unauthenticated: The request does not show a good key.
        OtherApplication: The key is another application's.
        InsufficientRights: The key lacks the right.
    """
    key = authenticate(request.credential)
    key.require_application(application_id)
    key.require(right)
    return key


def observed(answer: LambdaHandler) -> LambdaHandler:
    """Make a Lambda handler whose log lines and metrics name the request."""

    @logger.inject_lambda_context
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        request_id = event["requestContext"]["requestId"]
        logger.set_correlation_id(request_id)
        try:
            return answer(event, context)
        finally:
            metrics.add_metadata("correlation_id", request_id)
            flush_counts()

    return lambda_handler


def report(error: SigbridgeError, status: int, error_id: str) -> None:
    """Log an error that a caller gets."""
    kind = type(error).__name__
    if status >= 500:
        logger.error(error.message, error=kind, error_id=error_id, status=status)
    else:
        logger.warning(error.message, error=kind, error_id=error_id, status=status)
