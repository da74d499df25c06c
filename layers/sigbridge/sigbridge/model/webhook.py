"""Webhooks: where a user's own server is told what happens, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# Each request of a webhook has it, with the webhook's id; the API refuses those, so that nothing goes round.
HOP_HEADER = "X-Sigbridge-Webhook"


class MessageType(StrEnum):
    """What a webhook can be told, each under a path of its own.

    The first six are The Things Stack's (the-things-stack reference, 3.1), the others are Sigbridge's own.
    """

    UPLINK_MESSAGE = "uplink_message"
    DOWNLINK_QUEUED = "downlink_queued"
    DOWNLINK_SENT = "downlink_sent"
    DOWNLINK_FAILED = "downlink_failed"
    LOCATION_SOLVED = "location_solved"
    SERVICE_DATA = "service_data"
    DOWNLINK_ANSWERED = "downlink_answered"
    DOWNLINK_UNACKNOWLEDGED = "downlink_unacknowledged"
    DOWNLINK_EXPIRED = "downlink_expired"
    DOWNLINK_REMOVED = "downlink_removed"
    DOWNLINK_SUPERSEDED = "downlink_superseded"


class WebhookFormat(StrEnum):
    """In which form a webhook is told.

    TTS: The Things Stack's envelope.
    SIGBRIDGE: The events of docs/events.
    CLOUDEVENTS: The same as CloudEvents 1.0.2 in structured mode.
    TAGOIO: TagoIO's list of variables.
    INFLUXDB: Decoded values as lines of InfluxDB.
    CUSTOM: A body of the user's own, with placeholders.
    """

    TTS = "tts"
    SIGBRIDGE = "sigbridge"
    CLOUDEVENTS = "cloudevents"
    TAGOIO = "tagoio"
    INFLUXDB = "influxdb"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook without its secrets.

    Attributes:
        id: The user's own; unique in its application.
        application_id: Whose it is.
        base_url: Where it is called; an RFC 6570 template.
        format: In which form.
        paths: By what it is told, the path that follows the base URL; a template too, "" for the base URL
            itself. What is left out it is not told.
        field_mask: Which fields it gets, by their paths; empty for all.
        body: Of a custom format, the body with placeholders; else None.
        content_type: Of a custom format, the body's media type; else None.
        header_names: Names of the headers that it is called with; their values are secret.
        has_downlink_key: Whether it is told where and with which key to push downlinks.
        public_url: Base URL of this API, as the webhook's maker called it; without a slash at the end.
        created_at, updated_at: Epoch ms.
    """

    id: str
    application_id: str
    base_url: str
    format: WebhookFormat
    paths: Mapping[MessageType, str]
    created_at: int
    updated_at: int
    field_mask: tuple[str, ...] = ()
    body: str | None = None
    content_type: str | None = None
    header_names: tuple[str, ...] = ()
    has_downlink_key: bool = False
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """What a webhook's requests are signed with.

    Attributes:
        value: `whsec_` and the base64 of 24 to 64 bytes.
        valid_until: When it ends, epoch ms; None for the newest one.
    """

    value: str
    valid_until: int | None = None


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """What nobody is shown of a webhook.

    Attributes:
        signing: The newest secret, and the one before until it ends.
        headers: Values of its headers by name.
        downlink_api_key: The key that its receiver pushes downlinks with, or None.
    """

    signing: tuple[SigningSecret, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    downlink_api_key: str | None = None
