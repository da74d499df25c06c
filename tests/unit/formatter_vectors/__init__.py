"""Payloads and what they say, by kind of formatter; each line names its source."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Vector:
    """A payload, and what must come of it.

    Attributes:
        source: Who says so.
        format: The formatter's source.
        payload: What a device sends.
        downlink: What a device is sent.
        decoded: The values.
        error: How the error begins, where there must be one.
    """

    source: str
    format: str = ""
    payload: str | None = None
    downlink: str | None = None
    decoded: Any = None
    error: str | None = None

    def __str__(self) -> str:
        return f"{self.format} {self.payload or self.downlink or ''}".strip()


def vectors_of(kind: str) -> list[Vector]:
    """Return the vectors of a kind, with fractions exactly as they are written."""
    lines = (Path(__file__).parent / f"{kind}.jsonl").read_text().splitlines()
    return [Vector(**json.loads(line, parse_float=Decimal)) for line in lines]
