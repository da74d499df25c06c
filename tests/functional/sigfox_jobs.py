"""An application that is connected to Sigfox's API, and its jobs there, worked on as time passes."""

from collections.abc import Callable
from typing import Protocol

import pytest

from sigbridge.jobs import Job, JobKind, due_jobs, find_job, run_job
from sigbridge.provisioning import api_client
from sigbridge.provisioning.api_client import Credentials, Surroundings
from sigbridge.provisioning.changing import change_devices
from sigbridge.provisioning.connection import connect
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import CONTRACT, GROUP, LOGIN, PASSWORD

OTHER_TYPE = "type2"
PAC = "0123456789ABCDEF"


class Work(Protocol):
    """Works on a job, minute by minute, until it has ended."""

    def __call__(
        self, job_id: str, minutes: int = 60, meanwhile: Callable[[], None] | None = None
    ) -> Job: ...


@pytest.fixture
def connected(
    application: object,  # noqa: ARG001 - it must exist
    sigfox_backend: SigfoxBackend,
    sigfox_api_url: str,  # noqa: ARG001 - it is served
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The application is connected; what the client waits passes on the clock."""
    world = Surroundings(sleep=clock.wait, random=lambda: 0.5)
    monkeypatch.setattr(api_client, "Surroundings", lambda: world)
    sigfox_backend.add_device_type(GROUP, OTHER_TYPE, "Trackers", CONTRACT)
    connect("demo", Credentials(LOGIN, PASSWORD), GROUP, "https://api.example.com")
    sigfox_backend.requests.clear()


@pytest.fixture
def work(clock: Clock) -> Work:
    """Works on jobs that change devices."""

    def work(job_id: str, minutes: int = 60, meanwhile: Callable[[], None] | None = None) -> Job:
        for _ in range(minutes):
            for due in due_jobs(clock.now_ms):
                run_job(due, {JobKind.SIGFOX_CHANGE: change_devices}, clock.now_ms + 60_000)
            if meanwhile is not None:
                meanwhile()
            job = find_job("demo", job_id)
            if job.state.is_end:
                return job
            clock.wait(60)
        message = f"it has not ended: {job}"
        raise AssertionError(message)

    return work
