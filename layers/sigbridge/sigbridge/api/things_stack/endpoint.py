"""What every Lambda function of a route of The Things Stack's API does: most of its routes name a device."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.endpoint import LambdaHandler, endpoint
from sigbridge.api.http.request import Request
from sigbridge.api.http.response import Response
from sigbridge.api.things_stack.errors import queue_error
from sigbridge.api.things_stack.requests import AddressedDevice, addressed_device
from sigbridge.devices import act_on_addressed


def device_endpoint(handle: Callable[[Request, AddressedDevice], Response]) -> LambdaHandler:
    """Make a Lambda handler that gets the device of the path, and writes errors as The Things Stack does."""

    def handle_request(request: Request) -> Response:
        addressed = addressed_device(request)
        return act_on_addressed(
            addressed.device_id, lambda device_id: handle(request, replace(addressed, device_id=device_id))
        )

    return endpoint(handle_request, queue_error)


def application_endpoint(handle: Callable[[Request], Response]) -> LambdaHandler:
    """Make a Lambda handler of a path without a device, that writes errors as The Things Stack does."""
    return endpoint(handle, queue_error)


def routed(handlers: Mapping[str, LambdaHandler]) -> LambdaHandler:
    """Make a Lambda handler of those for each route, by API Gateway's route key."""

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return handlers[event["routeKey"]](event, context)

    return lambda_handler
