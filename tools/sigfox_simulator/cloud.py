"""Sigfox Cloud: from a device's transmission to everything that is called back for it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from sigfox_simulator.answers import answers_in
from sigfox_simulator.clock import Clock
from sigfox_simulator.courier import Callback, Courier
from sigfox_simulator.dice import dice
from sigfox_simulator.faults import AcknowledgeFault, Faults
from sigfox_simulator.radio import InfoCode, Radio, Report
from sigfox_simulator.schedule import Message, Notice
from sigfox_simulator.services import Service
from sigfox_simulator.templates import BatchTemplate, Variables
from sigfox_simulator.truth import Delivery, Transmission, Truth

_BATCH_S = 1
# Times after the transmission (reference, 1.1).
_ADVANCED_AFTER_S = 27
_ACKNOWLEDGED_AFTER_S = 35
_AGAIN_AFTER_S = 3
_AFTER_NEXT_MESSAGE_S = 5
_LATE_BY_S, _LATE_STEP_S = 60, 120
_BATCH_PATH = "/uplink/batch"

# What Sigfox hears at the first attempt, when that is over.
type _First = asyncio.Future[Delivery | None]


@dataclass(frozen=True, slots=True)
class _Line:
    transmission: Transmission
    variables: Variables
    first: _First


class SigfoxCloud:
    """Calls the bundle back for every message.

    Args:
        seed: Decides small differences in time.
        key: The bundle's key that its callbacks show.
        clock: Simulated time.
        courier: Brings the callbacks.
        faults: What goes wrong.
        radio: Transmits the answers.
        truth: Where everything is written down.
    """

    def __init__(
        self,
        seed: int,
        key: str,
        clock: Clock,
        courier: Courier,
        faults: Faults,
        radio: Radio,
        truth: Truth,
    ) -> None:
        self._seed = seed
        self._key = key
        self._clock = clock
        self._courier = courier
        self._faults = faults
        self._radio = radio
        self._truth = truth
        self._started = clock.epoch()
        self._late_ones: dict[str, count[int]] = defaultdict(lambda: count(1))
        self._batches: dict[tuple[str, Service], list[_Line]] = {}

    async def transmit(self, message: Message) -> None:
        """Play one message: returns when the last of its callbacks has been brought or given up."""
        await self._clock.until(message.at)
        transmission = self._transmission(message)
        self._truth.of(message.device).transmissions.append(transmission)
        async with asyncio.TaskGroup() as callbacks:
            first: _First = asyncio.get_running_loop().create_future()
            callbacks.create_task(self._call(transmission, first))
            callbacks.create_task(self._call_advanced(transmission))
            if message.asks:
                callbacks.create_task(self._acknowledge(transmission, first))

    async def notify(self, notice: Notice) -> None:
        """Play one STATUS, ERROR or EVENT."""
        await self._clock.until(notice.at)
        device = notice.device
        variables = {"device": device.spelling, "time": str(self._clock.epoch()), **notice.variables}
        request = device.configuration.of_service(notice.service).fill(
            notice.service.path, variables, self._key
        )
        await self._courier.bring(Callback(notice.service, request))

    def _transmission(self, message: Message) -> Transmission:
        if not self._faults.is_late(message):
            return Transmission(message, self._clock.epoch())
        # Simulated time runs ahead, so that the bundle would take a repeat for early. Its clock is
        # the real one: this message is dated before the simulation, each one further back.
        back = _LATE_BY_S + _LATE_STEP_S * next(self._late_ones[message.device.id])
        return Transmission(message, self._started - back, late=True)

    async def _call(self, transmission: Transmission, first: _First) -> None:
        message = transmission.message
        variables = _variables(transmission)
        match message.device.configuration.of_messages(message.service):
            case BatchTemplate() as template:
                await self._gather(template, transmission, variables, first)
            case template:
                request = template.fill(message.service.path, variables, self._key)
                await self._courier.bring(Callback(message.service, request, (transmission,)), first)

    async def _gather(
        self, template: BatchTemplate, transmission: Transmission, variables: Variables, first: _First
    ) -> None:
        """Add a line to the batch of this second; the first one sends it when the second is over."""
        service = transmission.message.service
        name = (transmission.message.device.configuration.name, service)
        line = _Line(transmission, variables, first)
        if name in self._batches:
            self._batches[name].append(line)
            return
        batch = self._batches[name] = [line]
        await self._clock.until(self._clock.now + _BATCH_S)
        del self._batches[name]
        path = _BATCH_PATH if service is Service.UPLINK else service.path
        request = template.fill(path, [line.variables for line in batch], self._key)
        heard: _First = asyncio.get_running_loop().create_future()
        heard.add_done_callback(partial(_tell_lines, batch))
        transmissions = tuple(line.transmission for line in batch)
        await self._courier.bring(Callback(service, request, transmissions), heard)

    async def _call_advanced(self, transmission: Transmission) -> None:
        message = transmission.message
        throw = dice(self._seed, "advanced", message.device.id, message.number)
        await self._clock.until(message.at + _ADVANCED_AFTER_S + throw.uniform(-2, 3))
        template = message.device.configuration.data_advanced
        request = template.fill(Service.DATA_ADVANCED.path, _variables(transmission), self._key)
        await self._courier.bring(Callback(Service.DATA_ADVANCED, request, (transmission,)))

    async def _acknowledge(self, transmission: Transmission, first: _First) -> None:
        message = transmission.message
        fault = self._faults.of_acknowledge(message)
        data = _heard_data(transmission, await first)
        report = self._radio.transmit(message.device.id, transmission.time, data)
        if fault is AcknowledgeFault.LOST:
            return
        throw = dice(self._seed, "acknowledged", message.device.id, message.number)
        moment = message.at + _ACKNOWLEDGED_AFTER_S + throw.uniform(-1, 2)
        time = transmission.time + _ACKNOWLEDGED_AFTER_S + throw.randint(-1, 2)
        if fault is AcknowledgeFault.LATE:
            moment = max(moment, message.next_at or 0) + _AFTER_NEXT_MESSAGE_S
        codes: tuple[int, ...] = (report.info_code,)
        if fault is AcknowledgeFault.TWICE:
            codes = (report.info_code, report.info_code)
        elif fault is AcknowledgeFault.OTHER_CODE and report.info_code == InfoCode.ACKED:
            codes = self._faults.other_codes(message)
        async with asyncio.TaskGroup() as reports:
            for position, code in enumerate(codes):
                one = Report(code, report.overusage)
                reports.create_task(self._report(transmission, moment + position * _AGAIN_AFTER_S, time, one))

    async def _report(self, transmission: Transmission, moment: float, time: int, report: Report) -> None:
        await self._clock.until(moment)
        device = transmission.message.device
        variables = report.variables | {"device": device.spelling, "time": str(time)}
        request = device.configuration.acknowledge.fill(Service.ACKNOWLEDGE.path, variables, self._key)
        await self._courier.bring(Callback(Service.ACKNOWLEDGE, request, (transmission,), report.info_code))


def _tell_lines(batch: Sequence[_Line], heard: _First) -> None:
    for line in batch:
        line.first.set_result(heard.result())


def _variables(transmission: Transmission) -> Variables:
    message = transmission.message
    return {
        **message.radio,
        "device": message.device.spelling,
        "time": str(transmission.time),
        "data": message.payload,
        "seqNumber": str(message.seq_number),
        "ack": "true" if message.asks else "false",
    }


def _heard_data(transmission: Transmission, heard: Delivery | None) -> str | None:
    if heard is None:
        return None
    return next((a.data for a in answers_in(heard) if a.transmission is transmission), None)
