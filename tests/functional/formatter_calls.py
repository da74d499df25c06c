"""Calls of the function `formatter`."""

import json
from collections.abc import Mapping
from typing import Any

from tests.functional.lambdas import Context, handler

INPUT = {"bytes": [9, 42, 90], "fPort": 1, "recvTime": "2026-01-02T03:04:05.678Z"}
GOOD_SCRIPT = "function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }"

type Outcome = dict[str, Any]


def script(source: str, script_id: str = "script@1", application: str = "demo") -> dict[str, str]:
    """A script as an event has it."""
    return {"id": script_id, "application": application, "source": source}


def call(
    function: str = "decodeUplink", script_id: str = "script@1", **script_input: object
) -> dict[str, Any]:
    """A call as an event has it, with `INPUT` as far as nothing else is said."""
    return {"script": script_id, "function": function, "input": INPUT | script_input}


def invoke(scripts: list[dict[str, str]], calls: list[dict[str, Any]], **beside: object) -> list[Outcome]:
    """Invoke the function, and return its results."""
    lambda_handler: Any = handler("formatter")
    event = {"version": 1, "scripts": scripts, "calls": calls} | beside
    answer = lambda_handler(json.loads(json.dumps(event)), Context("formatter"))
    assert answer["version"] == 1
    results: list[Outcome] = json.loads(json.dumps(answer["results"]))
    return results


def outcome(source: str, function: str = "decodeUplink", **script_input: object) -> Outcome:
    """What comes of one call of a script."""
    [result] = invoke([script(source)], [call(function, **script_input)])
    return result


def decoded(body: str) -> Outcome:
    """What comes of a `decodeUplink` with a body."""
    return outcome(f"function decodeUplink(input) {{ {body} }}")


def kind_of(result: Mapping[str, Any]) -> str:
    """What kind of failure a result is, or `result` if it is none."""
    return str(result["error"]["kind"]) if "error" in result else "result"
