"""The schemas of `docs/events/`, as every tier of tests checks events against them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[1] / "docs" / "events"


@cache
def schema(family: str) -> dict[str, Any]:
    """The schema of a family of events: downlink, message or report."""
    content: dict[str, Any] = json.loads((SCHEMAS / f"{family}.schema.json").read_text())
    return content


def family_of(detail_type: str) -> str:
    """The family of an event: the first word of its detail type."""
    return detail_type.partition(" ")[0].lower()


def violations(detail_type: str, detail: object) -> list[str]:
    """What of an event is not as its schema says."""
    validator = Draft202012Validator(schema(family_of(detail_type)))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(detail)]
