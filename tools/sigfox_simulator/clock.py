"""Simulated time. It runs faster than the real one, and waits for a bundle that can't keep pace."""

import asyncio
import heapq
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import NoReturn, Protocol

# A task that was woken needs a few turns of the event loop until its request holds the clock.
_TURNS_TO_START = 4
# Epoch seconds are no finer than that as numbers.
_PRECISION_S = 0.001


class Wall(Protocol):
    """The real clock, the one that hangs on the wall."""

    def now(self) -> float:
        """Epoch seconds."""
        ...

    async def pause(self, seconds: float, unless: asyncio.Event) -> None:
        """Wait for some time, or until the event is set."""
        ...


class RealWall:
    """The machine's own clock."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    async def pause(self, seconds: float, unless: asyncio.Event) -> None:
        """Wait for some time, or until the event is set."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await unless.wait()


class Clock:
    """Simulated seconds since the start of the simulation.

    While a request waits for its answer, the clock is held: it does not pass the moment until which the
    answer may take its time. So an answer that comes late in simulated time came late indeed.

    Args:
        scale: Simulated seconds in a real one.
        wall: The real clock.
    """

    def __init__(self, scale: float, wall: Wall) -> None:
        self._scale = scale
        self._wall = wall
        self._epoch = wall.now()
        self._anchor = (0.0, wall.now())
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._holds: dict[int, float] = {}
        self._changed = asyncio.Event()
        self._runs = False

    @property
    def now(self) -> float:
        """The present moment; time stands still while nobody lets it `run`."""
        simulated, real = self._anchor
        if not self._runs:
            return simulated
        running = simulated + (self._wall.now() - real) * self._scale
        next_stop = min((self._sleepers[0][0] if self._sleepers else running, self._earliest_hold(), running))
        return max(simulated, next_stop)

    def epoch(self) -> int:
        """The present moment in epoch seconds, as callbacks carry it.

        It starts at the real present moment. Should the simulation fall behind the real clock, it leaps:
        the bundle would take every message for late.
        """
        self._epoch = max(self._epoch, self._wall.now() - self.now)
        return int(self._epoch + self.now)

    async def until(self, moment: float) -> None:
        """Wait until a moment has come."""
        self._set_anchor()
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (max(moment, self.now), next(self._numbers), sleeper))
        self._changed.set()
        await sleeper

    @contextmanager
    def held(self, at_most: float) -> Iterator[None]:
        """Keep the clock from passing the moment this many seconds from now, while the block runs."""
        self._set_anchor()
        number = next(self._numbers)
        self._holds[number] = self.now + at_most
        try:
            yield
        finally:
            self._set_anchor()
            del self._holds[number]
            self._changed.set()

    async def run(self) -> None:
        """Make time pass, from the real present moment on; to be cancelled when nobody waits any more."""
        self._anchor = (self.now, self._wall.now())
        self._epoch = max(self._epoch, self._wall.now() - self.now)
        self._runs = True
        try:
            await self._run()
        finally:
            self._anchor = (self.now, self._wall.now())
            self._runs = False

    async def _run(self) -> NoReturn:
        while True:
            for _ in range(_TURNS_TO_START):
                await asyncio.sleep(0)
            self._changed.clear()
            if not self._sleepers or self._sleepers[0][0] > self._earliest_hold():
                await self._changed.wait()
                continue
            moment = self._sleepers[0][0]
            missing = moment - self.now
            if missing > _PRECISION_S:
                await self._wall.pause(missing / self._scale, self._changed)
                continue
            self._anchor = (moment, self._wall.now())
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    def _set_anchor(self) -> None:
        self._anchor = (self.now, self._wall.now())

    def _earliest_hold(self) -> float:
        return min(self._holds.values(), default=float("inf"))
