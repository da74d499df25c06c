"""What the bundle's owner sets up before devices send: formatters, device types, and the devices of those."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from sigfox_simulator.courier import Line
from sigfox_simulator.devices import Device
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.management_api import ManagementApi
from sigfox_simulator.templates import HttpRequest

_ATTEMPTS = 5


async def provision(line: Line, management: ManagementApi, fleet: Sequence[Device]) -> None:
    """Set up what reads the payloads of a fleet.

    Raises:
        SimulationError: The bundle refuses something, or does not answer.
    """
    formatted = [(device, device.payloads) for device in fleet if device.payloads is not None]
    for payloads in {payloads.id: payloads for _, payloads in formatted}.values():
        await _have_done(line, management.put_formatter(payloads))
        await _have_done(line, management.create_type(payloads))
    async with asyncio.TaskGroup() as registrations:
        for device, payloads in formatted:
            registrations.create_task(_have_done(line, management.create_device(device, payloads)))


async def _have_done(line: Line, request: HttpRequest) -> None:
    for _ in range(_ATTEMPTS):
        _, response = await line.send(request)
        if response is not None and not response.is_server_error:
            break
    else:
        message = f"the bundle does not answer {request.method} {request.target}"
        raise SimulationError(message)
    # It is there already, of an earlier simulation or of an attempt whose answer was lost.
    if not response.is_success and response.status_code != HTTPStatus.CONFLICT:
        message = f"{request.method} {request.target} was answered {response.status_code} {response.text}"
        raise SimulationError(message)
