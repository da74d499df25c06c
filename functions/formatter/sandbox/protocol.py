"""The event that the function takes, and its answer.

The event of version 1; each script comes once, whatever the number of its calls:

    {
      "version": 1,
      "budget_ms": 1500,                                # optional: time of all calls, if less than 10 s
      "scripts": [{"id": "climate@3", "application": "demo", "source": "function decodeUplink(input) {…}"}],
      "calls": [
        {
          "script": "climate@3",
          "function": "decodeUplink",                   # or another `Function`
          "input": {
            "bytes": [23, 1, 44],
            "fPort": 1,
            "recvTime": "2026-01-02T03:04:05.678Z",     # a Date for the script
            "variables": {"interval": "15"},            # ChirpStack's third argument
            "device": {"id": "1A2B", "type": "climate", "tags": {"site": "north"}, "parameters": {}},
            "radio": {"rssi": -110.0, "seqNumber": 17}
          }
        },
        {"script": "climate@3", "function": "encodeDownlink", "input": {"data": {"interval": 15}}},
        {"script": "climate@3", "function": "check"}
      ]
    }

The answer has a result for each call, in the order of the calls:

    {
      "version": 1,
      "results": [
        {"data": {"t": 21.5}, "warnings": [], "errors": [], "normalized": [], "logs": ["…"], "cpu_ms": 0.4},
        {"data": {"bytes": [15]}, "warnings": [], "errors": [], "normalized": [], "logs": [], "cpu_ms": 0.4},
        {"error": {"kind": "script_error", "message": "…", "line": 3, "column": 9}, "logs": [], "cpu_ms": 0.2}
      ]
    }

`errors` are the script's own, and leave `data` null. An `error` says why there is no result. Of its kinds
`later` and `timeout` deserve another try: a machine under load may cause a time-out too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

_VERSION = 1


class InvalidRequestError(ValueError):
    """The event does not have the form that this module describes."""


class Function(StrEnum):
    """What can be asked of a script, by the names of The Things Stack's contract.

    A script that has another contract is known by its form: `Decoder` and `Encoder` of The Things Network,
    `Decode` and `Encode` of ChirpStack, and TagoIO's payload parsers, which change the global `payload`.
    """

    DECODE_UPLINK = "decodeUplink"
    NORMALIZE_UPLINK = "normalizeUplink"
    ENCODE_DOWNLINK = "encodeDownlink"
    DECODE_DOWNLINK = "decodeDownlink"
    # Returns the bytes of the downlink that answers an uplink, or null.
    ANSWER_UPLINK = "answerUplink"
    # Parses the script without running it; `data` tells the functions it declares.
    CHECK = "check"


class FailureKind(StrEnum):
    """Why a call has no result."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    STACK = "stack"
    TOO_LARGE = "too_large"
    SCRIPT_ERROR = "script_error"
    NO_FUNCTION = "no_function"
    BAD_RESULT = "bad_result"
    CRASHED = "crashed"
    SUSPENDED = "suspended"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call has no result, in words for the script's author, and where in the script it was."""

    kind: FailureKind
    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """What a script returned.

    Attributes:
        data: An object of a decoder, a list of items of a payload parser, `{"bytes": […], "fPort": …}` of an
            encoder, null where there is nothing to answer.
        warnings: The script's warnings.
        errors: The script's errors.
        normalized: Measurements in The Things Stack's normalized form.
    """

    data: Mapping[str, Any] | Sequence[Any] | None
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()
    normalized: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call.

    Attributes:
        outcome: What the script returned, or why it did not.
        logs: What it wrote to its console.
        cpu_ms: Processor time that it took, where it is known.
    """

    outcome: Output | Failure
    logs: Sequence[str] = ()
    cpu_ms: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the result as the answer has it."""
        said = {field.name: getattr(self.outcome, field.name) for field in fields(self.outcome)}
        outcome = {"error": said} if isinstance(self.outcome, Failure) else said
        return outcome | {"logs": self.logs, "cpu_ms": self.cpu_ms}


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the application that it belongs to."""

    id: str
    application: str
    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one function of a script."""

    script: Script
    function: Function
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """The calls of an invocation, and the time for all of them where there is less than usual."""

    calls: Sequence[Call]
    budget_s: float | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read an event.

        Raises:
            InvalidRequestError: It has another version, lacks something, or names what there is not.
        """
        if event.get("version") != _VERSION:
            message = f"the event's version is not {_VERSION}"
            raise InvalidRequestError(message)
        try:
            scripts = {
                script["id"]: Script(script["id"], script["application"], script["source"])
                for script in event["scripts"]
            }
            calls = [
                Call(scripts[call["script"]], Function(call["function"]), call.get("input", {}))
                for call in event["calls"]
            ]
        except (KeyError, ValueError) as fault:
            message = f"the event lacks something, or names what there is not: {fault}"
            raise InvalidRequestError(message) from fault
        budget_ms = event.get("budget_ms")
        return cls(calls, None if budget_ms is None else budget_ms / 1000)


def answer(results: Sequence[Result]) -> dict[str, Any]:
    """Return the function's answer."""
    return {"version": _VERSION, "results": [result.to_json() for result in results]}
