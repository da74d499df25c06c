"""Sigbridge's own events, as docs/events describes them."""

from typing import Any

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook
from sigbridge.webhooks.content import JSON, Content, text_content
from sigbridge.webhooks.details import read_detail, to_json
from sigbridge.webhooks.field_mask import masked


def event_content(message_type: MessageType, event: Event) -> dict[str, Any]:
    """Return an event with its kind, and as what a webhook is told of it."""
    return {"kind": event.kind, "message_type": message_type, **read_detail(event)}


def write(webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write an event with all of its detail."""
    return text_content(JSON, to_json(masked(event_content(message_type, event), webhook.field_mask)))
