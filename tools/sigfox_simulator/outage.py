"""An outage of two hours: Sigfox can't deliver, and the bundle fetches afterwards what was lost.

It lies before the simulation: its messages are of the hours before, so that nobody waits for them.
"""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx

from sigfox_simulator.clock import Wall
from sigfox_simulator.courier import Line
from sigfox_simulator.devices import Device, make_fleet
from sigfox_simulator.dice import dice
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.management_api import ManagementApi
from sigfox_simulator.outage_account import LostDownlinks, OutageAccount, SentMessage, take_outage_account
from sigfox_simulator.queue_api import QueueApi, QueueItem
from sigfox_simulator.readback import Readback, Reader
from sigfox_simulator.scenario import Scenario, Target
from sigfox_simulator.sigfox_api import example
from sigfox_simulator.templates import HttpRequest

_DEVICES = 2
_EVERY_S = 1_200
_HOUR_S = 3_600
# Before the simulation, in seconds: when the devices begin to send, and when the outage is.
_BEGINS_AGO, _OUTAGE_AGO = 4 * _HOUR_S, (3 * _HOUR_S, 1 * _HOUR_S)
_ATTEMPTS = 5
_RECOVERED_WITHIN_S = 120
_LOOKS_EVERY_S = 2
_ENDED = {"done", "failed", "cancelled"}
_WITHOUT_DOWNLINKS = 2


@dataclass(frozen=True, slots=True)
class OutageOutcome:
    """What became of the outage.

    Attributes:
        account: What was lost, and what of it came back; None for no outage.
        skipped: Why there was none.
    """

    account: OutageAccount | None = None
    skipped: str = ""


class Outage:
    """Plays an outage against a bundle that calls a simulated Sigfox's API.

    Args:
        scenario: Its seed decides which devices there are.
        target: The bundle.
        line: The way to it.
        wall: The real clock.
    """

    def __init__(self, scenario: Scenario, target: Target, line: Line, wall: Wall) -> None:
        self._seed = scenario.seed
        self._target = target
        self._line = line
        self._wall = wall
        self._management = ManagementApi(target.key)
        self._queue_api = QueueApi(target.application_id, target.key)
        fleet = make_fleet(dice(scenario.seed, "outage").getrandbits(32), _DEVICES)
        self._fleet = [replace(device, payloads=None) for device in fleet]
        self._sent: list[SentMessage] = []
        self._downlinks: dict[str, LostDownlinks] = {}

    async def happen(self) -> None:
        """Connect the bundle, and have devices send before, during and after the outage.

        Raises:
            SimulationError: The bundle or the simulated Sigfox refuses something.
        """
        if self._target.sigfox_url is None:
            return
        async with httpx.AsyncClient(base_url=self._target.sigfox_url, timeout=60, trust_env=False) as sigfox:
            type_id = await self._make_devices(sigfox)
            await self._connect(type_id)
            for device in self._fleet:
                await self._send(sigfox, device)

    async def recover(self) -> OutageOutcome:
        """Have the bundle fetch what was lost, twice, and take account.

        Raises:
            SimulationError: It refuses to, or does not come to an end.
        """
        if self._target.sigfox_url is None:
            return OutageOutcome(skipped="the bundle calls no simulated Sigfox")
        for _ in range(2):
            await self._recover()
        readback = Readback()
        reader = Reader(self._line, self._queue_api, self._management)
        await reader.read_messages(self._fleet, readback)
        await reader.read_lives(self._fleet, readback)
        return OutageOutcome(take_outage_account(self._sent, self._downlinks, readback))

    async def _make_devices(self, sigfox: httpx.AsyncClient) -> str:
        type_id = f"{dice(self._seed, 'outage type').getrandbits(96):024x}"
        await _play(
            *(sigfox, "add_device_type"),
            group_id=example.GROUP_ID,
            id_=type_id,
            name=f"Simulation {self._seed}",
            contract_id=example.CONTRACT_ID,
            downlink_mode=_WITHOUT_DOWNLINKS,
        )
        for device in self._fleet:
            await _play(sigfox, "add_device", device_type_id=type_id, id_=device.id, pac=example.PAC)
        return type_id

    async def _connect(self, type_id: str) -> None:
        credentials = {"login": example.LOGIN, "password": example.PASSWORD, "group_id": example.GROUP_ID}
        await self._ask(self._management.connect_to_sigfox(credentials))
        await self._ask(self._management.connect_sigfox_type(type_id))

    async def _send(self, sigfox: httpx.AsyncClient, device: Device) -> None:
        """Have a device send for hours, and its last downlink acknowledged in vain."""
        now = int(self._wall.now())
        begin, end = (now - ago for ago in _OUTAGE_AGO)
        moments = range(now - _BEGINS_AGO, now, _EVERY_S)
        for number, moment in enumerate(moments, start=1):
            lost = begin <= moment < end
            message = SentMessage(device.id, moment, number, f"{number:04x}", lost)
            await self._transmit(sigfox, message)
        # The device is known by now, and none of what is recovered later may claim the second one.
        items = [QueueItem(digit * 16) for digit in "12"]
        pushed = await self._ask(self._queue_api.push(device, items))
        now = int(self._wall.now())
        await self._transmit(sigfox, SentMessage(device.id, now, len(moments) + 1, "ffff", is_lost=False))
        await _play(sigfox, "acknowledge", device_id=device.id, outage=True)
        ids = pushed.headers["X-Downlink-Ids"].split(",")
        self._downlinks[device.id] = LostDownlinks(sent=ids[0], queued=ids[1])

    async def _transmit(self, sigfox: httpx.AsyncClient, message: SentMessage) -> None:
        self._sent.append(message)
        await _play(
            *(sigfox, "transmit"),
            device_id=message.device_id,
            data=message.payload,
            time=message.time,
            seq_number=message.seq_number,
            ack=True,
            outage=message.is_lost,
        )

    async def _recover(self) -> None:
        job = (await self._ask(self._management.recover())).json()
        give_up_at = self._wall.now() + _RECOVERED_WITHIN_S
        while job["state"] not in _ENDED:
            if self._wall.now() > give_up_at:
                message = f"the recovery has not ended after {_RECOVERED_WITHIN_S} s"
                raise SimulationError(message)
            if self._target.keep_time is not None:
                await self._target.keep_time()
            await self._wall.pause(_LOOKS_EVERY_S, asyncio.Event())
            job = (await self._ask(self._management.job(job["id"]))).json()
        if job["state"] != "done":
            message = f"the recovery has failed: {job['progress']['problems']}"
            raise SimulationError(message)

    async def _ask(self, request: HttpRequest) -> httpx.Response:
        for _ in range(_ATTEMPTS):
            _, response = await self._line.send(request)
            if response is not None and not response.is_server_error:
                break
        else:
            message = f"the bundle does not answer {request.method} {request.target}"
            raise SimulationError(message)
        if not response.is_success:
            message = f"{request.method} {request.target} was answered {response.status_code} {response.text}"
            raise SimulationError(message)
        return response


async def _play(sigfox: httpx.AsyncClient, act: str, **arguments: Any) -> None:
    answer = await sigfox.post(f"/simulator/{act}", json=arguments)
    if answer.status_code != HTTPStatus.OK:
        message = f"the simulated Sigfox answered {act} with {answer.status_code} {answer.text}"
        raise SimulationError(message)
