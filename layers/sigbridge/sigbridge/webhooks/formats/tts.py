"""The Things Stack's envelope."""

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook
from sigbridge.things_stack.application_up import application_up
from sigbridge.webhooks.content import JSON, Content, text_content
from sigbridge.webhooks.details import read_detail, to_json
from sigbridge.webhooks.field_mask import masked


def write(webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write an event in The Things Stack's envelope."""
    envelope = application_up(message_type, read_detail(event))
    return text_content(JSON, to_json(masked(envelope, webhook.field_mask)))
