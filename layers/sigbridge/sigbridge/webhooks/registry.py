"""The webhooks of an application: made, changed and deleted by its users."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.clock import DAY_MS, now_ms
from sigbridge.errors import InUse, InvalidInput, NotFound, StoreUnavailable
from sigbridge.model.webhook import MessageType, SigningSecret, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.store import webhooks as stored
from sigbridge.store.webhooks import TooMany, WebhookChanged, WebhookIdTaken
from sigbridge.webhooks.checking import check_host, check_webhook
from sigbridge.webhooks.health import forget
from sigbridge.webhooks.signing import new_secret

MOST_WEBHOOKS = 50
BOTH_SECRETS_SIGN_MS = DAY_MS
# Where nothing is said of paths.
DEFAULT_PATHS: Mapping[MessageType, str] = {MessageType.UPLINK_MESSAGE: ""}
_JSON = "application/json"
_ATTEMPTS = 5

type _ChangeWebhook = Callable[[Webhook, WebhookSecrets], tuple[Webhook, WebhookSecrets]]


class UnknownWebhook(NotFound):
    """The application has no webhook of that id."""

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"There is no webhook '{webhook_id}'")


class WebhookExists(InUse):
    """The application has a webhook of that id."""

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"There is a webhook '{webhook_id}' already")


class TooManyWebhooks(InvalidInput):
    """The application has as many webhooks as it may have."""

    def __init__(self) -> None:
        super().__init__(f"An application has at most {MOST_WEBHOOKS} webhooks")


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook that is to be made.

    Attributes:
        id: The user's own.
        base_url, format, paths, field_mask, body, content_type: As those of `Webhook`.
        headers, downlink_api_key: As those of `WebhookSecrets`.
        signing_secret: What its requests are signed with; None to have one made.
    """

    id: str
    base_url: str
    format: WebhookFormat = WebhookFormat.TTS
    paths: Mapping[MessageType, str] | None = None
    field_mask: tuple[str, ...] = ()
    body: str | None = None
    content_type: str | None = None
    headers: Mapping[str, str] | None = None
    downlink_api_key: str | None = None
    signing_secret: str | None = None


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A webhook with the secret that its requests are signed with from now on, to be shown this once."""

    webhook: Webhook
    signing_secret: str


def list_webhooks(application_id: str) -> list[Webhook]:
    """Read all webhooks of an application, in the order of their ids."""
    return stored.of_application(application_id)


def find_webhook(application_id: str, webhook_id: str) -> Webhook:
    """Read a webhook.

    Raises:
        UnknownWebhook: There is none of that id.
    """
    found = stored.find(application_id, webhook_id)
    if found is None:
        raise UnknownWebhook(webhook_id)
    return found


def create_webhook(application_id: str, new: NewWebhook, public_url: str) -> SignedWebhook:
    """Make a webhook.

    Args:
        application_id: Whose it is.
        new: What it is to be.
        public_url: Base URL of this API, as the caller called it.

    Raises:
        InvalidInput: Something of it is wrong.
        WebhookExists: There is one of that id.
        TooManyWebhooks: The application has 50 others.
    """
    now = now_ms()
    secret = new_secret() if new.signing_secret is None else new.signing_secret
    secrets = WebhookSecrets((SigningSecret(secret),), new.headers or {}, new.downlink_api_key)
    webhook = _with_names(
        Webhook(
            id=new.id,
            application_id=application_id,
            base_url=new.base_url,
            format=new.format,
            paths=DEFAULT_PATHS if new.paths is None else new.paths,
            created_at=now,
            updated_at=now,
            field_mask=new.field_mask,
            body=new.body,
            content_type=_content_type(new.format, new.content_type),
            public_url=public_url,
        ),
        secrets,
    )
    check_webhook(webhook, secrets)
    check_host(webhook)
    try:
        stored.add(webhook, secrets, MOST_WEBHOOKS)
    except WebhookIdTaken as taken:
        raise WebhookExists(new.id) from taken
    except TooMany as many:
        raise TooManyWebhooks from many
    return SignedWebhook(webhook, secret)


def change_webhook(
    application_id: str, webhook_id: str, changes: Mapping[str, Any], public_url: str
) -> Webhook:
    """Change fields of a webhook and leave the others as they are.

    Args:
        application_id, webhook_id: The webhook.
        changes: By the names of `NewWebhook`. Headers are added to those that there are; one whose value is
            None goes.
        public_url: Base URL of this API, as the caller called it.

    Raises:
        UnknownWebhook: There is none of that id.
        InvalidInput: Something of it would be wrong.
        StoreUnavailable: Somebody else changes it again and again.
    """

    def change(webhook: Webhook, secrets: WebhookSecrets) -> tuple[Webhook, WebhookSecrets]:
        facts = {name: value for name, value in changes.items() if name not in _OF_SECRETS}
        changed = replace(webhook, **facts, public_url=public_url)
        if "format" in facts and changed.format is not webhook.format:
            changed = _fitted(changed, facts)
        return changed, _changed_secrets(secrets, changes)

    return _change(application_id, webhook_id, change)


_OF_SECRETS = frozenset({"headers", "downlink_api_key"})


def _fitted(webhook: Webhook, given: Mapping[str, Any]) -> Webhook:
    """Leave out of a webhook what was another format's."""
    of_formats: dict[str, Any] = {"field_mask": (), "body": None, "content_type": None}
    fitted = replace(webhook, **{name: none for name, none in of_formats.items() if name not in given})
    return replace(fitted, content_type=_content_type(fitted.format, fitted.content_type))


