"""Templates of bodies: JSON in which Sigfox puts values in place of `{names}` (sigfox-rest reference, 2)."""

import json
import re
from collections.abc import Mapping

_TEXT_OR_VARIABLE = re.compile(r'"(?:[^"\\]|\\.)*"|\{[A-Za-z][A-Za-z0-9#_.]*\}')
# In place of what stands around a variable without quotes; of characters that nobody writes.
_UNQUOTED = "\ue000"
# Sigfox puts JSON in place of these, which must not stand in quotes.
_JSON_VARIABLES = frozenset({"{duplicates}", "{computedLocation}"})


def write_template(fields: Mapping[str, str]) -> str:
    """Write the template of a body.

    Args:
        fields: The names in it, each with what stands there, quotes included.
    """
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in fields.items()) + "}"


def read_template(text: str) -> Mapping[str, str] | None:
    """Read the template of a body: its names, each with what stands there; None for no JSON object."""
    try:
        content = json.loads(_TEXT_OR_VARIABLE.sub(_quoted, text))
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    return {name: _unquoted(json.dumps(value, ensure_ascii=False)) for name, value in content.items()}


def is_as_good(current: str, wanted: str) -> bool:
    """Return whether what stands somewhere brings the same: a number may stand in quotes or not."""
    if current == wanted:
        return True
    return wanted.startswith("{") and wanted not in _JSON_VARIABLES and current == f'"{wanted}"'


def _quoted(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else f'"{_UNQUOTED}{found[0]}{_UNQUOTED}"'


def _unquoted(text: str) -> str:
    return text.replace(f'"{_UNQUOTED}', "").replace(f'{_UNQUOTED}"', "")
