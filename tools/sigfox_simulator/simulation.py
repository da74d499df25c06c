"""One simulation, from its plan to its account."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx

from sigfox_simulator.account import Account, take_account
from sigfox_simulator.clock import Clock, Wall
from sigfox_simulator.cloud import SigfoxCloud
from sigfox_simulator.courier import Courier, Line
from sigfox_simulator.customer import Customer
from sigfox_simulator.devices import Device
from sigfox_simulator.downlink_checks import check_downlinks
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.faults import Faults
from sigfox_simulator.management_api import ManagementApi
from sigfox_simulator.outage import Outage, OutageOutcome
from sigfox_simulator.payload_checks import Reading, read_payloads
from sigfox_simulator.provisioning import provision
from sigfox_simulator.queue_api import QueueApi, effectless_requests
from sigfox_simulator.radio import Radio
from sigfox_simulator.readback import Readback, Reader
from sigfox_simulator.scenario import Plan, Scenario, Target, make_plan
from sigfox_simulator.truth import Truth
from sigfox_simulator.violations import Invariant, Violation
from sigfox_simulator.webhook_account import check_webhooks
from sigfox_simulator.webhooks import WebhookOutcome, Webhooks

_KEEPS_TIME_EVERY_S = 10
# A longer wait for acknowledgements than this is not waited for at the end.
_WAITED_FOR_S = 60
# Its history may lag far behind, but catches up all the time.
_SETTLES_WITHIN_S = 120
_LOOKS_EVERY_S = 2
_KNOWN_DEVICES_LOOKED_FOR = 5
_WARMING_ATTEMPTS = 12
_WARMED_AT_ONCE = 2


class Watch(Protocol):
    """Is told how far a simulation has come."""

    def warming_up(self) -> None:
        """The bundle is made to start."""
        ...

    def begin(self, messages: int) -> None:
        """It begins, with so many messages to come."""
        ...

    def message_done(self, simulated_s: float, requests: int) -> None:
        """A message and all its callbacks are done."""
        ...

    def settling(self, devices: int) -> None:
        """All is sent; the bundle has yet to come to rest with so many devices."""
        ...

    def awaiting_webhooks(self) -> None:
        """All is read; webhooks have yet to tell the rest."""
        ...

    def recovering(self) -> None:
        """The bundle fetches what Sigfox could not deliver."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation brought.

    Attributes:
        account: What was sent and what became of it.
        seconds: Real seconds until the last request of Sigfox or the customer.
        simulated_s: Simulated seconds.
        requests: Requests of Sigfox and the customer.
        webhooks: What the customer's webhooks were told.
        outage: What became of the messages that Sigfox could not deliver.
    """

    account: Account
    seconds: float
    simulated_s: float
    requests: int
    webhooks: WebhookOutcome
    outage: OutageOutcome

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Broken promises, those to webhooks among them."""
        lost = self.outage.account.violations if self.outage.account else ()
        return (*self.account.violations, *check_webhooks(self.webhooks.accounts), *lost)


async def simulate(
    scenario: Scenario, target: Target, client: httpx.AsyncClient, wall: Wall, watch: Watch
) -> Outcome:
    """Play a scenario against a bundle and check what came of it.

    Args:
        scenario: What is played.
        target: The bundle.
        client: Knows the bundle's base URL.
        wall: The real clock.
        watch: Is told how far it has come.

    Raises:
        SimulationError: The bundle is not there, or has devices of this seed already.
    """
    return await _Simulation(scenario, target, client, wall, watch).run()


