"""`sigbridge formatters`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge_admin import formatter_trials, redecoding
from sigbridge_admin.api import Json, Query, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, Yes, confirm, examples
from sigbridge_admin.formatter_library import library
from sigbridge_admin.formatter_source import Example, Kind, given_source
from sigbridge_admin.presentation import (
    NONE,
    readable_moment,
    say,
    show_facts,
    show_json,
    show_source,
    show_table,
)
from sigbridge_admin.times import read_moment

commands = typer.Typer(
    help="Payload formatters: what makes named values of payloads, in versions.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_FormatterId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Id of the formatter: letters, digits, - and _.", show_default=False),
]


class _Version(BaseModel):
    number: int
    kind: str
    valid_from: datetime
    created_at: datetime


class _Formatter(BaseModel):
    id: str
    name: str
    version: _Version
    source: str | None = None


@commands.command("list", cls=ApiCommand, epilog=examples("sigbridge formatters list"))
def list_formatters(context: ApiContext, as_json: AsJson = False) -> None:
    """List the formatters of your application. There are at most 100."""
    document = context.api.get("formatters")
    if as_json:
        show_json(document)
        return
    formatters = [read(_Formatter, each) for each in document["formatters"]]
    if not formatters:
        say("There are no formatters. `sigbridge formatters examples` lists those of the library.")
        return
    show_table(
        [{"id": each.id, "name": each.name, **_version_facts(each.version)} for each in formatters],
        folding={"name"},
    )


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge formatters show climate",
        "sigbridge formatters show climate --version 1 --source > climate.js",
    ),
)
def show(
    context: ApiContext,
    formatter_id: _FormatterId,
    version: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Another version than the newest.", show_default=False),
    ] = None,
    source: Annotated[
        bool, typer.Option("--source", help="Print its source as it is, and nothing else.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a formatter."""
    query: Query = {"version": version}
    document = context.api.get("formatters", formatter_id, query=query)
    if as_json:
        show_json(document)
        return
    shown = read(_Formatter, document)
    if source:
        show_source(shown.source or "")
        return
    size = "none" if shown.source is None else f"{len(shown.source.encode())} bytes (--source prints it)"
    show_facts({"id": shown.id, "name": shown.name, **_version_facts(shown.version), "source": size})


@commands.command(cls=ApiCommand, epilog=examples("sigbridge formatters versions climate"))
def versions(context: ApiContext, formatter_id: _FormatterId, as_json: AsJson = False) -> None:
    """List the versions of a formatter, the newest one first."""
    document = context.api.get("formatters", formatter_id, "versions")
    if as_json:
        show_json(document)
        return
    show_table([_version_facts(read(_Version, each)) for each in document["versions"]])


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge formatters put climate climate.js",
        "sigbridge formatters put climate climate.js --valid-from 2026-11-01",
        "sigbridge formatters put sensit --example sensit-v3",
        "sigbridge formatters put lpp --kind cayenne_lpp",
    ),
)
def put(
    context: ApiContext,
    formatter_id: _FormatterId,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A script (.js) or Sigfox's grammar (.txt); - is the standard input.",
            show_default=False,
        ),
    ] = None,
    example: Example = None,
    kind: Kind = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What people call it.", show_default=False)
    ] = None,
    valid_from: Annotated[
        Any,
        typer.Option(
            "--valid-from",
            parser=read_moment,
            metavar="WHEN",
            help="It is for messages from then on: a date (2026-11-01) or a time (2026-11-01T12:00Z)."
            " Left out, it takes the place of the newest version; a new formatter is for all messages.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a formatter, or give it a new version. It is checked first.

    Running functions follow within a minute.
    """
    given = given_source(file, example, kind)
    body: Json = {
        "kind": given.kind,
        "source": given.source or None,
        "name": name or given.name,
        "valid_from": valid_from,
    }
    document = context.api.put("formatters", formatter_id, body=_given(body))
    if as_json:
        show_json(document)
        return
    version = read(_Formatter, document).version
    say(
        f"Formatter '{formatter_id}' has version {version.number} ({version.kind}), for {_messages(version)}."
    )
    if version.number == 1:
        say(f"Devices are read by it after `sigbridge types set TYPE --uplink-formatter {formatter_id}`.")


commands.command("test", cls=ApiCommand, epilog=formatter_trials.EXAMPLES)(formatter_trials.try_formatter)
commands.command("redecode", cls=ApiCommand, epilog=redecoding.EXAMPLES)(redecoding.redecode)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge formatters delete climate"))
def delete(
    context: ApiContext, formatter_id: _FormatterId, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Delete a formatter with all its versions. One that a device type names is not deleted."""
    if not yes:
        count = len(context.api.get("formatters", formatter_id, "versions")["versions"])
        confirm(
            context.api,
            f"Formatter '{formatter_id}' has {count} version{'s' if count > 1 else ''}. Delete it?",
        )
    context.api.delete("formatters", formatter_id)
    if as_json:
        show_json({"id": formatter_id, "deleted": True})
        return
    say(f"Formatter '{formatter_id}' deleted. Messages keep what a script made of them.")


@commands.command("examples", epilog=examples("sigbridge formatters examples"))
def list_examples(as_json: AsJson = False) -> None:
    """List formatters for devices that can be bought, which `put --example` takes."""
    shown = [
        {
            "id": each.id,
            "device": f"{each.maker}: {each.name}",
            "kind": each.kind.value,
            "has_downlinks": bool(each.downlinks),
        }
        for each in library()
    ]
    if as_json:
        show_json({"examples": shown})
        return
    show_table(
        [
            {
                "example": str(each["id"]),
                "device": str(each["device"]),
                "kind": str(each["kind"]),
                "downlinks": "yes" if each["has_downlinks"] else NONE,
            }
            for each in shown
        ],
        folding={"device"},
    )


def _given(settings: Json) -> Json:
    return {name: value for name, value in settings.items() if value is not None}


def _version_facts(version: _Version) -> dict[str, str]:
    return {
        "version": str(version.number),
        "kind": version.kind,
        "for messages": _reach(version),
        "created": readable_moment(version.created_at),
    }


def _reach(version: _Version) -> str:
    if version.valid_from.timestamp() <= 0:
        return "all"
    return f"from {readable_moment(version.valid_from)}"


def _messages(version: _Version) -> str:
    reach = _reach(version)
    return "all messages" if reach == "all" else f"messages {reach}"
