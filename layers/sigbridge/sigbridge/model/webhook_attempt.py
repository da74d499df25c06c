"""A call of a webhook that failed, as its user is shown it."""

from dataclasses import dataclass

from sigbridge.model.webhook import MessageType


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """A call that failed; the event is delivered later.

    Attributes:
        at: When, epoch ms.
        message_type: What the webhook was to be told.
        event_id: The event.
        message_id: The header `webhook-id` of the call, the same in all calls for this.
        status: HTTP status of the answer; None where there was none.
        reason: Why it failed.
    """

    at: int
    message_type: MessageType
    event_id: str
    message_id: str
    status: int | None
    reason: str
