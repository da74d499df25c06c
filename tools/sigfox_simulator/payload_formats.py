"""What the payloads of some devices mean: said by who makes them, never by the bundle's own formatters."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sigbridge_admin.formatter_library import find_example

_FILE = Path(__file__).with_suffix(".json")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sample(_Strict):
    """A payload.

    Attributes:
        payload: Hex.
        decoded: What a formatter must make of it.
        data: Variables that it must give the device's data, with their values: some of them.
    """

    payload: str
    decoded: Mapping[str, Any] | Sequence[Any]
    data: Mapping[str, Any]


class PayloadFormat(_Strict):
    """The payloads of a device type, and the formatter that reads them.

    Attributes:
        id: Of the device type, and of its formatter.
        kind: How the formatter is written.
        facts: Who says what the payloads mean.
        example: A formatter of the library; None for one that is written out here.
        source: Format or script that is written out here.
        samples: What such devices send.
    """

    id: str
    kind: Literal["sigfox_grammar", "cayenne_lpp", "javascript"]
    facts: str
    example: str | None = None
    source: str = ""
    samples: tuple[Sample, ...]

    @property
    def formatter(self) -> dict[str, str]:
        """The formatter, as it is put."""
        source = self.source if self.example is None else find_example(self.example).source
        return {"kind": self.kind} | ({"source": source} if source else {})

    def sample(self, payload: str) -> Sample:
        """Return what a payload means, which is one of the samples'."""
        return next(sample for sample in self.samples if sample.payload == payload)


@cache
def payload_formats() -> tuple[PayloadFormat, ...]:
    """Return all that simulated devices have."""
    return TypeAdapter(tuple[PayloadFormat, ...]).validate_json(_FILE.read_text())
