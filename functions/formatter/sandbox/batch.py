"""All calls of an invocation, within its time and the length of its answer."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sandbox.fork_server import ForkServer
from sandbox.limits import LIMITS, Limits
from sandbox.process import Sandbox
from sandbox.protocol import Call, Failure, FailureKind, Request, Result, Script

_LATER = Result(Failure(FailureKind.LATER, "there was no time left for this call"))
_SUSPENDED = Result(Failure(FailureKind.SUSPENDED, "the script took too long too often"))


def run_batch(
    request: Request,
    fork_server: ForkServer,
    limits: Limits = LIMITS,
    now: Callable[[], float] = time.monotonic,
) -> Sequence[Result]:
    """Make the calls of a request, and return the result of each in their order.

    A process serves one application. What there is no time or no room for comes back as `later`.
    """
    budget = _Budget(request.budget_s, limits, now)
    results: dict[int, Result] = {}
    for calls in _by_application(request.calls):
        sources = {call.script.id: call.script.source for call in calls.values()}
        with Sandbox(fork_server, sources, limits) as sandbox:
            for index, call in calls.items():
                results[index] = budget.spend(call.script, partial(sandbox.run, call))
    return [results[index] for index in range(len(request.calls))]


def _by_application(calls: Sequence[Call]) -> Sequence[Mapping[int, Call]]:
    """Return the calls of each application, by their place in the request."""
    found: dict[str, dict[int, Call]] = {}
    for index, call in enumerate(calls):
        found.setdefault(call.script.application, {})[index] = call
    return [*found.values()]


class _Budget:
    """What is left for further calls."""

    def __init__(self, budget_s: float | None, limits: Limits, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._ends_at = now() + min(limits.invocation_s, budget_s or limits.invocation_s)
        self._bytes_left = limits.answer_bytes
        self._timeouts: Counter[str] = Counter()

    def spend(self, script: Script, run: Callable[[], Result]) -> Result:
        """Make a call of a script if there is room for it, and return its result or why it was not made."""
        limits = self._limits
        length = len(script.source.encode(errors="replace"))
        if length > limits.source_bytes:
            message = f"the script has {length} bytes, of {limits.source_bytes} allowed"
            return Result(Failure(FailureKind.TOO_LARGE, message))
        if self._timeouts[script.id] >= limits.timeouts:
            return _SUSPENDED
        if self._now() + limits.wall_s > self._ends_at:
            return _LATER
        result = run()
        if isinstance(result.outcome, Failure) and result.outcome.kind is FailureKind.TIMEOUT:
            self._timeouts[script.id] += 1
        self._bytes_left -= len(json.dumps(result.to_json()))
        return result if self._bytes_left >= 0 else _LATER
