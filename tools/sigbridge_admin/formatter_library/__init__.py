"""Payload formatters of devices that can be bought, each with payloads and what they say."""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from sigbridge.model.formatter import FormatterKind
from sigbridge_admin.failures import AdminError

_DEVICES = Path(__file__).parent / "devices"


class UnknownExample(AdminError):
    """The library has no formatter of that id."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sample(_Strict):
    """A payload, and what it says.

    Attributes:
        payload: Hex.
        data: What a formatter makes of it, or what it is made of where it is sent to the device.
    """

    payload: str
    data: dict[str, Any]


class _Description(_Strict):
    name: str
    maker: str
    kind: FormatterKind
    facts: tuple[str, ...]
    note: str = ""
    source: str | None = None
    uplinks: tuple[Sample, ...] = ()
    downlinks: tuple[Sample, ...] = ()


class LibraryFormatter(_Description):
    """A formatter of a device.

    Attributes:
        id: What it is called here.
        name: The device.
        maker: Who makes it.
        kind: How it is written.
        facts: Where the maker, or who uses it, says what its payloads mean.
        note: What is to be known, beside that.
        source: Format or script.
        uplinks: What such devices send.
        downlinks: What they can be sent.
    """

    id: str
    source: str


@cache
def library() -> tuple[LibraryFormatter, ...]:
    """Return all of them, in the order of their ids."""
    return tuple(_read(path) for path in sorted(_DEVICES.glob("*.json")))


def find_example(example_id: str) -> LibraryFormatter:
    """Return the one of an id.

    Raises:
        UnknownExample: There is none; it names those there are.
    """
    for formatter in library():
        if formatter.id == example_id:
            return formatter
    message = f"There is no example '{example_id}': choose from {', '.join(each.id for each in library())}"
    raise UnknownExample(message)


def _read(path: Path) -> LibraryFormatter:
    described = _Description.model_validate_json(path.read_text())
    source = described.source or path.with_suffix(".js").read_text()
    return LibraryFormatter(id=path.stem, **described.model_dump() | {"source": source})
