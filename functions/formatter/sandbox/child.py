"""The process that runs scripts: of one application, with nothing but two pipes, until it is killed."""

import os
import resource
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NoReturn

from sandbox.engine import CallFailed, Execution, Source
from sandbox.frames import PipeClosedError, read_frame, write_frame
from sandbox.limits import Limits
from sandbox.protocol import Function

_LARGEST_FRAME = 64 * 1024 * 1024


def run_child(requests: int, results: int) -> NoReturn:
    """Confine this process, then run the calls that come through a pipe until it is closed.

    The first message holds the limits and the scripts, each other one a call.
    """
    status = 1
    try:
        close_all_but(requests, results)
        opening = read_frame(requests, _LARGEST_FRAME)
        limits = Limits(**opening["limits"])
        confine(limits)
        sources = {script: Source.of(text) for script, text in opening["sources"].items()}
        while True:
            write_frame(results, _run(read_frame(requests, _LARGEST_FRAME), sources, limits))
    except PipeClosedError:
        status = 0
    finally:
        # Never back to the code that forked.
        os._exit(status)


def _run(call: dict[str, Any], sources: Mapping[str, Source], limits: Limits) -> dict[str, Any]:
    execution = Execution(sources[call["script"]], limits)
    try:
        outcome: dict[str, Any] = {"text": execution.call(Function(call["function"]), call["input"])}
    except CallFailed as failed:
        outcome = {"failure": asdict(failed.failure)}
    return outcome | {"logs": execution.logs(), "cpu_ms": round(execution.cpu_s * 1000, 3)}


def close_all_but(*kept: int) -> None:
    """Close every descriptor but these."""
    start = 0
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def confine(limits: Limits) -> None:
    """Take from this process, for good, what whoever escapes from the engine could use."""
    seconds = int(limits.invocation_s) + 1
    for kind, most in (
        (resource.RLIMIT_AS, limits.process_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        # No further descriptor: no file, no socket, no pipe.
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (most, most))
