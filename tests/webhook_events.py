"""Events for the tests of webhooks: the examples of docs/events, and one of every kind."""

import json
from collections.abc import Mapping
from typing import Any

from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, Webhook, WebhookFormat
from tests.event_schemas import family_of, schema

STEPS: Mapping[str, Mapping[str, Any]] = {
    "queued": {},
    "answered": {"uplink": {"time": "2025-11-22T00:20:27.000Z", "seq_number": 1508}},
    "pending": {"info_code": 5},
    "sent": {"info_code": 0, "info_message": "Acked", "downlink_ack": True},
    "unacknowledged": {},
    "failed": {"reason": "quota_exceeded", "info_code": 3, "info_message": "Overrun error"},
    "expired": {},
    "removed": {"cause": "cleared"},
    "superseded": {},
}


def event_of(kind: str, detail: Mapping[str, Any]) -> Event:
    """An event of this kind with this detail."""
    text = json.dumps(detail, ensure_ascii=False)
    return Event(detail["id"], kind, detail["application_id"], detail["device_id"], text)


def example(kind: str, position: int = 0, **changes: Any) -> Event:
    """An example of the schema, with changes to its main part."""
    family = family_of(kind)
    detail = schema(family)["examples"][position]
    return event_of(kind, {**detail, family: {**detail[family], **changes}})


def downlink_event(state: str, **changes: Any) -> Event:
    """A step of the confirmed downlink of the first example."""
    detail = schema("downlink")["examples"][0]
    step = {**detail["step"], "state": state, **STEPS[state]}
    changed = {**detail, "downlink": {**detail["downlink"], **changes}, "step": step}
    return event_of(f"Downlink {state}", changed)


ONE_OF_EACH_KIND: Mapping[str, Event] = {
    "Message received": example("Message received"),
    "Message completed": example("Message completed", 1),
    **{
        f"Report received: {name}": example("Report received", at)
        for at, name in enumerate(("ack", "event", "geoloc"))
    },
    **{f"Downlink {state}": downlink_event(state) for state in STEPS},
}


def webhook_of(format_: WebhookFormat, message_type: MessageType, path: str = "", **changes: Any) -> Webhook:
    """A webhook that is told of one type."""
    webhook: dict[str, Any] = {
        "id": "my-server",
        "application_id": "greenhouse",
        "base_url": "https://example.com/sigfox",
        "format": format_,
        "paths": {message_type: path},
        "created_at": 0,
        "updated_at": 0,
        "public_url": "https://api.example.com",
    }
    return Webhook(**webhook | changes)
