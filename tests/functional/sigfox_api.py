"""Sigfox's REST API for tests: a backend with a group and what belongs to it, served on this machine."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sigbridge.settings import settings, using
from sigfox_simulator.sigfox_api import SigfoxBackend, serve
from tests.contract.sigfox_api.judge import violations
from tests.functional.played_device import Clock

GROUP, CONTRACT, DEVICE_TYPE = "group1", "contract1", "type1"
LOGIN, PASSWORD = "login", "password"
CREDENTIALS_PATH = "/sigbridge/sigbridge-test"


@pytest.fixture
def sigfox_backend(clock: Clock) -> Iterator[SigfoxBackend]:
    """Sigfox's backend, whose clock is the program's: a group with a contract and a device type.

    In the end nothing may have been asked of it that is not in Sigfox's description.
    """
    backend = SigfoxBackend(lambda: clock.now_ms, users={LOGIN: PASSWORD}, judge=violations)
    backend.add_group(GROUP, "Farms")
    backend.add_contract(GROUP, CONTRACT, "Platinum")
    backend.add_device_type(GROUP, DEVICE_TYPE, "Weather stations", CONTRACT)
    yield backend
    assert backend.violations == []


@pytest.fixture
def sigfox_waits(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for Sigfox's API makes time pass instead."""

    class Time:
        @staticmethod
        def sleep(seconds: float) -> None:
            clock.wait(seconds)

    monkeypatch.setattr("sigbridge.provisioning.api_client.time", Time)


@pytest.fixture
def sigfox_api_url(
    sigfox_backend: SigfoxBackend,
    table: str,  # noqa: ARG001 - its AWS account
    sigfox_waits: None,  # noqa: ARG001
) -> Iterator[str]:
    """The base URL of that backend's API, which is Sigfox's for the program, too."""
    with serve(sigfox_backend) as url:
        program = replace(settings(), sigfox_api_url=url, credentials_path=CREDENTIALS_PATH)
        with using(program):
            yield url
