"""What waits for a webhook in the queue: an event as one type of message, or a trial."""

import json
from dataclasses import dataclass
from typing import Any

from sigbridge.aws.queue import Grouped
from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType

# Of the form in which a delivery waits in the queue.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event for one webhook.

    Attributes:
        application_id, webhook_id: The webhook.
        message_type: As what it is told of the event.
        event: What it is told of.
    """

    application_id: str
    webhook_id: str
    message_type: MessageType
    event: Event


@dataclass(frozen=True, slots=True)
class WebhookProbe:
    """An order to try whether a webhook answers again, with the first thing that it missed.

    Attributes:
        application_id, webhook_id: The webhook.
    """

    application_id: str
    webhook_id: str


type QueuedDelivery = WebhookDelivery | WebhookProbe


def write_delivery(delivery: QueuedDelivery) -> Grouped:
    """Write a delivery for the queue, in a group of its webhook."""
    content: dict[str, Any] = {
        "version": _VERSION,
        "application_id": delivery.application_id,
        "webhook_id": delivery.webhook_id,
    }
    if isinstance(delivery, WebhookDelivery):
        event = delivery.event
        content |= {
            "message_type": delivery.message_type,
            "kind": event.kind,
            "fed_at": event.fed_at,
            "detail": json.loads(event.detail),
        }
    document = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Grouped(document, group_of(delivery))


def group_of(delivery: QueuedDelivery) -> str:
    """Name the group of the queue in which a delivery waits: that of its webhook."""
    return f"{delivery.application_id}/{delivery.webhook_id}"


def read_delivery(document: str) -> QueuedDelivery:
    """Read what `write_delivery` wrote.

    Raises:
        KeyError, TypeError, ValueError: It did not write this, or another version of it did.
    """
    content = json.loads(document)
    if content["version"] != _VERSION:
        message = f"A delivery of version {content['version']}"
        raise ValueError(message)
    application_id, webhook_id = content["application_id"], content["webhook_id"]
    if "message_type" not in content:
        return WebhookProbe(application_id, webhook_id)
    event = Event.of_detail(content["kind"], content["detail"], content["fed_at"])
    return WebhookDelivery(application_id, webhook_id, MessageType(content["message_type"]), event)
