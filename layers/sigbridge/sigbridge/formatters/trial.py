"""Trying a formatter, stored or not, on a payload that need not have been sent: nothing is stored."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sigbridge.clock import now_ms
from sigbridge.devices import Device, act_on_addressed, find_device
from sigbridge.errors import FormatterUnavailable, TooManyRequests
from sigbridge.formatters.decoding import Sent, parameters_of, script_input
from sigbridge.formatters.kind import Decoded, InvalidSource, PayloadCodec
from sigbridge.formatters.kinds import KINDS
from sigbridge.formatters.registry import find_formatter, find_source, version_of
from sigbridge.formatters.scripts import (
    NOT_RUN,
    Script,
    ScriptCall,
    ScriptFunction,
    run_scripts,
)
from sigbridge.formatters.sources import check_length, digest_of
from sigbridge.formatters.values import DecodedVariable, InvalidResult, read_values
from sigbridge.model.downlink import InvalidDownlink
from sigbridge.model.formatter import FormatterKind
from sigbridge.model.limits import with_plain_numbers
from sigbridge.model.message import Location, Network
from sigbridge.model.parameter import DOWNLINK_BYTES
from sigbridge.model.rate_limit import RateLimit
from sigbridge.model.stored_message import StoredMessage

# The function that asks has ten seconds.
_BUDGET_MS = 6_000
_MADE_UP = Device("TEST")
_trials = RateLimit(burst=10, per_minute=60, now_ms=now_ms)


class TooManyTrials(TooManyRequests):
    """The key tries formatters more often than it may."""


class TriedFunction(StrEnum):
    """What of a formatter can be tried."""

    DECODE_UPLINK = ScriptFunction.DECODE_UPLINK.value
    ENCODE_DOWNLINK = ScriptFunction.ENCODE_DOWNLINK.value
    DECODE_DOWNLINK = ScriptFunction.DECODE_DOWNLINK.value
    NORMALIZE_UPLINK = ScriptFunction.NORMALIZE_UPLINK.value
    ANSWER_UPLINK = ScriptFunction.ANSWER_UPLINK.value


_UPLINK = frozenset({"bytes", "fPort", "recvTime", "variables", "device", "radio"})
# What each function of a script is told.
_INPUTS: Mapping[TriedFunction, frozenset[str]] = {
    TriedFunction.DECODE_UPLINK: _UPLINK,
    TriedFunction.ENCODE_DOWNLINK: frozenset({"data", "fPort", "variables", "device"}),
    TriedFunction.DECODE_DOWNLINK: frozenset({"bytes", "fPort"}),
    TriedFunction.NORMALIZE_UPLINK: frozenset({"data"}),
    TriedFunction.ANSWER_UPLINK: _UPLINK,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A formatter as its author writes it, which need not be stored."""

    kind: FormatterKind
    source: str


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version of a formatter of the application; the newest one where it has no number."""

    formatter_id: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried.

    Attributes:
        formatter: The formatter.
        function: What of it.
        payload: Bytes to read.
        data: Named values to write or to normalize, in place of a payload.
        port: The port, if there is one.
        device_id: The device that a script is told of; None for one that is made up.
    """

    formatter: Draft | StoredVersion
    function: TriedFunction = TriedFunction.DECODE_UPLINK
    payload: bytes = b""
    data: Mapping[str, Any] | None = None
    port: int | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a trial.

    Attributes:
        data: What was made of the payload, or `{bytes, fPort}` of a downlink; None for nothing.
        warnings: What is to be known of it.
        errors: Why there is no result, or not all of it.
        normalized: Measurements in The Things Stack's normalized form.
        variables: What data items would be made of an uplink.
        location: Where the uplink says that the device is.
        logs: What a script wrote to its console.
        cpu_ms: Processor time that it took, where that is known.
        line, column: Where in the source the error is, from 1, where that is known.
    """

    data: Any = None
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    normalized: tuple[Mapping[str, Any], ...] = ()
    variables: tuple[DecodedVariable, ...] = ()
    location: Location | None = None
    logs: tuple[str, ...] = ()
    cpu_ms: float | None = None
    line: int | None = None
    column: int | None = None


def try_formatter(application_id: str, key_id: str, trial: Trial) -> TrialResult:
    """Try a formatter. What is wrong with it, or with the payload, is a result and not an error.

    Args:
        application_id: The application.
        key_id: Whose trials are counted: each key may try 10 at once, and 60 a minute, in each process.
        trial: What is tried.

    Raises:
        TooManyTrials: The key has tried too much.
        UnknownFormatter, UnknownVersion, UnknownDevice: There is no such one.
        InvalidInput: The source is too long.
        FormatterUnavailable: The function that runs scripts does not answer.
        StoreUnavailable: The formatter or the device can't be read.
    """
    if not _trials.take(key_id):
        message = "A key may try 60 formatters a minute: wait a few seconds"
        raise TooManyTrials(message)
    draft = _draft(application_id, trial.formatter)
    if draft.kind is FormatterKind.JAVASCRIPT:
        return _run(application_id, draft.source, trial)
    return _compute(draft, trial)


def forget_trials() -> None:
    """Let each key try as much as if it had tried nothing yet."""
    _trials.reset()


def _draft(application_id: str, formatter: Draft | StoredVersion) -> Draft:
    if isinstance(formatter, Draft):
        check_length(formatter.source)
        return formatter
    found = find_formatter(application_id, formatter.formatter_id)
    version = found.newest if formatter.number is None else version_of(found, formatter.number)
    return Draft(version.kind, find_source(application_id, found.id, version))


def _compute(draft: Draft, trial: Trial) -> TrialResult:
    """Try a formatter of a kind that needs no process of its own."""
    started = time.thread_time()
    try:
        result = _computed(KINDS[draft.kind](draft.source), trial)
    except InvalidSource as invalid:
        return TrialResult(errors=(invalid.message,), line=invalid.line, column=invalid.column)
    except InvalidDownlink as invalid:
        return TrialResult(errors=(invalid.message,))
    return replace(result, cpu_ms=round((time.thread_time() - started) * 1000, 3))


def _computed(codec: PayloadCodec, trial: Trial) -> TrialResult:
    match trial.function:
        case TriedFunction.DECODE_UPLINK:
            return _with_values(_of_decoded(codec.decode_uplink(trial.payload)))
        case TriedFunction.DECODE_DOWNLINK:
            return _of_decoded(codec.decode_downlink(trial.payload))
        case TriedFunction.ENCODE_DOWNLINK:
            encoded = codec.encode_downlink(trial.data or {})
            return _with_length(TrialResult(data={"bytes": list(encoded)}))
        case _:
            return TrialResult(errors=(f"only scripts have the function {trial.function}",))


def _of_decoded(decoded: Decoded) -> TrialResult:
    return TrialResult(decoded.data, decoded.warnings, decoded.errors)


def _run(application_id: str, source: str, trial: Trial) -> TrialResult:
    """Try a script."""
    script = Script(application_id, digest_of(FormatterKind.JAVASCRIPT, source), source)
    told = _told(application_id, trial)
    if trial.function is TriedFunction.NORMALIZE_UPLINK and trial.data is None:
        decoded = _call(script, TriedFunction.DECODE_UPLINK, told)
        if decoded.data is None:
            return decoded
        told["data"] = decoded.data
    result = _call(script, trial.function, told)
    match trial.function:
        case TriedFunction.DECODE_UPLINK:
            return _with_values(result)
        case TriedFunction.ENCODE_DOWNLINK | TriedFunction.ANSWER_UPLINK:
            return _with_length(result)
        case _:
            return result


def _told(application_id: str, trial: Trial) -> dict[str, Any]:
    """Return all that can be told to a function of a script."""
    device = _MADE_UP
    parameters: Mapping[str, str] = {}
    if trial.device_id is not None:
        device = act_on_addressed(trial.device_id, lambda id_: find_device(application_id, id_))
        parameters = parameters_of((application_id, device.id))
    message = StoredMessage(
        id="",
        device_id=device.id,
        device_as_received=device.id,
        network=Network.SIGFOX,
        time=now_ms(),
        group="",
        parts={},
        payload=trial.payload.hex(),
        port=trial.port,
    )
    return script_input(Sent(device, message, parameters)) | {"data": trial.data}


def _call(script: Script, function: TriedFunction, told: Mapping[str, Any]) -> TrialResult:
    wanted = {name: with_plain_numbers(told[name]) for name in sorted(_INPUTS[function])}
    [outcome] = run_scripts([ScriptCall(script, ScriptFunction(function), wanted)], _BUDGET_MS)
    failure = outcome.failure
    if failure is None:
        return TrialResult(
            data=outcome.data,
            warnings=outcome.warnings,
            errors=outcome.errors,
            normalized=outcome.normalized,
            logs=outcome.logs,
            cpu_ms=outcome.cpu_ms,
        )
    if failure.kind in NOT_RUN:
        message = f"The script could not be run, try again: {failure.message}"
        raise FormatterUnavailable(message)
    return TrialResult(
        errors=(str(failure),),
        logs=outcome.logs,
        cpu_ms=outcome.cpu_ms,
        line=failure.line,
        column=failure.column,
    )


def _with_values(result: TrialResult) -> TrialResult:
    """Add to what was made of an uplink what data items would be made of it."""
    if result.data is None:
        return result
    try:
        values = read_values(result.data)
    except InvalidResult as invalid:
        return replace(result, data=None, errors=(*result.errors, invalid.message))
    return replace(
        result,
        warnings=(*result.warnings, *values.warnings),
        variables=values.variables,
        location=values.location,
    )


def _with_length(result: TrialResult) -> TrialResult:
    """Add a warning to a downlink that is shorter or longer than devices can be sent."""
    if result.data is None or len(result.data["bytes"]) == DOWNLINK_BYTES:
        return result
    warning = f"a downlink has {DOWNLINK_BYTES} bytes, this one {len(result.data['bytes'])}"
    return replace(result, warnings=(*result.warnings, warning))
