"""`sigbridge webhooks`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from sigbridge.model.webhook import MessageType, WebhookFormat
from sigbridge_admin.api import Json, Query, read
from sigbridge_admin.application_settings import nothing_to_set
from sigbridge_admin.command import (
    WITH_AWS,
    ApiCommand,
    ApiContext,
    AsJson,
    DeadLettersCommand,
    DeadLettersContext,
    Yes,
    confirm,
    examples,
)
from sigbridge_admin.failures import AdminError
from sigbridge_admin.job_progress import Job, show_job
from sigbridge_admin.payloads import read_text
from sigbridge_admin.presentation import (
    NONE,
    readable_second,
    say,
    show_facts,
    show_json,
    show_secret,
    show_table,
)
from sigbridge_admin.times import read_moment

commands = typer.Typer(
    help="Webhooks: your own servers are told what happens.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_WebhookId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Id of the webhook: small letters, digits and -.", show_default=False),
]


def _read_pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        message = f"'{text}' is not NAME=VALUE"
        raise typer.BadParameter(message)
    return name, value


def _pairs(name: str, explanation: str) -> Any:
    return typer.Option(name, parser=_read_pair, metavar="NAME=VALUE", help=explanation, show_default=False)


_Url = Annotated[str | None, typer.Option("--url", help="Its base URL, with https.", show_default=False)]
_Format = Annotated[
    WebhookFormat | None, typer.Option("--format", help="In which form it is told.", show_default=False)
]
_DownlinkKey = Annotated[
    str | None,
    typer.Option("--downlink-key", help="Key that its receiver pushes downlinks with.", show_default=False),
]


class _Failure(BaseModel):
    at: datetime
    status: int | None = None
    reason: str


class _Health(BaseModel):
    state: str
    failures: int
    last_failure: _Failure | None = None
    last_success_at: datetime | None = None
    missed_from: datetime | None = None


class _Webhook(BaseModel):
    id: str
    base_url: str
    format: str
    paths: dict[str, str]
    header_names: list[str]
    has_downlink_api_key: bool
    health: _Health


class _Attempt(_Failure):
    message_type: str
    event_id: str


@commands.command("list", cls=ApiCommand, epilog=examples("sigbridge webhooks list"))
def list_webhooks(context: ApiContext, as_json: AsJson = False) -> None:
    """List the webhooks of your application. There are at most 50."""
    document = context.api.get("webhooks")
    if as_json:
        show_json(document)
        return
    found = [read(_Webhook, each) for each in document["webhooks"]]
    if not found:
        say("There are no webhooks. `sigbridge webhooks templates` lists templates for some services.")
        return
    show_table(
        [
            {"id": each.id, "url": each.base_url, "format": each.format, "state": each.health.state}
            for each in found
        ],
        folding={"url"},
    )


@commands.command(cls=ApiCommand, epilog=examples("sigbridge webhooks show my-server"))
def show(context: ApiContext, webhook_id: _WebhookId, as_json: AsJson = False) -> None:
    """Show a webhook and how it is doing."""
    document = context.api.get("webhooks", webhook_id)
    show_json(document) if as_json else _show(document)


@commands.command(
    cls=ApiCommand,
    epilog=examples(
        "sigbridge webhooks add my-server --url https://hooks.example.com --path uplink_message=/up",
        "sigbridge webhooks add chat --template slack --field url=https://hooks.example.com/T0",
        "sigbridge webhooks add my-server --from webhook.json",
    ),
)
def add(
    context: ApiContext,
    webhook_id: _WebhookId,
    url: _Url = None,
    format_: _Format = None,
    path: Annotated[list[Any] | None, _pairs("--path", "A message type and its path; repeat it.")] = None,
    header: Annotated[list[Any] | None, _pairs("--header", "A header that is sent; repeat it.")] = None,
    downlink_key: _DownlinkKey = None,
    template: Annotated[
        str | None, typer.Option("--template", help="A template to begin with.", show_default=False)
    ] = None,
    field: Annotated[list[Any] | None, _pairs("--field", "A field of the template; repeat it.")] = None,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="JSON of a webhook, The Things Stack's too.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set up a webhook, and show once the secret that its requests are signed with."""
    body = ({} if from_file is None else _read_file(from_file)) | {"id": webhook_id}
    body |= _settings(url, format_, path, header, downlink_key)
    body |= {} if template is None else {"template_id": template, "template_fields": dict(field or ())}
    _show_signed(context.api.post("webhooks", body=body), as_json=as_json)


