"""How webhooks are doing, and what their users do about it."""

from sigbridge.clock import now_ms
from sigbridge.model.webhook_health import WebhookHealth
from sigbridge.store import webhook_attempts
from sigbridge.store import webhook_health as stored


def find_health(application_id: str, webhook_id: str) -> WebhookHealth:
    """Read how a webhook is doing."""
    return stored.find(application_id, webhook_id).health


def pause(application_id: str, webhook_id: str) -> WebhookHealth:
    """Stop calling a webhook; what happens meanwhile is delivered when it is resumed."""
    now = now_ms()
    return stored.change(application_id, webhook_id, lambda health: health.paused(now))


def resume(application_id: str, webhook_id: str) -> WebhookHealth:
    """Call a webhook again, whatever stopped that; within a minute it begins to get what it missed."""
    return stored.change(application_id, webhook_id, lambda health: health.resumed())


def forget(application_id: str, webhook_id: str) -> None:
    """Forget how a deleted webhook was doing, and which calls of it failed."""
    stored.remove(application_id, webhook_id)
    webhook_attempts.remove_all(application_id, webhook_id)
