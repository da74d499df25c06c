"""One call of a script, in a context that nothing was run in before. Only the child process does this."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

# Not the package `quickjs`: importing it starts a thread, and a process with threads should not fork.
import _quickjs

from sandbox.contract import well_formed
from sandbox.limits import Limits
from sandbox.protocol import Failure, FailureKind, Function

_DIRECTORY = Path(__file__).parent / "javascript"


def _javascript(name: str) -> str:
    return (_DIRECTORY / f"{name}.js").read_text()


_HARNESS, _DECLARED = _javascript("harness"), _javascript("declared")
# Evaluated only before scripts that name what they provide: each costs a fraction of a millisecond a call.
_BUFFER, _CONSOLE, _PAYLOAD_PARSER = (_javascript(name) for name in ("buffer", "console", "payload_parser"))
_CONTRACTS: Mapping[Function, str] = {
    function: _javascript(function) for function in Function if function is not Function.CHECK
}
_NAMES = json.dumps([*_CONTRACTS, "Decoder", "Decode", "Encoder", "Encode"])
_NAMES_BUFFER, _NAMES_CONSOLE = re.compile(r"\bBuffer\b"), re.compile(r"\bconsole\b")
_NAMES_PAYLOAD = re.compile(r"(?<![.\w$])payload\b")

# A script of strict mode must start with the directive that says so.
_STRICT = re.compile(r"""(?:\s|//[^\n]*\n|(?>/\*.*?\*/))*+(['"])use strict\1""", re.DOTALL)
_PARSED = "the script was parsed"
_THROWN = re.compile(r"(?:Error: )?(?P<message>.*?)\n(?P<stack>undefined$|    at .*|$)", re.DOTALL)
_PLACE = re.compile(r"<input>:(\d+):(\d+)")
_LONGEST_MESSAGE = 500
_LIMITS_REACHED = {
    "InternalError: out of memory": Failure(FailureKind.MEMORY, "the script needs too much memory"),
    # Where the engine has no memory left for an error.
    "null": Failure(FailureKind.MEMORY, "the script needs too much memory, or throws null"),
    "InternalError: interrupted": Failure(FailureKind.TIMEOUT, "the script takes too long"),
}


class CallFailed(Exception):
    """A call has no result.

    Attributes:
        failure: The reason.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Source:
    """A script, and which of what not every script needs it names."""

    text: str
    names_buffer: bool
    names_console: bool
    names_payload: bool

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a script, once for all its calls."""
        # The engine takes its text up to the first NUL.
        readable = well_formed(text).replace("\0", "\ufffd")
        buffer, console, payload = (
            names.search(readable) is not None for names in (_NAMES_BUFFER, _NAMES_CONSOLE, _NAMES_PAYLOAD)
        )
        return cls(readable, buffer, console, payload)


class Execution:
    """A script in a fresh context.

    Attributes:
        cpu_s: Processor time that it took so far.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._started = time.process_time()
        self._context = _quickjs.Context()
        self._context.set_memory_limit(limits.heap_bytes)
        self._context.set_max_stack_size(limits.stack_bytes)
        self._harness = self._context.eval(_HARNESS)
        self._logs = self._context.eval(_CONSOLE) if source.names_console else None

    @property
    def cpu_s(self) -> float:
        return time.process_time() - self._started

    def call(self, function: Function, script_input: Mapping[str, Any]) -> str | None:
        """Run the script, then call one of its functions.

        Returns:
            What it returned, as JSON; None if it has no such function.

        Raises:
            CallFailed: There is no result.
        """
        try:
            text = self._check() if function is Function.CHECK else self._call(function, script_input)
        except _quickjs.StackOverflow as thrown:
            message = "the script calls itself too often: its stack is full"
            raise CallFailed(Failure(FailureKind.STACK, message)) from thrown
        except _quickjs.JSException as thrown:
            raise CallFailed(_failure(str(thrown), self._source.text)) from thrown
        except UnicodeDecodeError as fault:
            # What was thrown holds halves of characters.
            thrown_text = fault.object.decode(errors="surrogatepass")
            raise CallFailed(_failure(well_formed(thrown_text), self._source.text)) from fault
        except MemoryError as fault:
            raise CallFailed(Failure(FailureKind.MEMORY, "the script needs too much memory")) from fault
        if text is not None and len(text) > self._limits.result_bytes:
            message = f"the result has {len(text)} characters, of {self._limits.result_bytes} allowed"
            raise CallFailed(Failure(FailureKind.TOO_LARGE, message))
        return text

    def logs(self) -> list[str]:
        """Return what the script wrote to its console, as far as that can be read after a failure."""
        if self._logs is None:
            return []
        self._context.set_time_limit(self._limits.cpu_s)
        try:
            lines: list[str] = json.loads(self._logs())
        except _quickjs.JSException:
            return []
        return lines

    def _call(self, function: Function, script_input: Mapping[str, Any]) -> str | None:
        context, harness = self._context, self._harness
        handed_over = harness("read")(json.dumps(script_input))
        if self._source.names_buffer:
            context.eval(_BUFFER)
        parser = None
        if function is Function.DECODE_UPLINK and self._source.names_payload:
            parser = context.eval(_PAYLOAD_PARSER)(handed_over)
        contract = context.eval(_CONTRACTS[function])
        self._run(self._source.text)
        context.set_time_limit(self._limits.cpu_s - min(self.cpu_s, 0.9 * self._limits.cpu_s))
        text: str | None = harness("call")(contract, handed_over, parser)
        return text

    def _run(self, source: str) -> None:
        self._context.set_time_limit(self._limits.cpu_s)
        # So that the script's last value, which nobody wants, is not made into one of Python's.
        self._context.eval(f"{source}\n;0")

    def _check(self) -> str:
        strict = "'use strict';" if _STRICT.match(self._source.text) else ""
        try:
            self._run(f"{strict}throw '{_PARSED}'\n{self._source.text}")
        except _quickjs.JSException as thrown:
            if not str(thrown).startswith(_PARSED):
                raise CallFailed(_failure(str(thrown), self._source.text, lines_before=1)) from thrown
        declared = json.loads(self._context.eval(_DECLARED)(_NAMES))
        found = {"functions": declared, "payload_parser": self._source.names_payload}
        return json.dumps({"by": "check", "output": found})


def _failure(thrown: str, source: str, lines_before: int = 0) -> Failure:
    """Return why a script failed.

    Args:
        thrown: What was thrown as text, then the stack.
        source: The script.
        lines_before: Lines that were put before it.
    """
    found = _THROWN.match(thrown)
    message, stack = (found["message"], found["stack"]) if found else (thrown, "")
    if message in _LIMITS_REACHED:
        return _LIMITS_REACHED[message]
    if message.startswith("BadResult: "):
        return Failure(FailureKind.BAD_RESULT, message.removeprefix("BadResult: ")[:_LONGEST_MESSAGE])
    line, column = None, None
    if place := _PLACE.search(stack):
        line, column = int(place[1]) - lines_before, int(place[2])
        lines = source.split("\n")
        if line > len(lines):
            line, column = len(lines), len(lines[-1]) + 1
    return Failure(FailureKind.SCRIPT_ERROR, message[:_LONGEST_MESSAGE], line, column)
