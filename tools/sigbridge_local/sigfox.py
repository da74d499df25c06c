"""The simulated Sigfox, whose API the local stack calls: one Python process."""

import json
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass

from sigbridge_local.emulator import isolated_environment
from sigbridge_local.places import SIGFOX_FILE, SIGFOX_LOG
from sigbridge_local.processes import Process, free_port, start_in_background, wait_until_ready

_START_S = 20


@dataclass(frozen=True, slots=True)
class SimulatedSigfox:
    """A simulated Sigfox that was started here.

    Attributes:
        process: Its process.
        port: The local port it listens on.
    """

    process: Process
    port: int

    @property
    def url(self) -> str:
        """Its address: the API is below `/v2`, what is played on it below `/simulator`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """The base URL of its REST API."""
        return f"{self.url}/v2"


def start_sigfox() -> SimulatedSigfox:
    """Start one on a port that is free, and wait until it answers.

    Raises:
        LocalStackError: It ends or stays silent.
    """
    stop_sigfox()
    port = free_port()
    command = [sys.executable, "-m", "sigfox_simulator.sigfox_api", str(port)]
    sigfox = SimulatedSigfox(start_in_background(command, isolated_environment(), SIGFOX_LOG), port)
    SIGFOX_FILE.write_text(json.dumps(asdict(sigfox)))
    try:
        wait_until_ready(
            sigfox.process, lambda: _listens(sigfox.port), "the simulated Sigfox", SIGFOX_LOG, _START_S
        )
    except BaseException:
        stop_sigfox()
        raise
    return sigfox


def stop_sigfox() -> None:
    """End the one that an earlier command started, if it still runs."""
    with suppress(FileNotFoundError):
        kept = json.loads(SIGFOX_FILE.read_text())
        Process(**kept["process"]).stop()
    SIGFOX_FILE.unlink(missing_ok=True)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
