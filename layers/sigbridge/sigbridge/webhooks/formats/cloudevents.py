"""CloudEvents 1.0.2 in structured mode, around Sigbridge's events (forwarding reference, 9)."""

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook
from sigbridge.webhooks.content import JSON, Content, text_content
from sigbridge.webhooks.details import to_json
from sigbridge.webhooks.field_mask import masked
from sigbridge.webhooks.formats.sigbridge import event_content
from sigbridge.webhooks.message_id import message_id


def write(webhook: Webhook, message_type: MessageType, event: Event) -> Content:
    """Write an event as the data of a CloudEvent, whose id is that of the request."""
    data = event_content(message_type, event)
    version = data["version"]
    family = event.kind.partition(" ")[0].lower()
    envelope = {
        "specversion": "1.0",
        "id": message_id(event.id, message_type),
        "source": f"/applications/{event.application_id}/devices/{event.device_id}",
        "type": f"com.sigbridge.{event.kind.lower().replace(' ', '.')}.v{version}",
        "subject": event.device_id,
        "time": data["at"],
        "dataschema": f"urn:sigbridge:event:{family}:{version}",
        "datacontenttype": JSON,
        "data": masked(data, webhook.field_mask),
    }
    return text_content("application/cloudevents+json", to_json(envelope))