@commands.command(
    cls=ApiCommand,
    epilog=examples("sigbridge webhooks change my-server --url https://hooks.example.com/v2"),
)
def change(
    context: ApiContext,
    webhook_id: _WebhookId,
    url: _Url = None,
    format_: _Format = None,
    path: Annotated[list[Any] | None, _pairs("--path", "A message type and its path; repeat it.")] = None,
    header: Annotated[list[Any] | None, _pairs("--header", "A header to add or change; repeat it.")] = None,
    downlink_key: _DownlinkKey = None,
    as_json: AsJson = False,
) -> None:
    """Change a webhook. What is not given stays as it is."""
    body = _settings(url, format_, path, header, downlink_key)
    if not body:
        raise nothing_to_set()
    document = context.api.patch("webhooks", webhook_id, body=body)
    show_json(document) if as_json else _show(document)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge webhooks pause my-server"))
def pause(context: ApiContext, webhook_id: _WebhookId, as_json: AsJson = False) -> None:
    """Stop calling a webhook; what happens meanwhile is delivered when it is resumed."""
    document = context.api.post("webhooks", webhook_id, "pause", body=None)
    show_json(document) if as_json else say(f"Webhook '{webhook_id}' is {document['state']}.")


@commands.command(cls=ApiCommand, epilog=examples("sigbridge webhooks resume my-server"))
def resume(context: ApiContext, webhook_id: _WebhookId, as_json: AsJson = False) -> None:
    """Call a webhook again that was paused or disabled."""
    document = context.api.post("webhooks", webhook_id, "resume", body=None)
    show_json(document) if as_json else say(f"Webhook '{webhook_id}' is {document['state']}.")


@commands.command(
    "test", cls=ApiCommand, epilog=examples("sigbridge webhooks test my-server --type downlink_sent")
)
def try_webhook(
    context: ApiContext,
    webhook_id: _WebhookId,
    message_type: Annotated[
        MessageType, typer.Option("--type", help="As what it is told something.")
    ] = MessageType.UPLINK_MESSAGE,
    as_json: AsJson = False,
) -> None:
    """Call a webhook once, with something made up."""
    body = {"message_type": message_type}
    document = context.api.post("webhooks", webhook_id, "test", body=body)
    if as_json:
        show_json(document)
    else:
        say(f"{'Taken' if document['success'] else 'Not taken'}: {document['reason']}.")


@commands.command(
    cls=ApiCommand,
    epilog=examples("sigbridge webhooks replay my-server --since 2026-11-22 --until 2026-11-23"),
)
def replay(
    context: ApiContext,
    webhook_id: _WebhookId,
    since: Annotated[Any, typer.Option("--since", parser=read_moment, metavar="WHEN", help="From then on.")],
    until: Annotated[Any, typer.Option("--until", parser=read_moment, metavar="WHEN", help="Until then.")],
    as_json: AsJson = False,
) -> None:
    """Have a webhook told again what happened between two moments, as a job."""
    body = {"since": since, "until": until}
    document = context.api.post("webhooks", webhook_id, "replay", body=body)
    show_json(document) if as_json else show_job(read(Job, document))


