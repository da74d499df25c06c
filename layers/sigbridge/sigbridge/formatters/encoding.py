"""Writing downlinks by the formatter of their device's type."""

from collections.abc import Sequence
from typing import Any

from sigbridge.clock import now_ms
from sigbridge.errors import FormatterUnavailable
from sigbridge.formatters.cache import codec_of, formatters_named, source_of
from sigbridge.formatters.kind import InvalidSource
from sigbridge.formatters.scripts import Script, ScriptCall, ScriptFunction, ScriptResult, run_scripts
from sigbridge.model.device import Device
from sigbridge.model.downlink import InvalidDownlink
from sigbridge.model.encoding import (
    BadEncoderResult,
    DecodedDownlink,
    EncodedDownlink,
    EncoderFailed,
    EncoderRefused,
)
from sigbridge.model.formatter import FormatterKind, FormatterVersion
from sigbridge.model.limits import with_plain_numbers
from sigbridge.store import parameters as stored_parameters

# The functions that ask have ten seconds.
_BUDGET_MS = 6_000


def encode_downlinks(
    application_id: str, device: Device, formatter_id: str, downlinks: Sequence[DecodedDownlink]
) -> list[EncodedDownlink]:
    """Encode downlinks of a device by the version of a formatter that is valid now.

    Raises:
        StoreUnavailable: The formatter, or for a script the device's parameters, can't be read.
    """
    formatter = formatters_named(application_id, [formatter_id]).get(formatter_id)
    version = None if formatter is None else formatter.version_at(now_ms())
    source = None if version is None else source_of(application_id, formatter_id, version)
    if version is None or source is None:
        gone = InvalidDownlink("decoded_payload", f"there is no formatter '{formatter_id}'")
        return [EncodedDownlink(failure=gone)] * len(downlinks)
    if version.kind is not FormatterKind.JAVASCRIPT:
        return [_encoded(version, source, downlink) for downlink in downlinks]
    script = Script(application_id, version.digest, source)
    device_told = script_device(application_id, device)
    calls = [
        ScriptCall(script, ScriptFunction.ENCODE_DOWNLINK, device_told | _script_input(downlink))
        for downlink in downlinks
    ]
    return [_of_script(result) for result in run_scripts(calls, _BUDGET_MS)]


def script_device(application_id: str, device: Device) -> dict[str, Any]:
    """Return what a script is told of a device, whose parameters are read for that.

    Raises:
        StoreUnavailable: They can't be read.
    """
    parameters = {each.key: each.value for each in stored_parameters.of_device(application_id, device.id)}
    told = {"id": device.id, "type": device.type, "tags": dict(device.tags), "parameters": parameters}
    return {"variables": parameters, "device": told}


def _script_input(downlink: DecodedDownlink) -> dict[str, Any]:
    return {"data": with_plain_numbers(downlink.data), "fPort": downlink.f_port}


def _encoded(version: FormatterVersion, source: str, downlink: DecodedDownlink) -> EncodedDownlink:
    try:
        return EncodedDownlink(codec_of(version, source).encode_downlink(downlink.data))
    except InvalidSource as invalid:
        return EncodedDownlink(failure=InvalidDownlink("decoded_payload", invalid.message))
    except InvalidDownlink as invalid:
        return EncodedDownlink(failure=invalid)


def _of_script(result: ScriptResult) -> EncodedDownlink:
    failure = result.failure
    if failure is not None and not failure.is_final:
        return EncodedDownlink(failure=FormatterUnavailable(f"The formatter gave no answer: {failure}"))
    if failure is not None:
        failed = BadEncoderResult if failure.kind == "bad_result" else EncoderFailed
        return EncodedDownlink(failure=failed(str(failure)))
    if result.errors:
        return EncodedDownlink(failure=EncoderRefused(result.errors))
    port = result.data.get("fPort")
    if port is not None and type(port) is not int:
        return EncodedDownlink(failure=BadEncoderResult("the script's fPort is not a whole number"))
    return EncodedDownlink(bytes(result.data["bytes"]), port)