class _Simulation:
    def __init__(
        self, scenario: Scenario, target: Target, client: httpx.AsyncClient, wall: Wall, watch: Watch
    ) -> None:
        self._scenario = scenario
        self._target = target
        self._wall = wall
        self._watch = watch
        self._plan = make_plan(scenario)
        self._truth = Truth.about(self._plan.fleet)
        self._clock = Clock(scenario.scale, wall)
        self._line = Line(client, self._clock, wall, scenario.at_once)
        self._queue_api = QueueApi(target.application_id, target.key)
        self._management = ManagementApi(target.key)
        self._reader = Reader(self._line, self._queue_api, self._management)
        self._webhooks = Webhooks(scenario, target, self._line, self._clock, wall)
        self._outage = Outage(scenario, target, self._line, wall)

    async def run(self) -> Outcome:
        self._watch.warming_up()
        await self._warm_up()
        await self._require_new_devices()
        await provision(self._line, self._management, self._plan.fleet)
        await self._outage.happen()
        async with self._webhooks.receiving():
            self._watch.begin(len(self._plan.messages))
            started, self._line.requests = self._wall.now(), 0
            await self._play(self._plan)
            seconds, requests = self._wall.now() - started, self._line.requests
            simulated_s = self._clock.now
            readback = await self._read_back([device for device in self._plan.fleet if device.bidirectional])
            account = take_account(self._truth, readback, self._target.patience)
            self._watch.awaiting_webhooks()
            webhooks = await self._webhooks.settle(self._truth, readback)
        self._watch.recovering()
        outage = await self._outage.recover()
        return Outcome(account, seconds, simulated_s, requests, webhooks, outage)

    async def _play(self, plan: Plan) -> None:
        faults = Faults(self._scenario.seed, self._scenario.faults)
        courier = Courier(self._line, self._clock, faults, self._truth)
        radio = Radio(self._scenario.daily_quota)
        cloud = SigfoxCloud(
            *(self._scenario.seed, self._target.key, self._clock, courier, faults, radio, self._truth)
        )
        nonce = int(self._wall.now()) % 2**32
        customer = Customer(self._line, self._queue_api, self._clock, self._truth, nonce)

        async def transmit(position: int) -> None:
            await cloud.transmit(plan.messages[position])
            self._watch.message_done(self._clock.now, self._line.requests)

        async with asyncio.TaskGroup() as background:
            running = [background.create_task(self._clock.run()), background.create_task(self._keep_time())]
            async with asyncio.TaskGroup() as events:
                for position in range(len(plan.messages)):
                    events.create_task(transmit(position))
                for notice in plan.notices:
                    events.create_task(cloud.notify(notice))
                for actions in plan.actions:
                    events.create_task(customer.work(actions))
            for task in running:
                task.cancel()

    async def _keep_time(self) -> None:
        never = asyncio.Event()
        while self._target.keep_time is not None:
            await self._target.keep_time()
            await self._wall.pause(_KEEPS_TIME_EVERY_S, never)

    async def _read_back(self, devices: Sequence[Device]) -> Readback:
        """Read everything once the bundle has come to rest, or go on no more on its way there."""
        readback = Readback()
        patience = self._target.patience
        if patience.acknowledge_wait_s <= _WAITED_FOR_S:
            await self._pause(patience.acknowledge_wait_s + patience.lag_s)
        give_up_at = self._wall.now() + _SETTLES_WITHIN_S
        while devices and self._wall.now() < give_up_at:
            self._watch.settling(len(devices))
            if self._target.keep_time is not None:
                await self._target.keep_time()
            await self._reader.read_lives(devices, readback)
            unsettled = [device for device in devices if self._is_unsettled(device, readback)]
            if len(unsettled) < len(devices):
                give_up_at = self._wall.now() + _SETTLES_WITHIN_S
            devices = unsettled
            if devices:
                await self._pause(_LOOKS_EVERY_S)
        # Lists show what was just received a second late.
        await self._pause(_LOOKS_EVERY_S)
        await self._read_messages(readback)
        return readback

    async def _read_messages(self, readback: Readback) -> None:
        """Read all messages; those of which payloads are not decoded again, as long as they become fewer."""
        devices: Sequence[Device] = self._plan.fleet
        before = len(self._plan.messages) + 1
        while devices:
            await self._reader.read_messages(devices, readback)
            undecoded = [self._undecoded(device, readback) for device in devices]
            fewer = sum(undecoded) < before
            before = sum(undecoded)
            devices = [device for device, count in zip(devices, undecoded, strict=True) if count and fewer]

    def _undecoded(self, device: Device, readback: Readback) -> int:
        shown = readback.messages[device.id], readback.values.get(device.id, {})
        return sum(each.reading is Reading.NONE for each in read_payloads(self._truth.of(device), *shown))

    def _is_unsettled(self, device: Device, readback: Readback) -> bool:
        found = check_downlinks(
            *(self._truth.of(device), readback.lives[device.id], self._target.patience),
            readback.read_at[device.id],
        )
        return any(violation.invariant is Invariant.I4 for violation in found)

    async def _pause(self, seconds: float) -> None:
        await self._wall.pause(seconds, asyncio.Event())

    async def _warm_up(self) -> None:
        """Send requests without effect, until the bundle is as awake as one in use.

        Raises:
            SimulationError: It does not answer.
        """
        for request in effectless_requests(self._queue_api, self._management, self._plan.fleet[0]):
            for _ in range(_WARMING_ATTEMPTS):
                sent = [self._line.send(request) for _ in range(_WARMED_AT_ONCE)]
                answers = [response for _, response in await asyncio.gather(*sent)]
                if None not in answers:
                    break
            else:
                message = (
                    f"the bundle at {self._target.base_url} does not answer {request.method} {request.target}"
                )
                raise SimulationError(message)

    async def _require_new_devices(self) -> None:
        devices = [device for device in self._plan.fleet if device.bidirectional]
        for device in devices[:_KNOWN_DEVICES_LOOKED_FOR]:
            if await self._reader.is_known(device):
                seed = self._scenario.seed
                message = f"the bundle knows device {device.id} already, choose another seed than {seed}"
                raise SimulationError(message)
