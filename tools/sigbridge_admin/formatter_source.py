"""The source of a formatter, as a person gives it: a file, an example of the library, or none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sigbridge.model.formatter import FormatterKind
from sigbridge_admin.failures import AdminError
from sigbridge_admin.formatter_library import find_example
from sigbridge_admin.payloads import read_text

_KINDS: Mapping[str, FormatterKind] = {
    ".js": FormatterKind.JAVASCRIPT,
    ".txt": FormatterKind.SIGFOX_GRAMMAR,
}

Example = Annotated[
    str | None,
    typer.Option(
        "--example",
        metavar="NAME",
        help="A formatter of the library; `sigbridge formatters examples` lists them.",
        show_default=False,
    ),
]
Kind = Annotated[
    FormatterKind | None,
    typer.Option(
        "--kind",
        help="How it is written, for files that end neither in .js nor in .txt. cayenne_lpp needs no file.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class GivenSource:
    """A formatter that need not be stored.

    Attributes:
        kind: How it is written.
        source: A format, a script, or nothing.
        name: Display name; None where it has none.
        origin: What people call the place that it comes from; None for none.
    """

    kind: FormatterKind
    source: str
    name: str | None = None
    origin: str | None = None


def given_source(file: Path | None, example: str | None, kind: FormatterKind | None) -> GivenSource:
    """Read the source of a formatter.

    Raises:
        AdminError: Not exactly one is given, its kind is not known, or it can't be read.
    """
    match file, example, kind:
        case None, str(), None:
            found = find_example(example)
            return GivenSource(found.kind, found.source, f"{found.maker}: {found.name}", found.id)
        case None, None, FormatterKind.CAYENNE_LPP:
            return GivenSource(FormatterKind.CAYENNE_LPP, "")
        case Path(), None, _:
            return _read_file(file, kind)
    message = "Give either a FILE, or --example NAME, or --kind cayenne_lpp, which needs no file"
    raise AdminError(message)


def _read_file(file: Path, kind: FormatterKind | None) -> GivenSource:
    known = kind or _KINDS.get(file.suffix.lower())
    if known is None:
        message = f"{file} ends neither in .js nor in .txt: say with --kind how it is written"
        raise AdminError(message)
    return GivenSource(known, read_text(file), origin=str(file))
