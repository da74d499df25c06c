"""`sigbridge formatters test`."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge.formatters.trial import TriedFunction
from sigbridge.model.downlink import LARGEST_PORT
from sigbridge.model.formatter import FORMATTER_ID
from sigbridge_admin.api import Json, read
from sigbridge_admin.command import ApiContext, AsJson, examples, read_device_id
from sigbridge_admin.failures import AdminError
from sigbridge_admin.formatter_source import Example, Kind, given_source
from sigbridge_admin.payloads import read_uplink
from sigbridge_admin.presentation import say, show_facts, show_json, show_table
from sigbridge_admin.values import Value, value_in_words

EXAMPLES = examples(
    "sigbridge formatters test climate.js --payload 17012c",
    "sigbridge formatters test climate --version 1 --payload 17012c --device 1A2B3C",
    "sigbridge formatters test --example sensit-v3 --payload f609744f",
    """sigbridge formatters test climate.js --function encodeDownlink --data '{"interval": 15}'""",
)
_ID = re.compile(FORMATTER_ID, re.ASCII)
_STANDARD_INPUT = "-"


def _read_object(text: str) -> Json:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        message = f"'{text}' is no JSON object, such as {{\"interval\": 15}}"
        raise typer.BadParameter(message)
    return document


class _Variable(BaseModel):
    variable: str
    value: Value
    unit: str | None = None


class _Result(BaseModel):
    data: Any = None
    warnings: list[str]
    errors: list[str]
    normalized: list[Json]
    variables: list[_Variable]
    location: Json | None = None
    logs: list[str]
    cpu_ms: float | None = None


def try_formatter(
    context: ApiContext,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|ID",
            help="A file (- is the standard input), or else the id of a formatter of the application.",
            show_default=False,
        ),
    ] = None,
    example: Example = None,
    payload: Annotated[
        str | None,
        typer.Option(parser=read_uplink, metavar="HEX", help="What is read.", show_default=False),
    ] = None,
    data: Annotated[
        Any,
        typer.Option(
            parser=_read_object,
            metavar="JSON",
            help="In place of it: what encodeDownlink is to write, or normalizeUplink to normalize.",
            show_default=False,
        ),
    ] = None,
    function: Annotated[
        TriedFunction, typer.Option(help="What of it is tried.")
    ] = TriedFunction.DECODE_UPLINK,
    port: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_PORT, help="Its port.", show_default=False)
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            parser=read_device_id,
            metavar="DEVICE",
            help="A device whose type, tags and parameters a script is told; else one that is made up.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Of a formatter of the application, another version than the newest.",
            show_default=False,
        ),
    ] = None,
    kind: Kind = None,
    as_json: AsJson = False,
) -> None:
    """Try a formatter on a payload. Nothing is stored.

    It ends with exit code 1 where the formatter fails.
    """
    asked = {"function": function, "payload": payload, "data": data, "port": port, "device": device}
    if payload is None and data is None:
        message = "Give --payload HEX, or --data JSON for encodeDownlink"
        raise AdminError(message)
    origin, formatter = _formatter(what, example, kind, version)
    body = {name: value for name, value in (formatter | asked).items() if value is not None}
    document = context.api.post("formatters", "test", body=body)
    result = read(_Result, document)
    if as_json:
        show_json(document)
        if result.errors:
            raise typer.Exit(1)
        return
    _show(result)
    if result.errors:
        first, *others = result.errors
        raise AdminError(f"{origin}: {first}", others)


def _formatter(what: str | None, example: str | None, kind: Any, version: int | None) -> tuple[str, Json]:
    """Return what people call a formatter, and how the API is told of it."""
    if what is not None and _is_id(what):
        if example is not None or kind is not None:
            message = f"'{what}' is a formatter of the application: leave out --example and --kind"
            raise AdminError(message)
        return what, {"formatter": what, "version": version}
    if version is not None:
        message = "--version is that of a formatter of the application: give its ID"
        raise AdminError(message)
    given = given_source(None if what is None else Path(what), example, kind)
    return given.origin or given.kind, {"kind": given.kind, "source": given.source or None}


def _is_id(what: str) -> bool:
    return what != _STANDARD_INPUT and not Path(what).exists() and _ID.fullmatch(what) is not None


def _show(result: _Result) -> None:
    if result.variables:
        show_table(
            [
                {"variable": each.variable, "value": value_in_words(each.value, each.unit)}
                for each in result.variables
            ],
            folding={"value"},
        )
    elif isinstance(result.data, dict) and "bytes" in result.data and isinstance(result.data["bytes"], list):
        say(bytes(result.data["bytes"]).hex())
    elif result.data is not None:
        say(json.dumps(result.data, ensure_ascii=False))
    elif not result.errors and not result.normalized:
        say("Nothing came out.")
    facts = {
        "location": "" if result.location is None else _place(result.location),
        "normalized": "\n".join(json.dumps(each, ensure_ascii=False) for each in result.normalized),
        "warnings": "\n".join(result.warnings),
        "console": "\n".join(result.logs),
        "processor": "" if result.cpu_ms is None else f"{result.cpu_ms:.1f} ms",
    }
    if shown := {name: value for name, value in facts.items() if value}:
        show_facts(shown)


def _place(location: Json) -> str:
    return f"{location['latitude']}, {location['longitude']}"
