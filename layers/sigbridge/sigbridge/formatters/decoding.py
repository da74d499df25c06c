"""Reading payloads by the formatters of their devices' types.

A message is read by its device's present type and its own time; nothing is stamped on it when it comes. So
what came before the first formatter is read too.

What scripts made is stored with the messages, so that they run once. What the other kinds make is made each
time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sigbridge.clock import rfc3339
from sigbridge.formatters.cache import codec_of, formatters_named, source_of
from sigbridge.formatters.kind import Decoded, InvalidSource
from sigbridge.formatters.scripts import Script, ScriptCall, ScriptFunction, ScriptResult, run_scripts
from sigbridge.formatters.values import InvalidResult, read_values
from sigbridge.model.application import Application
from sigbridge.model.decoding import DecodedPayload
from sigbridge.model.device import Device
from sigbridge.model.formatter import Formatter, FormatterKind, FormatterVersion
from sigbridge.model.limits import with_plain_numbers
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import messages as stored_messages
from sigbridge.store import parameters as stored_parameters
from sigbridge.store.parallel import in_parallel, run_each

_MOST_WARNINGS = 20
_PASSED_OVER = "a request has scripts read a limited number of messages: ask for fewer"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and the device that sent it.

    Attributes:
        device: As it is listed now.
        message: The message.
        parameters: The device's configuration parameters, for scripts; None for those that are stored.
    """

    device: Device
    message: StoredMessage
    parameters: Mapping[str, str] | None = None


