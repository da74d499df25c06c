"""Starting and stopping programs without ever touching somebody else's."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigbridge_local.failures import LocalStackError
from sigbridge_local.places import ROOT, shown


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started here, told from a later one of the same number by its start time.

    Attributes:
        pid: Its number, also that of its group.
        started: Clock ticks between the machine's start and its own.
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """Describe the process of a number, or None where none runs."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, started = fields[0], int(fields[19])
        return None if state in "ZX" else cls(pid, started)

    def is_running(self) -> bool:
        """Return whether this very process still runs."""
        return Process.of(self.pid) == self

    def stop(self, patience_s: float = 10) -> None:
        """Ask it to end; end it and its children by force when it does not."""
        if not self.is_running():
            return
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while self.is_running():
            if time.monotonic() > deadline:
                os.killpg(self.pid, signal.SIGKILL)
                return
            time.sleep(0.05)


def start_in_background(
    command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path = ROOT
) -> Process:
    """Start a program that outlives this one, in a process group of its own.

    Raises:
        LocalStackError: It could not be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    process = Process.of(child.pid)
    if process is None:
        message = f"'{command[0]}' ended at once, see {shown(log)}"
        raise LocalStackError(message)
    return process


def run_logged(command: Sequence[str], env: Mapping[str, str], log: Path, failure: str) -> None:
    """Run a program to its end with its output in a file.

    Raises:
        LocalStackError: It failed; the message is `failure`, the output's last lines and where the rest is.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if done.returncode != 0:
        message = f"{failure}: {last_words(log)} (all of it: {shown(log)})"
        raise LocalStackError(message)


def last_words(log: Path) -> str:
    """The last line of a log that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def wait_until_ready(
    process: Process, answers: Callable[[], bool], name: str, log: Path, within_s: int
) -> None:
    """Wait until a process that was just started answers.

    Args:
        process: The process.
        answers: Asks it once.
        name: What it is called in messages.
        log: Where its output is.
        within_s: How long to wait.

    Raises:
        LocalStackError: It ends or stays silent.
    """
    deadline = time.monotonic() + within_s
    while not answers():
        if not process.is_running():
            message = f"{name} ended: {last_words(log)} (all of it: {shown(log)})"
            raise LocalStackError(message)
        if time.monotonic() > deadline:
            message = f"{name} did not answer within {within_s} s, see {shown(log)}"
            raise LocalStackError(message)
        time.sleep(0.1)


def is_port_free(port: int) -> bool:
    """Return whether a local TCP port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A local TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
