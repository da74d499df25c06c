"""Calls of JavaScript formatters, which a function of its own runs.

The forms of its event and answer are described in functions/formatter/sandbox/protocol.py.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sigbridge import clock
from sigbridge.aws.invocation import InvocationRefused, invoke
from sigbridge.settings import settings

_VERSION = 1
# Lambda takes 6 MB.
_LARGEST_EVENT_BYTES = 5_000_000
_MOST_CALLS = 1_000
# Whoever asks has a minute at most, and an invocation that is begun may take a quarter of it.
_BEGUN_WITHIN_MS = 5_000
# Each length of time has a client of its own.
_STEP_MS = 100
# Of the time for an invocation this much is for its way there and back.
_ON_THE_WAY_MS = 300
# Beside that a call may take half a second, and is not begun with less.
SHORTEST_BUDGET_MS = _ON_THE_WAY_MS + 500 + _STEP_MS


# Kinds of failures of calls that no script was asked to answer.
NOT_RUN = frozenset({"later", "unavailable"})
_WORTH_ANOTHER_TRY = NOT_RUN | {"suspended", "timeout"}


class ScriptFunction(StrEnum):
    """What can be asked of a script."""

    DECODE_UPLINK = "decodeUplink"
    ENCODE_DOWNLINK = "encodeDownlink"
    DECODE_DOWNLINK = "decodeDownlink"
    NORMALIZE_UPLINK = "normalizeUplink"
    ANSWER_UPLINK = "answerUplink"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Script:
    """A script of an application.

    Attributes:
        application_id: Whose it is: no other application's scripts run in its process.
        digest: Of its source.
        source: JavaScript.
    """

    application_id: str
    digest: str
    source: str


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """A call of a script."""

    script: Script
    function: ScriptFunction
    input: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScriptFailure:
    """Why a call has no result.

    Attributes:
        kind: Such as `timeout`; `unavailable` where the function could not be asked.
        message: For the script's author.
        line, column: Where in the script, from 1, where that is known.
    """

    kind: str
    message: str
    line: int | None = None
    column: int | None = None

    @property
    def is_final(self) -> bool:
        """Whether another try would end in the same way."""
        return self.kind not in _WORTH_ANOTHER_TRY

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}, column {self.column}: "
        return f"{place}{self.message}"


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """What came of a call.

    Attributes:
        data: What the script returned: an object, a list of items, or None.
        warnings, errors: The script's own.
        normalized: Measurements in The Things Stack's normalized form.
        failure: Why there is no result; None where there is one.
        logs: What the script wrote to its console.
        cpu_ms: Processor time that it took, where that is known.
    """

    data: Any = None
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    normalized: tuple[Mapping[str, Any], ...] = ()
    failure: ScriptFailure | None = None
    logs: tuple[str, ...] = ()
    cpu_ms: float | None = None


_LATER = ScriptResult(failure=ScriptFailure("later", "There was no time left for this call"))


def run_scripts(calls: Sequence[ScriptCall], budget_ms: int | None = None) -> list[ScriptResult]:
    """Make calls and return their results in the order of the calls; a call that fails fails alone.

    Args:
        calls: The calls.
        budget_ms: Time for those of one invocation, until their results are there, where it is less than
            that function's ten seconds; at least `SHORTEST_BUDGET_MS`.
    """
    results: list[ScriptResult] = []
    begun_until_ms = clock.now_ms() + _BEGUN_WITHIN_MS
    for some in _divided(calls):
        is_late = clock.now_ms() > begun_until_ms
        results += [_LATER] * len(some) if is_late else _run(some, budget_ms)
    return results


def _run(calls: Sequence[ScriptCall], budget_ms: int | None) -> list[ScriptResult]:
    scripts = {_id_of(call.script): call.script for call in calls}
    event = {
        "version": _VERSION,
        "scripts": [
            {"id": id_, "application": script.application_id, "source": script.source}
            for id_, script in scripts.items()
        ],
        "calls": [
            {"script": _id_of(call.script), "function": call.function, "input": call.input} for call in calls
        ],
    }
    waiting: dict[str, int] = {}
    if budget_ms is not None:
        wait_ms = budget_ms // _STEP_MS * _STEP_MS
        event["budget_ms"] = wait_ms - _ON_THE_WAY_MS
        waiting = {"wait_ms": wait_ms}
    try:
        answer = invoke(settings().formatter_function, event, **waiting)
        results = [_read(result) for result in answer["results"]]
    except InvocationRefused as refused:
        return [_unavailable(refused.message)] * len(calls)
    except (LookupError, TypeError, ValueError):
        results = []
    if len(results) != len(calls):
        return [_unavailable("The function that runs scripts answered something else")] * len(calls)
    return results


def _id_of(script: Script) -> str:
    # Two applications may have the same source, and never a process together.
    return f"{script.application_id}/{script.digest}"


def _unavailable(reason: str) -> ScriptResult:
    return ScriptResult(failure=ScriptFailure("unavailable", reason))


def _divided(calls: Sequence[ScriptCall]) -> Iterator[Sequence[ScriptCall]]:
    """Divide calls into those of one invocation each."""
    some: list[ScriptCall] = []
    known: set[str] = set()
    size = 0
    for call in calls:
        weight = len(json.dumps(call.input)) + 200
        if _id_of(call.script) not in known:
            weight += len(json.dumps(call.script.source))
        if some and (size + weight > _LARGEST_EVENT_BYTES or len(some) == _MOST_CALLS):
            yield some
            some, known, size = [], set(), 0
        some.append(call)
        known.add(_id_of(call.script))
        size += weight
    if some:
        yield some


def _read(result: Mapping[str, Any]) -> ScriptResult:
    logs, cpu_ms = tuple(result["logs"]), result["cpu_ms"]
    if "error" in result:
        return ScriptResult(failure=ScriptFailure(**result["error"]), logs=logs, cpu_ms=cpu_ms)
    return ScriptResult(
        data=result["data"],
        warnings=tuple(result["warnings"]),
        errors=tuple(result["errors"]),
        normalized=tuple(result["normalized"]),
        logs=logs,
        cpu_ms=cpu_ms,
    )
