"""Trying a webhook with something that did not happen: at once, and whatever its state."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sigbridge.clock import now_ms, rfc3339
from sigbridge.errors import TooManyRequests
from sigbridge.model.event import Event
from sigbridge.model.rate_limit import RateLimit
from sigbridge.model.webhook import MessageType
from sigbridge.webhooks.posting import Outcome, post
from sigbridge.webhooks.registry import find_secrets, find_webhook
from sigbridge.webhooks.requests import request_of

DEVICE = "TEST"
_trials = RateLimit(burst=5, per_minute=20, now_ms=now_ms)


class TooManyWebhookTrials(TooManyRequests):
    """The key tries webhooks more often than it may."""

    def __init__(self) -> None:
        super().__init__("A key may try 20 webhooks a minute: wait a few seconds")


def try_webhook(application_id: str, key_id: str, webhook_id: str, message_type: MessageType) -> Outcome:
    """Call a webhook with something made up. What its server says is a result, not an error.

    Raises:
        TooManyWebhookTrials: The key has tried too much.
        UnknownWebhook: There is none of that id.
    """
    if not _trials.take(key_id):
        raise TooManyWebhookTrials
    webhook = find_webhook(application_id, webhook_id)
    now = now_ms()
    event = made_up(application_id, message_type, now)
    request = request_of(webhook, find_secrets(webhook), message_type, event, now)
    own_host = urlsplit(webhook.public_url).netloc
    return post(request.url, request.headers, request.body, own_host=own_host)


def forget_webhook_trials() -> None:
    """Let each key try as much as if it had tried nothing yet."""
    _trials.reset()


def made_up(application_id: str, message_type: MessageType, now: int) -> Event:
    """Make an event that webhooks are told as this, of a device that there is not."""
    kind, content = _content(message_type, now)
    return Event.of_detail(
        kind,
        {
            "version": 1,
            "id": f"test/{application_id}/{message_type}/{now}",
            "application_id": application_id,
            "device_id": DEVICE,
            "at": rfc3339(now),
            **content,
        },
    )


def _content(message_type: MessageType, now: int) -> tuple[str, Mapping[str, Any]]:
    moment = rfc3339(now)
    match message_type:
        case MessageType.UPLINK_MESSAGE | MessageType.LOCATION_SOLVED:
            message = {
                "device": DEVICE,
                "network": "sigfox",
                "time": moment,
                "received_at": moment,
                "group": f"{DEVICE}-{now}",
                "seq_number": 1,
                "payload": "74657374",
                "decoded_payload": {"temperature": 21.5},
                "ack": False,
                "location": {"latitude": 43.5446, "longitude": 1.5119, "radius": 500, "source": 2},
            }
            return "Message received", {"message": message}
        case MessageType.SERVICE_DATA:
            report = {"service": "status", "device": DEVICE, "time": moment, "received_at": moment}
            return "Report received", {"report": {**report, "facts": {"batt": 3.6}}}
    step = message_type.removeprefix("downlink_")
    downlink = {
        "id": "0" * 24,
        "source": "queue",
        "frm_payload": "AAAAAAAAAAA=",
        "priority": "NORMAL",
        "confirmed": False,
        "correlation_ids": [],
        "queued_at": moment,
    }
    told = {"state": step, "attempt": 1, "at": moment, **_facts_of_step(message_type, moment)}
    return f"Downlink {step}", {"downlink": downlink, "step": told}


def _facts_of_step(message_type: MessageType, moment: str) -> Mapping[str, Any]:
    match message_type:
        case MessageType.DOWNLINK_ANSWERED:
            return {"uplink": {"time": moment, "seq_number": 1}}
        case MessageType.DOWNLINK_SENT:
            return {"info_code": 0}
        case MessageType.DOWNLINK_FAILED:
            return {"reason": "network_error"}
        case MessageType.DOWNLINK_REMOVED:
            return {"cause": "deleted"}
    return {}
