"""A child process as the function sees it: calls go in, results come out, a deadline ends it."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from sandbox.contract import read_output, well_formed
from sandbox.fork_server import Child, ForkServer
from sandbox.frames import BadFrameError, OverdueError, PipeClosedError, read_frame, write_frame
from sandbox.limits import Limits
from sandbox.protocol import Call, Failure, FailureKind, Result

_TIMEOUT = Failure(FailureKind.TIMEOUT, "the script takes too long")
_CRASHED = Failure(FailureKind.CRASHED, "the script brought down the process that ran it")
# As JSON inside JSON a character of a result takes at most so many, two escaped halves; logs take some more.
_BYTES_A_CHARACTER = 12
_BYTES_BESIDE = 128 * 1024


class Sandbox:
    """Runs the scripts of one application, in a process that is made anew after a call that ended it."""

    def __init__(self, fork_server: ForkServer, sources: Mapping[str, str], limits: Limits) -> None:
        self._fork_server = fork_server
        self._opening = {"limits": asdict(limits), "sources": dict(sources)}
        self._limits = limits
        self._longest_frame = limits.result_bytes * _BYTES_A_CHARACTER + _BYTES_BESIDE
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def run(self, call: Call) -> Result:
        """Make a call and return what came of it, whatever the script does.

        Raises:
            OSError: There is no process to run it in.
        """
        try:
            child = self._child or self._begin()
            ends_at = time.monotonic() + self._limits.wall_s
            asked = {"script": call.script.id, "function": call.function, "input": call.input}
            write_frame(child.requests, asked, ends_at)
            return self._read_result(call, read_frame(child.results, self._longest_frame, ends_at))
        except OverdueError:
            self._end()
            return Result(_TIMEOUT)
        except (PipeClosedError, BadFrameError):
            self._end()
            return Result(_CRASHED)

    def _begin(self) -> Child:
        self._child = self._fork_server.fork()
        write_frame(self._child.requests, self._opening, time.monotonic() + self._limits.wall_s)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _read_result(self, call: Call, written: Any) -> Result:
        """Read what the child wrote: whoever escaped from the engine may have written anything."""
        match written:
            case {"text": str() | None as text, "logs": list() as logs, "cpu_ms": float() as cpu_ms}:
                outcome = read_output(call.function, text, self._limits)
            case {
                "failure": {
                    "kind": str() as kind,
                    "message": str() as message,
                    "line": line,
                    "column": column,
                },
                "logs": list() as logs,
                "cpu_ms": float() as cpu_ms,
            } if kind in FailureKind:
                outcome = Failure(FailureKind(kind), message, line, column)
            case _:
                raise BadFrameError
        return Result(outcome, [well_formed(str(line)) for line in logs], cpu_ms)
