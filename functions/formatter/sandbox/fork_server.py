"""The process that children are forked from.

It is started anew, not forked from the function's own process, whose memory holds the credentials of its role
and the messages of every application: all that a child inherits is an interpreter.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]);"
    "from sandbox.fork_server import serve; serve(int(sys.argv[2]))"
)
_PR_SET_DUMPABLE = 4
_FORK = b"f"
_PROCESS_ID_BYTES = 4
_ANSWER_S = 5.0


def forbid_inspection() -> None:
    """Close this process's memory and environment to other processes of the same user."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Child:
    """A process that runs scripts.

    Attributes:
        process_id: Its id.
        requests: Pipe to write to it.
        results: Pipe to read from it.
    """

    process_id: int
    requests: int
    results: int

    def kill(self) -> None:
        """End it."""
        # The fork server keeps its id until it forks again, unless a child ended both.
        with suppress(ProcessLookupError):
            os.kill(self.process_id, signal.SIGKILL)
        os.close(self.requests)
        os.close(self.results)


class ForkServer:
    """Makes processes that run scripts, one at a time."""

    def __init__(self) -> None:
        self._start()

    @property
    def process_id(self) -> int:
        """The id of the process that forks."""
        return self._process.pid

    def fork(self) -> Child:
        """Return a new child; the one before it must have been killed.

        Raises:
            OSError: There is no new process.
        """
        try:
            return self._fork()
        except OSError:
            # It has been killed, maybe by a child, or does not answer.
            self._process.kill()
            self.close()
            self._start()
            return self._fork()

    def close(self) -> None:
        """End the process."""
        self._control.close()
        self._process.wait()

    def _fork(self) -> Child:
        child_requests, requests = os.pipe()
        results, child_results = os.pipe()
        os.set_blocking(requests, False)
        try:
            socket.send_fds(self._control, [_FORK], [child_requests, child_results])
            forked = self._control.recv(_PROCESS_ID_BYTES)
            if not forked:
                raise ConnectionAbortedError
        except OSError:
            os.close(requests)
            os.close(results)
            raise
        finally:
            os.close(child_requests)
            os.close(child_results)
        return Child(int.from_bytes(forked), requests, results)

    def _start(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-I", "-S", "-c", _START, json.dumps(sys.path), str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603
                command, env=_environment(os.environ), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        self._control.settimeout(_ANSWER_S)


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    # Where the interpreter finds its own library.
    return {name: own[name] for name in ("LD_LIBRARY_PATH",) if name in own}


def serve(control: int) -> NoReturn:
    """Fork a child for each pair of pipes that comes, until the function is gone."""
    from sandbox.child import run_child  # noqa: PLC0415 - the function's process never runs a script.

    os.environ.clear()
    forbid_inspection()
    child = 0
    with socket.socket(fileno=control) as asked:
        while True:
            message, pipes, _, _ = socket.recv_fds(asked, len(_FORK), 2)
            if child:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            if not message:
                sys.exit()
            child = os.fork()
            if child == 0:
                run_child(*pipes)
            for pipe in pipes:
                os.close(pipe)
            asked.send(child.to_bytes(_PROCESS_ID_BYTES))
