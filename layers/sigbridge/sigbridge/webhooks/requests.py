"""The request that tells a webhook of an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sigbridge import __version__
from sigbridge.model.event import Event
from sigbridge.model.webhook import HOP_HEADER, MessageType, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.webhooks.contents import content_of
from sigbridge.webhooks.message_id import message_id
from sigbridge.webhooks.signing import signature_headers
from sigbridge.webhooks.urls import target_url

_USER_AGENT = f"Sigbridge/{__version__}"


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A POST that is to be sent.

    Attributes:
        url: Where to; not yet checked.
        headers: Those that belong to it, besides those of its connection.
        body: Byte by byte what was signed.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes


def request_of(
    webhook: Webhook, secrets: WebhookSecrets, message_type: MessageType, event: Event, at_ms: int
) -> OutgoingRequest:
    """Make the request of one attempt to tell a webhook of an event.

    Args:
        webhook: Which one.
        secrets: What belongs to it and nobody is shown.
        message_type: As what it is told.
        event: What happened.
        at_ms: When the attempt is made, epoch ms.
    """
    content = content_of(webhook, message_type, event)
    users = {name.lower() for name in secrets.headers}
    defaults = {"User-Agent": _USER_AGENT, **content.headers}
    headers = {
        **{name: value for name, value in defaults.items() if name.lower() not in users},
        **secrets.headers,
        "Content-Type": content.content_type,
        HOP_HEADER: webhook.id,
        **_downlink_headers(webhook, secrets, event),
        **signature_headers(message_id(event.id, message_type), at_ms, content.body, secrets.signing),
    }
    return OutgoingRequest(target_url(webhook, message_type, event), headers, content.body)


def _downlink_headers(webhook: Webhook, secrets: WebhookSecrets, event: Event) -> dict[str, str]:
    """Say where and with which key the receiver may push downlinks, as The Things Stack does."""
    domain = urlsplit(webhook.public_url).hostname
    headers = {"X-Tts-Domain": domain} if webhook.format is WebhookFormat.TTS and domain else {}
    if secrets.downlink_api_key is None:
        return headers
    device = (
        f"{webhook.public_url}/api/v3/as/applications/{webhook.application_id}"
        f"/webhooks/{webhook.id}/devices/{event.device_id.lower()}"
    )
    return {
        **headers,
        "X-Downlink-Apikey": secrets.downlink_api_key,
        "X-Downlink-Push": f"{device}/down/push",
        "X-Downlink-Replace": f"{device}/down/replace",
    }
