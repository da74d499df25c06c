"""Computing the answer to an uplink by the script of its device's type."""

from dataclasses import replace

from sigbridge.clock import now_ms
from sigbridge.errors import SigbridgeError
from sigbridge.formatters.cache import formatters_named, source_of
from sigbridge.formatters.decoding import Sent, parameters_of, script_input, uplink_formatter_of
from sigbridge.formatters.scripts import (
    SHORTEST_BUDGET_MS,
    Script,
    ScriptCall,
    ScriptFunction,
    ScriptResult,
    run_scripts,
)
from sigbridge.model.application import Application
from sigbridge.model.formatter import FormatterKind

_LONGEST_BUDGET_MS = 1_500


class NoAnswerComputed(SigbridgeError):
    """A script that was to compute an answer gave none in time, or none that can be read."""


def compute_answer(application: Application, sent: Sent, answer_by: int) -> bytes | None:
    """Have the script that reads an uplink compute what answers it.

    Args:
        application: The device's application.
        sent: The uplink, as it is stored.
        answer_by: When the script must be done, epoch ms; it has a second and a half at the most.

    Returns:
        The bytes, of whatever number; None where the script wants no answer.

    Raises:
        NoAnswerComputed: The script gave none; it says why.
        StoreUnavailable: The formatter, or the device's parameters, can't be read.
    """
    script = _script(application, sent)
    parameters = parameters_of((application.id, sent.device.id))
    call = ScriptCall(
        script, ScriptFunction.ANSWER_UPLINK, script_input(replace(sent, parameters=parameters))
    )
    budget_ms = min(_LONGEST_BUDGET_MS, answer_by - now_ms())
    if budget_ms < SHORTEST_BUDGET_MS:
        message = "There was no time left to run the script"
        raise NoAnswerComputed(message)
    [result] = run_scripts([call], budget_ms)
    return _payload(result)


def _script(application: Application, sent: Sent) -> Script:
    formatter_id = uplink_formatter_of(application, sent.device) or ""
    formatter = formatters_named(application.id, [formatter_id]).get(formatter_id)
    if formatter is None:
        raise _gone(formatter_id)
    version = formatter.version_at(sent.message.time)
    if version.kind is not FormatterKind.JAVASCRIPT:
        message = f"Version {version.number} of formatter '{formatter_id}' is no script"
        raise NoAnswerComputed(message)
    source = source_of(application.id, formatter_id, version)
    if source is None:
        raise _gone(formatter_id)
    return Script(application.id, version.digest, source)


def _gone(formatter_id: str) -> NoAnswerComputed:
    return NoAnswerComputed(f"There is no formatter '{formatter_id}'")


def _payload(result: ScriptResult) -> bytes | None:
    if result.failure is not None:
        raise NoAnswerComputed(str(result.failure))
    if result.errors:
        raise NoAnswerComputed("; ".join(result.errors))
    if result.data is None:
        return None
    match result.data:
        case {"bytes": list() as numbers} if all(type(n) is int and 0 <= n <= 255 for n in numbers):
            return bytes(numbers)
    message = "The function that runs scripts answered something else"
    raise NoAnswerComputed(message)
