"""Checking the source of a formatter before it is stored or tried."""

import hashlib

from sigbridge.errors import Fault, InvalidInput, Unavailable
from sigbridge.formatters.kind import InvalidSource
from sigbridge.formatters.kinds import KINDS
from sigbridge.formatters.scripts import Script, ScriptCall, ScriptFailure, ScriptFunction, run_scripts
from sigbridge.model.formatter import LARGEST_SOURCE_BYTES, FormatterKind

_DIGEST_DIGITS = 16
# The function that asks has ten seconds.
_BUDGET_MS = 6_000
_WANTED = "decodeUplink, encodeDownlink, decodeDownlink, normalizeUplink or answerUplink"


class SourceUnchecked(Unavailable):
    """The function that runs JavaScript could not say whether a script can be used."""


def digest_of(kind: FormatterKind, source: str) -> str:
    """Return what is the same for all versions that are written alike."""
    return hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:_DIGEST_DIGITS]


def check_length(source: str) -> None:
    """Refuse a source that is too long.

    Raises:
        InvalidInput: It is.
    """
    if len(source.encode()) > LARGEST_SOURCE_BYTES:
        raise InvalidInput.of([Fault("source", f"must have at most {LARGEST_SOURCE_BYTES} bytes")])


def check_source(application_id: str, kind: FormatterKind, source: str) -> None:
    """Check that a source can be used. A script is parsed, and not run.

    Raises:
        InvalidInput: It is too long, or is a script without a function that is ever called.
        InvalidSource: Something in it is wrong; it says where.
        SourceUnchecked: The function that runs JavaScript does not answer.
    """
    check_length(source)
    if kind is FormatterKind.JAVASCRIPT:
        _check_script(Script(application_id, digest_of(kind, source), source))
    else:
        KINDS[kind](source)


def _check_script(script: Script) -> None:
    [result] = run_scripts([ScriptCall(script, ScriptFunction.CHECK)], _BUDGET_MS)
    if result.failure is not None:
        raise _unusable(result.failure)
    if not result.data["functions"] and not result.data["payload_parser"]:
        reason = f"declares none of the functions that are called: {_WANTED}"
        raise InvalidInput.of([Fault("source", reason)])


def _unusable(failure: ScriptFailure) -> InvalidInput | SourceUnchecked:
    if not failure.is_final:
        return SourceUnchecked(f"The script could not be checked, try again: {failure.message}")
    if failure.line is None or failure.column is None:
        return InvalidInput.of([Fault("source", failure.message)])
    return InvalidSource(failure.message, failure.line, failure.column)
