"""Prism, installed by npm into this folder, once for all tests of it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sigbridge.settings import settings, using
from sigbridge_local.processes import free_port
from sigfox_simulator.sigfox_api import SigfoxBackend, serve
from tests.contract.sigfox_api.reduction import DESCRIPTION
from tests.functional.conftest import (
    application,
    clock,
    formatter_function,
    invoke,
    key,
    known_accesses,
    management,
    sigfox_backend,
    sigfox_waits,
    table,
)
from tests.functional.sigfox_api import CREDENTIALS_PATH

__all__ = [
    "application",
    "clock",
    "formatter_function",
    "invoke",
    "key",
    "known_accesses",
    "management",
    "sigfox_backend",
    "sigfox_waits",
    "table",
]

HERE = Path(__file__).parent
_PROGRAM = HERE / "node_modules" / ".bin" / "prism"
_PATIENCE_S = 120


class Prism:
    """A proxy that answers itself what does not fit the description: 422 for a request, 500 for an answer.

    Attributes:
        url: Where it listens.
        provoked: How often a test had it find something.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.provoked = 0


@pytest.fixture(scope="session")
def program() -> Path:
    """Prism's program; npm installs what the lock file names, where that is not there yet."""
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            pytest.skip(f"Prism needs Node.js, and there is no `{needed}` on this machine")
    installed = HERE / "node_modules" / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr
    return _PROGRAM


@pytest.fixture(scope="session")
def sigfox_ports() -> tuple[int, int]:
    """The ports of Prism and of the API behind it."""
    return free_port(), free_port()


@pytest.fixture(scope="session")
def running_prism(
    program: Path, sigfox_ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prism]:
    """Prism in front of a port of this machine until all tests are over; it must have found nothing then."""
    port, behind = sigfox_ports
    log = tmp_path_factory.mktemp("prism") / "prism.log"
    command = [str(program), "proxy", str(DESCRIPTION), f"http://127.0.0.1:{behind}/v2"]
    command += ["--errors", "--host", "127.0.0.1", "--port", str(port), "--verboseLevel", "warn"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603
    prism = Prism(port)
    try:
        _wait_for(port, process, log)
        yield prism
    finally:
        process.terminate()
        process.wait()
    findings = [line for line in log.read_text().splitlines() if "terminated with error" in line]
    assert len(findings) == prism.provoked, findings


@pytest.fixture
def prism(
    running_prism: Prism, sigfox_ports: tuple[int, int], sigfox_backend: SigfoxBackend
) -> Iterator[Prism]:
    """Prism in front of `sigfox_backend`, which is Sigfox's API for the program."""
    with serve(sigfox_backend, sigfox_ports[1]):
        sigfox_backend.pages.base_url = running_prism.url
        program = replace(settings(), sigfox_api_url=running_prism.url, credentials_path=CREDENTIALS_PATH)
        with using(program):
            yield running_prism


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    ends_at = time.monotonic() + _PATIENCE_S
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends_at, log.read_text()
            time.sleep(0.1)
        else:
            return
