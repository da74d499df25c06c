"""`python -m sigfox_simulator.sigfox_api PORT`: Sigfox's API on this machine until it is ended."""

import signal
import sys
import time

from sigfox_simulator.sigfox_api.backend import SigfoxBackend
from sigfox_simulator.sigfox_api.example import add_example
from sigfox_simulator.sigfox_api.server import serve


def main() -> None:
    """Serve a backend that has the example."""
    backend = SigfoxBackend(lambda: time.time_ns() // 1_000_000)
    add_example(backend)
    with serve(backend, int(sys.argv[1])):
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