class ScriptAllowance:
    """How many messages more may be read by scripts."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self) -> bool:
        """Take one of them, and return whether there was one."""
        self._left -= 1
        return self._left >= 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """A payload that is to be read by a version of a formatter."""

    application: Application
    sent: Sent
    formatter_id: str
    version: FormatterVersion

    def gives(self, **content: Any) -> DecodedPayload:
        return DecodedPayload(self.formatter_id, self.version.number, self.version.digest, **content)

    def passed_over(self) -> DecodedPayload:
        """What is known of a payload that is not read this time."""
        before = self.sent.message.decoded
        if before is None:
            return self.gives(error=f"not read yet: {_PASSED_OVER}", is_final=False)
        outdated = f"made by an earlier version: {_PASSED_OVER}"
        return replace(before, warnings=(*before.warnings, outdated), is_final=False)

    def store(self, decoded: DecodedPayload) -> None:
        stored_messages.set_decoded(self.application.id, self.sent.message, decoded)


type _Scripted = Mapping[int, tuple[_Reading, str]]
# Its application, its device, and its own id.
type _MessageKey = tuple[str, str, str]


@dataclass(slots=True)
class Results:
    """What came of reading payloads.

    Attributes:
        decoded: What each says, in the order of the messages; None where no formatter is for it, or it has
            no payload.
        stores: Each stores what a script made just now, if no other try would change that.
    """

    decoded: list[DecodedPayload | None]
    stores: dict[_MessageKey, partial[None]] = field(default_factory=dict)


def decode(
    application: Application, messages: Sequence[Sent], allowance: ScriptAllowance | None = None
) -> list[DecodedPayload | None]:
    """Read the payloads of messages of an application; as `decode_all`."""
    return decode_all([(application, sent) for sent in messages], allowance)


def decode_all(
    messages: Sequence[tuple[Application, Sent]], allowance: ScriptAllowance | None = None
) -> list[DecodedPayload | None]:
    """Read the payloads of messages; None where no formatter is for them, or they have no payload.

    What is wrong with a formatter or a payload is a result, not an error.

    Args:
        messages: The messages, each with its application. What is stored of one that was read by the same
            source is taken from there.
        allowance: How many may be read by scripts; None for all. The others are told as they are stored.

    Raises:
        StoreUnavailable: Formatters or parameters can't be read.
    """
    results = read_payloads(messages, allowance)
    # What can't be stored now is made again when it is asked for.
    run_each(lambda key: results.stores[key](), results.stores)
    return results.decoded


def read_payloads(
    messages: Sequence[tuple[Application, Sent]], allowance: ScriptAllowance | None = None
) -> Results:
    """Read the payloads of messages as `decode_all` does, and leave it to the caller to store what is new.

    Raises:
        StoreUnavailable: Formatters or parameters can't be read.
    """
    formatters = _formatters(messages)
    results = Results([None] * len(messages))
    scripted: dict[int, tuple[_Reading, str]] = {}
    for position, (application, sent) in enumerate(messages):
        reading = _reading(application, sent, formatters)
        if not isinstance(reading, _Reading):
            results.decoded[position] = reading
        elif _is_stored(reading):
            results.decoded[position] = sent.message.decoded
        elif reading.version.kind is FormatterKind.JAVASCRIPT and not (allowance is None or allowance.take()):
            results.decoded[position] = reading.passed_over()
        else:
            source = source_of(application.id, reading.formatter_id, reading.version)
            if source is None:
                results.decoded[position] = reading.gives(error=_gone(reading.formatter_id), is_final=False)
            elif reading.version.kind is FormatterKind.JAVASCRIPT:
                scripted[position] = reading, source
            else:
                results.decoded[position] = _decoded(reading, source)
    _run(scripted, results)
    return results


def _formatters(messages: Sequence[tuple[Application, Sent]]) -> Mapping[tuple[str, str], Formatter]:
    """Return the formatters that are for messages, by the ids of their application and their own."""
    named: dict[str, set[str]] = {}
    for application, sent in messages:
        if (formatter_id := _formatter_of(application, sent)) is not None:
            named.setdefault(application.id, set()).add(formatter_id)
    return {
        (application_id, formatter_id): formatter
        for application_id, ids in named.items()
        for formatter_id, formatter in formatters_named(application_id, ids).items()
    }


def uplink_formatter_of(application: Application, device: Device) -> str | None:
    """Return the id of the formatter that reads what a device sends; None where its type names none."""
    of_type = application.device_types.get(device.type or "")
    return None if of_type is None else of_type.uplink_formatter


def _formatter_of(application: Application, sent: Sent) -> str | None:
    return uplink_formatter_of(application, sent.device) if sent.message.payload else None


def _reading(
    application: Application, sent: Sent, formatters: Mapping[tuple[str, str], Formatter]
) -> _Reading | DecodedPayload | None:
    formatter_id = _formatter_of(application, sent)
    if formatter_id is None:
        return None
    formatter = formatters.get((application.id, formatter_id))
    if formatter is None:
        return DecodedPayload(formatter_id, 0, "", error=_gone(formatter_id), is_final=False)
    return _Reading(application, sent, formatter_id, formatter.version_at(sent.message.time))


def _is_stored(reading: _Reading) -> bool:
    stored = reading.sent.message.decoded
    return stored is not None and stored.digest == reading.version.digest and stored.is_final


def _gone(formatter_id: str) -> str:
    return f"there is no formatter '{formatter_id}'"


def _decoded(reading: _Reading, source: str) -> DecodedPayload:
    try:
        payload = bytes.fromhex(reading.sent.message.payload or "")
        decoded = codec_of(reading.version, source).decode_uplink(payload)
    except InvalidSource as invalid:
        return reading.gives(error=invalid.message)
    return reading.gives(data=decoded.data, warnings=decoded.warnings, error=_joined(decoded))


def _joined(decoded: Decoded) -> str | None:
    return "; ".join(decoded.errors) or None


def _run(scripted: _Scripted, results: Results) -> None:
    """Have scripts read payloads, and add what comes of it to the results."""
    if not scripted:
        return
    senders = _with_parameters([reading for reading, _ in scripted.values()])
    calls = [
        ScriptCall(
            Script(reading.application.id, reading.version.digest, source),
            ScriptFunction.DECODE_UPLINK,
            script_input(sent),
        )
        for (reading, source), sent in zip(scripted.values(), senders, strict=True)
    ]
    for (position, (reading, _)), outcome in zip(scripted.items(), run_scripts(calls), strict=True):
        decoded = results.decoded[position] = _scripted(reading, outcome)
        if decoded.is_final:
            message = reading.sent.message
            # A batch of changes may tell of a message twice.
            key = (reading.application.id, message.device_id, message.id)
            results.stores[key] = partial(reading.store, decoded)


def _with_parameters(readings: Sequence[_Reading]) -> list[Sent]:
    """Return what was sent, each with the parameters of its device, which are read once."""
    devices = [(reading.application.id, reading.sent.device.id) for reading in readings]
    missing = {
        device for device, reading in zip(devices, readings, strict=True) if reading.sent.parameters is None
    }
    wanted = sorted(missing)
    found = dict(zip(wanted, in_parallel(parameters_of, wanted), strict=True))
    return [
        replace(reading.sent, parameters=found[device]) if device in found else reading.sent
        for device, reading in zip(devices, readings, strict=True)
    ]


def parameters_of(device: tuple[str, str]) -> Mapping[str, str]:
    """Read the configuration parameters of a device, given by the ids of its application and its own.

    Raises:
        StoreUnavailable: They can't be read.
    """
    return {parameter.key: parameter.value for parameter in stored_parameters.of_device(*device)}


def _scripted(reading: _Reading, outcome: ScriptResult) -> DecodedPayload:
    if outcome.failure is not None:
        failure = outcome.failure
        return reading.gives(error=str(failure), failure=failure.kind, is_final=failure.is_final)
    if outcome.errors:
        return reading.gives(warnings=outcome.warnings[:_MOST_WARNINGS], error="; ".join(outcome.errors))
    if outcome.data is None:
        return reading.gives(warnings=outcome.warnings[:_MOST_WARNINGS])
    try:
        values = read_values(outcome.data)
    except InvalidResult as invalid:
        return reading.gives(error=invalid.message)
    return reading.gives(
        data=outcome.data,
        warnings=(*outcome.warnings, *values.warnings)[:_MOST_WARNINGS],
        normalized=outcome.normalized,
    )


def script_input(sent: Sent) -> dict[str, Any]:
    """Return what a script is told of an uplink, as by The Things Stack, and of its device beside that."""
    device, message = sent.device, sent.message
    radio = {"seqNumber": message.seq_number, **with_plain_numbers(message.radio)}
    return {
        "bytes": list(bytes.fromhex(message.payload or "")),
        "fPort": message.port,
        "recvTime": rfc3339(message.time),
        "variables": dict(sent.parameters or {}),
        "device": {
            "id": device.id,
            "type": device.type,
            "tags": dict(device.tags),
            "parameters": dict(sent.parameters or {}),
        },
        "radio": {name: value for name, value in radio.items() if value is not None},
    }
