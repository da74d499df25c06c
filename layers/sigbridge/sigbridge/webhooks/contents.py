"""What a webhook is told of an event, in the webhook's format."""

from collections.abc import Callable, Mapping

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook, WebhookFormat
from sigbridge.webhooks.content import Content
from sigbridge.webhooks.formats import cloudevents, custom, influxdb, sigbridge, tagoio, tts

type _Write = Callable[[Webhook, MessageType, Event], Content]

_FORMATS: Mapping[WebhookFormat, _Write] = {
    WebhookFormat.TTS: tts.write,
    WebhookFormat.SIGBRIDGE: sigbridge.write,
    WebhookFormat.CLOUDEVENTS: cloudevents.write,
    WebhookFormat.TAGOIO: tagoio.write,
    WebhookFormat.INFLUXDB: influxdb.write,
    WebhookFormat.CUSTOM: custom.write,
}


def content_of(webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write an event as what a webhook is told of it."""
    return _FORMATS[webhook.format](webhook, message_type, event)
