"""Callbacks brought to the bundle as Sigfox Cloud does it: in 10 s or again (reference, 2.4)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from sigfox_simulator.clock import Clock, Wall
from sigfox_simulator.faults import DeliveryFault, Faults
from sigfox_simulator.services import Service
from sigfox_simulator.templates import HttpRequest
from sigfox_simulator.truth import Delivery, Span, Transmission, Truth

TIMEOUT_S = 10
RETRIES_AFTER_S = (60, 120, 240)


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback that is due.

    Attributes:
        service: What for.
        request: What is sent, the same at every attempt.
        transmissions: The messages it tells of, in the order of its lines.
        info_code: What an ACKNOWLEDGE says.
    """

    service: Service
    request: HttpRequest
    transmissions: tuple[Transmission, ...] = ()
    info_code: int | None = None


class Line:
    """The way to the bundle: a bounded number of requests at once, and time that waits for them.

    Args:
        client: Knows the base URL.
        clock: Simulated time, held while a request is under way.
        wall: Real time.
        at_once: Requests under way at the same time.

    Attributes:
        requests: How many were sent so far.
    """

    def __init__(self, client: httpx.AsyncClient, clock: Clock, wall: Wall, at_once: int) -> None:
        self._client = client
        self._clock = clock
        self._wall = wall
        self._free = asyncio.Semaphore(at_once)
        self.requests = 0

    def now(self) -> float:
        """Real time, epoch seconds."""
        return self._wall.now()

    async def send(self, request: HttpRequest) -> tuple[Span, httpx.Response | None]:
        """Send one request; no response after Sigfox's timeout of real time or a broken connection."""
        with self._clock.held(1):
            await self._free.acquire()
        try:
            with self._clock.held(TIMEOUT_S):
                self.requests += 1
                sent = self._wall.now()
                response = await self._send(request)
                return Span(sent, self._wall.now()), response
        finally:
            self._free.release()

    async def _send(self, request: HttpRequest) -> httpx.Response | None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._client.request(
                    request.method, request.target, headers=request.headers, content=request.body
                )
        except (TimeoutError, httpx.TransportError):
            return None


class Courier:
    """Brings callbacks, with faults on the way.

    Args:
        line: The way to the bundle.
        clock: Simulated time.
        faults: What goes wrong.
        truth: Where everything is written down.
    """

    def __init__(self, line: Line, clock: Clock, faults: Faults, truth: Truth) -> None:
        self._line = line
        self._clock = clock
        self._faults = faults
        self._truth = truth

    async def bring(self, callback: Callback, first: asyncio.Future[Delivery | None] | None = None) -> None:
        """Bring a callback, and again until it succeeds or the attempts are used up.

        Args:
            callback: The callback.
            first: Is told what Sigfox hears at the first attempt; None for no success.
        """
        refused: Delivery | None = None
        for attempt, pause in enumerate((*RETRIES_AFTER_S, None)):
            fault = self._fault(callback, attempt)
            deliveries = await self._attempt(callback, attempt, fault)
            for delivery in deliveries:
                self._truth.record(delivery)
            heard = _heard(deliveries, fault)
            if first is not None and not first.done():
                first.set_result(heard)
            if heard is not None:
                return
            refused = next((d for d in deliveries if not d.accepted), refused)
            if pause is not None:
                waits_in_vain = TIMEOUT_S if fault is DeliveryFault.ANSWER_SLOW else 0
                await self._clock.until(self._clock.now + waits_in_vain + pause)
        self._give_up(callback, refused)

    def _fault(self, callback: Callback, attempt: int) -> DeliveryFault | None:
        if not callback.transmissions:
            return None
        return self._faults.of_delivery(callback.service, callback.transmissions[0].message, attempt)

    async def _attempt(self, callback: Callback, attempt: int, fault: DeliveryFault | None) -> list[Delivery]:
        if fault is DeliveryFault.REQUEST_LOST:
            self._truth.requests_lost += 1
            return []
        times = 1
        if fault is DeliveryFault.REPEATED_AT_ONCE:
            message = callback.transmissions[0].message
            times = self._faults.at_once(callback.service, message, attempt)
        return await asyncio.gather(*(self._deliver(callback, attempt, fault) for _ in range(times)))

    async def _deliver(self, callback: Callback, attempt: int, fault: DeliveryFault | None) -> Delivery:
        span, response = await self._line.send(callback.request)
        return Delivery(
            service=callback.service,
            transmissions=callback.transmissions,
            attempt=attempt,
            span=span,
            status=None if response is None else response.status_code,
            content=b"" if response is None else response.content,
            fault=fault,
            info_code=callback.info_code,
        )

    def _give_up(self, callback: Callback, refused: Delivery | None) -> None:
        if refused is None:
            self._truth.never_delivered += 1
            return
        about = ", ".join(map(str, callback.transmissions)) or callback.request.body.decode()
        status = "no answer" if refused.status is None else refused.status
        answer = refused.content.decode(errors="replace")
        self._truth.given_up.append(f"{callback.service} of {about}: {status} {answer}".strip())


def _heard(deliveries: Sequence[Delivery], fault: DeliveryFault | None) -> Delivery | None:
    if fault in {DeliveryFault.ANSWER_LOST, DeliveryFault.ANSWER_SLOW}:
        return None
    successes = [delivery for delivery in deliveries if delivery.accepted]
    return min(successes, key=lambda delivery: delivery.span.received, default=None)