@commands.command(cls=ApiCommand, epilog=examples("sigbridge webhooks attempts my-server"))
def attempts(
    context: ApiContext,
    webhook_id: _WebhookId,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the last calls that failed, the newest one first."""
    query: Query = {"limit": limit}
    document = context.api.get("webhooks", webhook_id, "attempts", query=query)
    if as_json:
        show_json(document)
        return
    found = [read(_Attempt, each) for each in document["attempts"]]
    if not found:
        say("No call failed in the last 14 days.")
        return
    show_table(
        [
            {
                "at (UTC)": readable_second(each.at),
                "type": each.message_type,
                "reason": each.reason,
                "event": each.event_id,
            }
            for each in found
        ],
        folding={"reason", "event"},
    )


@commands.command(
    "rotate-secret", cls=ApiCommand, epilog=examples("sigbridge webhooks rotate-secret my-server")
)
def rotate_secret(context: ApiContext, webhook_id: _WebhookId, as_json: AsJson = False) -> None:
    """Sign with a new secret; for 24 hours the one before signs as well."""
    _show_signed(context.api.post("webhooks", webhook_id, "rotate-secret", body={}), as_json=as_json)


@commands.command(cls=ApiCommand, epilog=examples("sigbridge webhooks delete my-server"))
def delete(context: ApiContext, webhook_id: _WebhookId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a webhook with its secrets. What waits for it is dropped."""
    if not yes:
        confirm(context.api, f"Delete webhook '{webhook_id}'?")
    context.api.delete("webhooks", webhook_id)
    if as_json:
        show_json({"id": webhook_id, "deleted": True})
        return
    say(f"Webhook '{webhook_id}' deleted.")


@commands.command(cls=ApiCommand, epilog=examples("sigbridge webhooks templates"))
def templates(context: ApiContext, as_json: AsJson = False) -> None:
    """List templates for services that are often called, which `add --template` takes."""
    document = context.api.get("webhook-templates")
    if as_json:
        show_json(document)
        return
    show_table(
        [
            {
                "template": each["template_id"],
                "for": each["name"],
                "fields": ", ".join(field["id"] for field in each["fields"]),
            }
            for each in document["templates"]
        ],
        folding={"for"},
    )


@commands.command(
    cls=DeadLettersCommand,
    rich_help_panel=WITH_AWS,
    epilog=examples(
        "sigbridge webhooks redeliver", "sigbridge --stack staging --region eu-west-1 webhooks redeliver"
    ),
)
def redeliver(context: DeadLettersContext, as_json: AsJson = False) -> None:
    """Have all webhooks of the stack told again what they could not be told in 100 attempts.

    It moves the dead letters back into the queue that they came from. Mend the endpoints first.
    """
    letters = context.dead_letters
    done = letters.redeliver()
    if as_json:
        show_json({"moved": done.moved, "unreadable": done.unreadable})
        return
    if not done.moved and not done.unreadable:
        say(f"There are no dead letters ({letters.place}).")
        return
    say(f"Dead letters sent again: {done.moved} ({letters.place}).")
    if done.unreadable:
        say(f"Left in {letters.url}, because they can't be read: {done.unreadable}.")


def _read_file(file: Path) -> Json:
    try:
        content = json.loads(read_text(file))
    except ValueError as unreadable:
        message = f"{file} is not JSON: {unreadable}"
        raise AdminError(message) from unreadable
    if not isinstance(content, dict):
        message = f"{file} holds no JSON object"
        raise AdminError(message)
    return content


def _settings(
    url: str | None, format_: WebhookFormat | None, paths: Any, headers: Any, downlink_key: str | None
) -> Json:
    given = {
        "base_url": url,
        "format": format_,
        "paths": dict(paths or ()) or None,
        "headers": dict(headers or ()) or None,
        "downlink_api_key": downlink_key,
    }
    return {name: value for name, value in given.items() if value is not None}


def _show_signed(document: Json, *, as_json: bool) -> None:
    if as_json:
        show_json(document)
        return
    say("Its requests are signed with:")
    show_secret(document["signing_secret"])
    say("Copy it now: it can't be shown again.\n")
    _show(document)


def _show(document: Json) -> None:
    webhook = read(_Webhook, document)
    health = webhook.health
    failure = health.last_failure
    show_facts(
        {
            "id": webhook.id,
            "url": webhook.base_url,
            "format": webhook.format,
            "paths": "\n".join(f"{name}: {path or '(base URL)'}" for name, path in webhook.paths.items()),
            "headers": ", ".join(webhook.header_names) or NONE,
            "downlink key": "yes" if webhook.has_downlink_api_key else NONE,
            "state": health.state,
            "last success": NONE
            if health.last_success_at is None
            else readable_second(health.last_success_at),
            "last failure": NONE if failure is None else f"{readable_second(failure.at)}: {failure.reason}",
            "missed from": NONE if health.missed_from is None else readable_second(health.missed_from),
        }
    )
