"""`sigbridge sigfox login`, `show`, `logout` and `api`."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge.provisioning.requests import Method
from sigbridge_admin.api import Api, Json, read
from sigbridge_admin.command import ApiCommand, ApiContext, AsJson, Yes, confirm, examples
from sigbridge_admin.failures import AdminError
from sigbridge_admin.payloads import read_text
from sigbridge_admin.presentation import NONE, readable_second, say, show_facts, show_json

commands = typer.Typer()


class _Connection(BaseModel):
    login: str
    group_id: str
    base_url: str
    state: str
    state_since: datetime
    reason: str | None = None
    last_success_at: datetime | None = None
    recovered_until: datetime | None = None


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox login",
        "sigbridge sigfox login --login 5a1b2c3d4e5f60718293a4b5 --group 5a1b2c3d4e5f60718293a4b6",
        "sigbridge sigfox login --login 5a1b2c3d4e5f60718293a4b5 --password-stdin < password.txt",
    ),
)
def login(
    context: ApiContext,
    login: Annotated[
        str | None,
        typer.Option("--login", help="Id of the API user; asked for if left out.", show_default=False),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            help="Id of the group whose devices you manage; may be left out where the API user sees one.",
            show_default=False,
        ),
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give the credentials of an API user of Sigfox's, which are checked there and kept in your account."""
    if login is None and from_stdin:
        message = "Give --login with --password-stdin"
        raise AdminError(message)
    document = ask_for_credentials(context.api, login, group, from_stdin=from_stdin)
    show_json(document) if as_json else _show(document)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox show"))
def show(context: ApiContext, as_json: AsJson = False) -> None:
    """Show how you are connected to Sigfox's API, and how it is doing."""
    document = context.api.get("sigfox")
    show_json(document) if as_json else _show(document)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge sigfox logout"))
def logout(context: ApiContext, yes: Yes = False, as_json: AsJson = False) -> None:
    """Forget the credentials. Nothing is changed in Sigfox: its callbacks go on."""
    if not yes:
        confirm(context.api, "Forget the credentials for Sigfox's API?")
    context.api.delete("sigfox")
    if as_json:
        show_json({"connected": False})
        return
    say("The credentials are forgotten. Nothing was changed in Sigfox.")


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge sigfox api GET /contract-infos/ --query deep=true",
        """sigbridge sigfox api PUT /device-types/5a1b2c3d4e5f60718293a4b7 --body '{"name": "Meters"}'""",
        "sigbridge sigfox api POST /device-types/ --body @type.json",
    ),
)
def api(
    context: ApiContext,
    method: Annotated[Method, typer.Argument(help="Method.", case_sensitive=False, show_default=False)],
    path: Annotated[str, typer.Argument(help="Path below /v2, as /groups/.", show_default=False)],
    query: Annotated[
        list[str] | None,
        typer.Option("--query", metavar="NAME=VALUE", help="A variable; repeat it.", show_default=False),
    ] = None,
    body: Annotated[
        str | None,
        typer.Option("--body", metavar="JSON|@FILE", help="The body, or its file.", show_default=False),
    ] = None,
) -> None:
    """Send any request to Sigfox's API, and print what it answers as JSON."""
    request = {"method": method, "path": path, "query": dict(map(_read_pair, query or ()))}
    request |= {} if body is None else {"body": _read_body(body)}
    answer = context.api.post("sigfox", "requests", body=request)
    if answer["status"] >= 400:
        said = json.dumps(answer["body"], ensure_ascii=False) if answer["body"] else ""
        message = f"Sigfox answered {answer['status']}"
        raise AdminError(message, [said] if said else [])
    show_json(answer["body"])


def ask_for_credentials(
    api: Api, login: str | None = None, group: str | None = None, *, from_stdin: bool = False
) -> Json:
    """Ask for what is not given of an API user's credentials, give them to the API, and return its answer."""
    login = login or str(typer.prompt("Login of the API user", err=True))
    password = _read_password(from_stdin=from_stdin)
    body = {"login": login, "password": password} | ({} if group is None else {"group_id": group})
    return api.put("sigfox", body=body)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin or not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(typer.prompt("Password", hide_input=True, err=True))
    if not password:
        message = "There is no password"
        raise AdminError(message)
    return password


def _read_pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        message = f"'{text}' is not NAME=VALUE"
        raise AdminError(message)
    return name, value


def _read_body(text: str) -> Any:
    written = read_text(Path(text[1:])) if text.startswith("@") else text
    try:
        return json.loads(written)
    except ValueError as unreadable:
        message = f"The body is not JSON: {unreadable}"
        raise AdminError(message) from unreadable


def _show(document: Json) -> None:
    connection = read(_Connection, document)
    success, recovered = connection.last_success_at, connection.recovered_until
    show_facts(
        {
            "state": connection.state + (f": {connection.reason}" if connection.reason else ""),
            "since": readable_second(connection.state_since),
            "last success": NONE if success is None else readable_second(success),
            "login": connection.login,
            "group": connection.group_id,
            "callbacks call": connection.base_url,
            "recovered until": NONE if recovered is None else readable_second(recovered),
        }
    )
