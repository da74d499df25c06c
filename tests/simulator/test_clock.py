"""Simulated time."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigfox_simulator.clock import Clock
from tests.simulator.fake_bundle import START, FakeWall

scales = st.floats(1, 1000)


async def passing(clock: Clock, *doings: "asyncio._CoroutineLike[None]") -> None:
    """Makes time pass until everything is done."""
    async with asyncio.TaskGroup() as background:
        running = background.create_task(clock.run())
        async with asyncio.TaskGroup() as group:
            for doing in doings:
                group.create_task(doing)
        running.cancel()


@given(st.lists(st.floats(0, 1000), min_size=1), scales)
def test_everybody_wakes_at_the_moment_in_order(moments: list[float], scale: float) -> None:
    wall = FakeWall()
    clock = Clock(scale, wall)
    woken: list[float] = []

    async def sleep(moment: float) -> None:
        await clock.until(moment)
        assert clock.now == pytest.approx(moment, abs=0.01)
        woken.append(moment)

    asyncio.run(passing(clock, *map(sleep, moments)))

    assert woken == sorted(moments)
    assert wall.now() - START == pytest.approx(max(moments) / scale, rel=0.01, abs=0.1)


@given(scales, st.floats(0, 100))
def test_time_waits_for_a_request_however_slow_it_is(scale: float, at_most: float) -> None:
    wall = FakeWall()
    clock = Clock(scale, wall)
    seen: list[float] = []

    async def request() -> None:
        await clock.until(10)
        with clock.held(at_most):
            for _ in range(20):
                wall.advance(5)
                seen.append(clock.now)
                await asyncio.sleep(0)

    async def other() -> None:
        await clock.until(1000)

    asyncio.run(passing(clock, request(), other()))

    assert all(10 <= moment <= 10 + at_most + 0.01 for moment in seen)
    assert seen == sorted(seen)


def test_epoch_seconds_begin_now_and_run_ahead() -> None:
    wall = FakeWall()
    clock = Clock(10, wall)
    epochs: list[int] = []

    async def look() -> None:
        for moment in (0, 60, 600):
            await clock.until(moment)
            epochs.append(clock.epoch())

    asyncio.run(passing(clock, look()))

    assert [epoch - START for epoch in epochs] == [0, 60, 600]
    assert wall.now() - START == pytest.approx(60)


def test_epoch_seconds_never_fall_behind_the_real_clock() -> None:
    wall = FakeWall()
    clock = Clock(10, wall)

    async def slow() -> None:
        with clock.held(1):
            wall.advance(100)
        behind = clock.epoch()
        await clock.until(clock.now + 60)
        assert behind == START + 100
        assert clock.epoch() == START + 160

    asyncio.run(passing(clock, slow()))


def test_time_passes_only_while_it_runs() -> None:
    wall = FakeWall()
    clock = Clock(10, wall)

    async def wait() -> None:
        await clock.until(60)

    wall.advance(1000)
    assert clock.now == 0
    asyncio.run(passing(clock, wait()))
    wall.advance(1000)
    assert clock.now == pytest.approx(60, abs=0.01)
    assert wall.now() - START == pytest.approx(2006)
