"""The command line `python -m sigfox_simulator`."""

import asyncio
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, NoReturn

import httpx
import typer

from sigbridge_local.failures import LocalStackError
from sigbridge_local.functions import invoke
from sigbridge_local.progress import console, errors
from sigbridge_local.stack import Stack, bring_up, running_stack, take_down
from sigfox_simulator.clock import RealWall
from sigfox_simulator.courier import TIMEOUT_S
from sigfox_simulator.failures import SimulationError
from sigfox_simulator.fates import Patience
from sigfox_simulator.report import ProgressView, show_outcome, show_scenario
from sigfox_simulator.scenario import Scenario, Target
from sigfox_simulator.simulation import Outcome, simulate

# The local stack trusts it as a webhook's host, and takes it for another than its own, 127.0.0.1.
_LOOPBACK = "localhost"
_TIMEKEEPER = "EveryMinuteFunction"
_ACKNOWLEDGE_WAIT = "AcknowledgeWaitSeconds"
_SHORTEST_ACKNOWLEDGE_WAIT_S = 10
_DEVICES_A_SECOND_OF_WAIT = 10
# Its schedule runs every minute.
_LAG_S, _LAG_OF_A_LOCAL_STACK_S = 90, 5

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run(
    devices: Annotated[int, typer.Option(min=1, help="Devices of the fleet.")] = 50,
    minutes: Annotated[float, typer.Option(min=1, help="Simulated minutes during which they transmit.")] = 10,
    scale: Annotated[float, typer.Option(min=1, help="Simulated seconds in a real one.")] = 10,
    faults: Annotated[
        float, typer.Option(min=0, max=0.9, help="Fraction of deliveries that something happens to.")
    ] = 0.2,
    seed: Annotated[
        int | None, typer.Option(help="Decides what is left to chance.", show_default="another one each time")
    ] = None,
    quota: Annotated[int, typer.Option(min=0, help="Downlinks of a device on a simulated day.")] = 4,
    at_once: Annotated[int, typer.Option(min=1, max=100, help="Requests under way at the same time.")] = 8,
    base_url: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_BASE_URL",
            help="Base URL of a bundle on AWS.",
            show_default="the local stack",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            envvar="SIGBRIDGE_KEY",
            help="With --base-url: a key for callbacks, queues, reading, and devices:write.",
        ),
    ] = None,
    application: Annotated[str, typer.Option(help="With --base-url: whose key it is.")] = "demo",
    acknowledge_wait: Annotated[
        float,
        typer.Option(
            min=_SHORTEST_ACKNOWLEDGE_WAIT_S,
            help="AcknowledgeWaitSeconds of a bundle that is up; one that is brought up has a short one.",
        ),
    ] = 600,
    port: Annotated[
        int,
        typer.Option(min=1, max=65535, envvar="SIGBRIDGE_PORT", help="Port of a stack that is brought up."),
    ] = 4566,
) -> None:
    """Simulate Sigfox Cloud, its devices and a customer, and check every promise of the bundle.

    Against the local stack that is up, else one that is brought up and taken down again. Exit code 1
    where a promise was broken.
    """
    scenario = Scenario(
        devices=devices,
        minutes=minutes,
        scale=scale,
        faults=faults,
        seed=secrets.randbelow(1_000_000) if seed is None else seed,
        daily_quota=quota,
        at_once=at_once,
    )
    if base_url is not None:
        if key is None:
            message = "--base-url needs --key"
            raise SimulationError(message)
        broken = _run(scenario, _remote_target(base_url, application, key, acknowledge_wait))
    else:
        with _local_target(port, acknowledge_wait, scenario) as target:
            broken = _run(scenario, target)
    sys.exit(1 if broken else 0)


def main() -> None:
    """Run the command line; a failure is one line and a non-zero exit code."""
    signal.signal(signal.SIGTERM, _end)
    stopped_by: list[str] = []
    try:
        app()
    except* (LocalStackError, SimulationError) as failures:
        stopped_by = list(_reasons(failures))
    if stopped_by:
        errors.print(f"error: {stopped_by[0]}", markup=False)
        sys.exit(1)


def _reasons(failures: BaseExceptionGroup[BaseException]) -> Iterator[str]:
    for failure in failures.exceptions:
        if isinstance(failure, BaseExceptionGroup):
            yield from _reasons(failure)
        else:
            yield str(failure)


def _run(scenario: Scenario, target: Target) -> bool:
    show_scenario(console, scenario)
    outcome = asyncio.run(_simulate(scenario, target))
    show_outcome(console, outcome)
    return bool(outcome.violations)


async def _simulate(scenario: Scenario, target: Target) -> Outcome:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=scenario.at_once)
    client = httpx.AsyncClient(
        base_url=target.base_url, timeout=2 * TIMEOUT_S, limits=limits, trust_env=False
    )
    view = ProgressView(console)
    async with client:
        with view.shown():
            return await simulate(scenario, target, client, RealWall(), view)


def _remote_target(base_url: str, application: str, key: str, acknowledge_wait_s: float) -> Target:
    return Target(base_url.rstrip("/"), application, key, Patience(acknowledge_wait_s, _LAG_S))


@contextmanager
def _local_target(port: int, acknowledge_wait_s: float, scenario: Scenario) -> Iterator[Target]:
    stack = running_stack()
    if stack is not None:
        yield _target_of(stack, acknowledge_wait_s)
        return
    # A large fleet slows simulated time down, so that acknowledgements come later in real time.
    own_wait_s = max(_SHORTEST_ACKNOWLEDGE_WAIT_S, scenario.devices // _DEVICES_A_SECOND_OF_WAIT)
    stack = bring_up(port, {_ACKNOWLEDGE_WAIT: str(own_wait_s)})
    try:
        yield _target_of(stack, own_wait_s)
    finally:
        _let_nothing_interrupt()
        take_down()


def _target_of(stack: Stack, acknowledge_wait_s: float) -> Target:
    async def keep_time() -> None:
        # What it can't end now it ends the next time, on AWS a minute later.
        with suppress(LocalStackError):
            await asyncio.to_thread(invoke, stack, _TIMEKEEPER)

    return Target(
        base_url=stack.base_url,
        application_id=stack.application_id,
        key=stack.key,
        patience=Patience(acknowledge_wait_s, _LAG_OF_A_LOCAL_STACK_S),
        keep_time=keep_time,
        receiver_host=_LOOPBACK,
        sigfox_url=stack.sigfox_url,
    )


def _end(_signal: int, _frame: object) -> NoReturn:
    # `make` passes on the signal that it got, so that it comes twice.
    _let_nothing_interrupt()
    sys.exit(143)


def _let_nothing_interrupt() -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
