"""Finding which webhooks are to be told of events, and putting that into the queue."""

from collections.abc import Iterable, Sequence

from sigbridge.aws import queue
from sigbridge.model.event import Event
from sigbridge.model.webhook import Webhook
from sigbridge.settings import settings
from sigbridge.webhooks.delivery import QueuedDelivery, WebhookDelivery, write_delivery
from sigbridge.webhooks.matching import message_types_of


def deliveries_of(event: Event, webhooks: Iterable[Webhook]) -> list[WebhookDelivery]:
    """Return what webhooks are to be told of an event: all that they have a path for."""
    types = message_types_of(event)
    return [
        WebhookDelivery(webhook.application_id, webhook.id, type_, event)
        for webhook in webhooks
        for type_ in types
        if type_ in webhook.paths
    ]


def enqueue(deliveries: Sequence[QueuedDelivery]) -> None:
    """Put deliveries into the queue, ten in a request.

    Raises:
        QueueUnavailable: Some may not be in it.
    """
    queue.send(settings().webhook_queue_url, [write_delivery(delivery) for delivery in deliveries])
