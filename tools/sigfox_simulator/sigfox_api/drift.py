"""Answers as they are by now: other than the API's description says (sigfox-rest reference, 1)."""

from typing import Any

# Numbers that come as texts.
_TEXTS = {"rssi", "rssiRepeaters", "lat", "lng", "freq", "freqRepeaters", "snr", "delay"}
_UNKNOWN = {"addedLater": {"by": ["Sigfox", 1]}}


def drifted(value: Any) -> Any:
    """Return an answer's value with unknown fields, texts for numbers and an object for a list of one."""
    if isinstance(value, list):
        return [drifted(each) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _field(name, inner) for name, inner in value.items()}
    return changed | _UNKNOWN


def _field(name: str, value: Any) -> Any:
    match name, value:
        case "headers", _:
            return value
        case "cbStatus", [only]:
            return drifted(only) | {"attempts": 1}
        case "status", int() | str():
            return int(value) if isinstance(value, str) else str(value)
        case _, int() | float() if name in _TEXTS:
            return str(value)
    return drifted(value)
