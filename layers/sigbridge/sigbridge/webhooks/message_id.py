"""The id by which a receiver knows that it has been told something before."""

import hashlib

from sigbridge.model.webhook import MessageType

_DIGITS = 32


def message_id(event_id: str, message_type: MessageType) -> str:
    """Return the id of an event as what a webhook is told of it, the same over all attempts and replays.

    A digest, because ids of Standard Webhooks hold no dot, and those of devices may.
    """
    digest = hashlib.sha256(f"{message_type}/{event_id}".encode()).hexdigest()
    return f"msg_{digest[:_DIGITS]}"