def _changed_secrets(secrets: WebhookSecrets, changes: Mapping[str, Any]) -> WebhookSecrets:
    headers = {**secrets.headers, **changes.get("headers", {})}
    return replace(
        secrets,
        headers={name: value for name, value in headers.items() if value is not None},
        downlink_api_key=changes.get("downlink_api_key", secrets.downlink_api_key),
    )


def rotate_secret(application_id: str, webhook_id: str, secret: str | None = None) -> SignedWebhook:
    """Sign with a new secret from now on, and for 24 hours with the one before as well.

    Args:
        application_id, webhook_id: The webhook.
        secret: The new secret; None to have one made.

    Raises:
        UnknownWebhook: There is none of that id.
        InvalidInput: The secret can't be used.
        StoreUnavailable: Somebody else changes the webhook again and again.
    """
    newest = new_secret() if secret is None else secret

    def rotate(webhook: Webhook, secrets: WebhookSecrets) -> tuple[Webhook, WebhookSecrets]:
        before = replace(secrets.signing[0], valid_until=now_ms() + BOTH_SECRETS_SIGN_MS)
        return webhook, replace(secrets, signing=(SigningSecret(newest), before))

    return SignedWebhook(_change(application_id, webhook_id, rotate), newest)


def _change(application_id: str, webhook_id: str, change: _ChangeWebhook) -> Webhook:
    for _ in range(_ATTEMPTS):
        seen = find_webhook(application_id, webhook_id)
        seen_secrets = find_secrets(seen)
        changed, secrets = change(seen, seen_secrets)
        wanted = _with_names(replace(changed, updated_at=now_ms()), secrets)
        check_webhook(wanted, secrets)
        if wanted.base_url != seen.base_url:
            check_host(wanted)
        try:
            return stored.change(seen, wanted, secrets)
        except WebhookChanged:
            continue
    raise StoreUnavailable


def find_secrets(webhook: Webhook) -> WebhookSecrets:
    """Read the secrets of a webhook.

    Raises:
        UnknownWebhook: It was deleted meanwhile.
    """
    found = stored.find_secrets(webhook.application_id, webhook.id)
    if found is None:
        raise UnknownWebhook(webhook.id)
    return found


def delete_webhook(application_id: str, webhook_id: str) -> None:
    """Delete a webhook with its secrets. What waits for it is dropped.

    Raises:
        UnknownWebhook: There is none of that id.
    """
    try:
        stored.remove(application_id, webhook_id)
    except WebhookChanged as gone:
        raise UnknownWebhook(webhook_id) from gone
    forget(application_id, webhook_id)


def _with_names(webhook: Webhook, secrets: WebhookSecrets) -> Webhook:
    return replace(
        webhook,
        header_names=tuple(sorted(secrets.headers)),
        has_downlink_key=secrets.downlink_api_key is not None,
    )


def _content_type(format_: WebhookFormat, content_type: str | None) -> str | None:
    return _JSON if format_ is WebhookFormat.CUSTOM and content_type is None else content_type
