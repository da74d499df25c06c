"""How the simulated cloud calls the bundle: when, how often, with what."""

import asyncio
from collections import defaultdict
from itertools import pairwise

import httpx
import pytest

from sigfox_simulator.account import CallbackCount
from sigfox_simulator.clock import Clock
from sigfox_simulator.courier import Callback, Courier, Line
from sigfox_simulator.faults import Faults
from sigfox_simulator.scenario import Scenario
from sigfox_simulator.services import Service
from sigfox_simulator.simulation import Outcome
from sigfox_simulator.templates import HttpRequest
from sigfox_simulator.truth import Delivery, Truth
from tests.simulator.fake_bundle import FakeBundle, FakeWall, simulated
from tests.simulator.test_clock import passing

CALLBACK = Callback(Service.STATUS, HttpRequest("POST", "/sigfox/status", {"Authorization": "key"}, b"{}"))


def brought(statuses: list[int]) -> tuple[list[float], list[bytes], Delivery | None, Truth]:
    """Brings one callback that is answered so, and tells when it was sent, what, and what Sigfox heard."""
    wall, truth = FakeWall(), Truth.about([])
    clock = Clock(10, wall)
    moments: list[float] = []
    bodies: list[bytes] = []
    heard: list[Delivery | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moments.append(clock.now)
        bodies.append(request.content)
        status = statuses[min(len(moments), len(statuses)) - 1]
        if status == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(status)

    async def bring() -> None:
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(answer), base_url="https://bundle"
        ) as client:
            courier = Courier(Line(client, clock, wall, 4), clock, Faults(1, 0), truth)
            first: asyncio.Future[Delivery | None] = asyncio.get_running_loop().create_future()
            await courier.bring(CALLBACK, first)
            heard.append(await first)

    asyncio.run(passing(clock, bring()))
    return moments, bodies, heard[0], truth


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 302, 0])
def test_whatever_is_not_answered_2xx_is_repeated_after_1_2_and_4_minutes(status: int) -> None:
    moments, bodies, heard, truth = brought([status])

    assert [later - earlier for earlier, later in pairwise(moments)] == pytest.approx([60, 120, 240], abs=1)
    assert set(bodies) == {b"{}"}
    assert heard is None
    assert len(truth.given_up) == 1
    assert [delivery.attempt for delivery in truth.deliveries] == [0, 1, 2, 3]


@pytest.mark.parametrize("status", [200, 204])
def test_whatever_is_answered_2xx_is_not_repeated(status: int) -> None:
    moments, _, heard, truth = brought([status])

    assert len(moments) == 1
    assert heard is not None
    assert truth.given_up == []


def test_a_repeat_can_succeed_but_the_radio_hears_the_first_attempt_alone() -> None:
    moments, _, heard, truth = brought([503, 200])

    assert len(moments) == 2
    assert heard is None
    assert truth.given_up == []


@pytest.fixture(scope="module")
def busy() -> tuple[FakeBundle, Outcome]:
    """A simulation with many faults."""
    bundle = FakeBundle(FakeWall())
    return bundle, simulated(bundle, Scenario(devices=40, seed=5, faults=0.5))


def test_a_repeat_has_the_same_body(busy: tuple[FakeBundle, Outcome]) -> None:
    bundle, outcome = busy
    sent: dict[tuple[str, str], int] = defaultdict(int)
    for request in bundle.requests:
        if request.url.path == "/downlink" and request.content != b"{}":
            sent[request.url.query.decode(), request.content.decode()] += 1

    repeats = sum(times - 1 for times in sent.values())
    assert repeats > 50
    assert outcome.account.callbacks[Service.BIDIR].repeated == repeats


def test_every_service_is_called(busy: tuple[FakeBundle, Outcome]) -> None:
    assert all(count.accepted > 0 for count in busy[1].account.callbacks.values())


def test_without_faults_every_callback_comes_once() -> None:
    account = simulated(FakeBundle(FakeWall()), Scenario(devices=20, faults=0)).account

    assert account.requests_lost == account.never_delivered == account.late == 0
    for count in account.callbacks.values():
        assert count == CallbackCount(count.requests, count.requests, 0)
    assert account.callbacks[Service.DATA_ADVANCED].requests == account.messages_sent
