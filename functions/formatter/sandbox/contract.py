"""What scripts return: read, and held against the contract of the function that was called."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.frames import read_json
from sandbox.limits import Limits
from sandbox.protocol import Failure, FailureKind, Function, Output

# Halves of characters, as they are or escaped: looking for them takes less time than rewriting what has none.
_HALVES = re.compile(r"[\ud800-\udfff]|\\u[dD]")


class BadResultError(Exception):
    """A script returned what its contract does not allow; the message says what."""


def read_output(function: Function, text: str | None, limits: Limits) -> Output | Failure:
    """Read what came of a call.

    Args:
        function: The function that was called.
        text: What the script returned, as JSON, with the name of its function; None if it has none.
        limits: What a result may be.
    """
    if text is None:
        message = f"the script has no function {_LACKING.get(function, function)}"
        return Failure(FailureKind.NO_FUNCTION, message)
    try:
        returned = read_json(text)
        if not isinstance(returned, dict) or not isinstance(returned.get("by"), str):
            message = "the result has another form than the sandbox gives it"
            raise BadResultError(message)
        _check_size(returned, limits)
        return _READERS[function](well_formed(returned) if _HALVES.search(text) else returned)
    except RecursionError:
        return Failure(FailureKind.BAD_RESULT, f"the result is deeper than {limits.depth} levels")
    except (BadResultError, ValueError) as fault:
        return Failure(FailureKind.BAD_RESULT, str(fault))


def _check_size(returned: Any, limits: Limits) -> None:
    for part in ("output", "items", "normalized"):
        values = _count(returned.get(part), limits.depth, limits)
        if values > limits.values:
            message = f"the result has {values} values, of {limits.values} allowed"
            raise BadResultError(message)


def _count(value: Any, levels: int, limits: Limits) -> int:
    """Return the number of values in a value.

    Raises:
        BadResultError: Below it are more levels of objects and arrays than these.
    """
    if not isinstance(value, dict | list):
        return 1
    if levels < 0:
        message = f"the result is deeper than {limits.depth} levels"
        raise BadResultError(message)
    parts = value.values() if isinstance(value, dict) else value
    return sum(_count(part, levels - 1, limits) for part in parts)


def well_formed(value: Any) -> Any:
    """Return a value whose texts can be written as UTF-8: JavaScript's may hold halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    return value


def _read_decoded(returned: Mapping[str, Any]) -> Output:
    if "items" in returned:
        return Output(_items(returned["items"]))
    output = _object(returned)
    errors = _texts(output, "errors")
    if errors:
        return Output(None, _texts(output, "warnings"), errors)
    warnings = [*_texts(output, "warnings")]
    normalized: list[Mapping[str, Any]] = []
    if "normalized" in returned:
        normalizer = _object({"by": "normalizeUplink", "output": returned["normalized"]})
        normalized = _measurements(normalizer)
        warnings += _texts(normalizer, "warnings")
        # A result that can't be normalized is still one.
        warnings += (f"normalizeUplink: {error}" for error in _texts(normalizer, "errors"))
    return Output(_data(returned["by"], output), warnings, (), normalized)


def _read_normalized(returned: Mapping[str, Any]) -> Output:
    output = _object(returned)
    errors = _texts(output, "errors")
    return Output(None, _texts(output, "warnings"), errors, [] if errors else _measurements(output))


def _read_encoded(returned: Mapping[str, Any]) -> Output:
    output = _object(returned)
    errors = _texts(output, "errors")
    if errors:
        return Output(None, _texts(output, "warnings"), errors)
    data: dict[str, Any] = {"bytes": _bytes(returned["by"], output)}
    if output.get("fPort") is not None:
        data["fPort"] = output["fPort"]
    return Output(data, _texts(output, "warnings"))


def _read_answer(returned: Mapping[str, Any]) -> Output:
    return Output(None) if returned.get("output") is None else _read_encoded(returned)


def _read_check(returned: Mapping[str, Any]) -> Output:
    return Output(_object(returned))


_READERS: Mapping[Function, Callable[[Mapping[str, Any]], Output]] = {
    Function.DECODE_UPLINK: _read_decoded,
    Function.DECODE_DOWNLINK: _read_decoded,
    Function.NORMALIZE_UPLINK: _read_normalized,
    Function.ENCODE_DOWNLINK: _read_encoded,
    Function.ANSWER_UPLINK: _read_answer,
    Function.CHECK: _read_check,
}
_LACKING = {
    Function.DECODE_UPLINK: "decodeUplink (nor Decoder or Decode), and is no parser of `payload`",
    Function.ENCODE_DOWNLINK: "encodeDownlink (nor Encoder or Encode)",
}


def _object(returned: Mapping[str, Any]) -> Mapping[str, Any]:
    by, output = returned["by"], returned.get("output")
    if output is None:
        message = f"{by} returned nothing"
        raise BadResultError(message)
    if not isinstance(output, dict):
        message = f"{by} returned {_kind(output)}, not an object"
        raise BadResultError(message)
    return output


def _data(by: str, output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if "data" not in output:
        message = f"{by} returned no data" if by.startswith("decode") else f"{by} returned nothing"
        raise BadResultError(message)
    data = output["data"]
    if data is not None and not isinstance(data, dict):
        message = f"the data that {by} returned are {_kind(data)}, not an object"
        raise BadResultError(message)
    return data


def _items(items: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        message = "the script left in `payload` something else than an array of objects"
        raise BadResultError(message)
    return items


def _measurements(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    data = output.get("data")
    measurements = data if isinstance(data, list) else [data]
    return [measurement for measurement in measurements if isinstance(measurement, dict)]


def _bytes(by: str, output: Mapping[str, Any]) -> Sequence[int]:
    found = output.get("bytes")
    if found is None:
        message = f"{by} returned no bytes"
        raise BadResultError(message)
    if not isinstance(found, list) or not all(_is_byte(byte) for byte in found):
        message = f"the bytes that {by} returned are not an array of whole numbers from 0 to 255"
        raise BadResultError(message)
    return found


def _is_byte(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


def _texts(output: Mapping[str, Any], name: str) -> Sequence[str]:
    """Return warnings or errors; one alone may stand for an array of one."""
    texts = output.get(name)
    if texts is None:
        return []
    listed = texts if isinstance(texts, list) else [texts]
    return [text if isinstance(text, str) else json.dumps(text) for text in listed]


def _kind(value: object) -> str:
    """Return what JavaScript calls a value."""
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case _:
            return "an object"
