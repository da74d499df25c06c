"""Calling a webhook once, with its URL, headers and secrets as they are now."""

from dataclasses import dataclass

from sigbridge.clock import now_ms
from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook, WebhookSecrets
from sigbridge.model.webhook_health import Failure
from sigbridge.store import webhooks as stored
from sigbridge.webhooks.posting import post
from sigbridge.webhooks.requests import request_of


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook with what it is called with.

    Attributes:
        webhook: The webhook.
        secrets: Its secrets.
    """

    webhook: Webhook
    secrets: WebhookSecrets


def find_endpoint(application_id: str, webhook_id: str) -> Endpoint | None:
    """Read a webhook with its secrets; None where it is deleted."""
    webhook = stored.find(application_id, webhook_id)
    if webhook is None:
        return None
    found = stored.find_secrets(application_id, webhook_id)
    return None if found is None else Endpoint(webhook, found)


def call(endpoint: Endpoint, message_type: MessageType, event: Event) -> Failure | None:
    """Call a webhook with an event, and return why that failed; None where it succeeded."""
    request = request_of(endpoint.webhook, endpoint.secrets, message_type, event, now_ms())
    outcome = post(request.url, request.headers, request.body)
    if outcome.is_success:
        return None
    return Failure(now_ms(), outcome.reason, outcome.status, outcome.retry_after_s, outcome.timed_out)
