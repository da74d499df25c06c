"""Something that happened in an application, as destinations are told of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigbridge.model.downlink_history import Step

CALLBACK_REFUSED = "Callback refused"
KINDS = (
    "Message received",
    "Message completed",
    "Report received",
    *(f"Downlink {step}" for step in Step),
    CALLBACK_REFUSED,
    "Webhook disabled",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; docs/events describes each kind.

    Attributes:
        id: The same however often the event is delivered.
        kind: Such as "Downlink sent".
        application_id: Where it happened.
        device_id: Whose it is; "" for what is no device's.
        detail: A JSON object, with all of that but the kind in it.
        fed_at: Epoch ms at or after which the feed has it under; None where the feed does not have it.
    """

    id: str
    kind: str
    application_id: str
    device_id: str
    detail: str
    fed_at: int | None = None

    @classmethod
    def of_detail(cls, kind: str, detail: Mapping[str, Any], fed_at: int | None = None) -> "Event":
        """Make the event that a detail tells of.

        Raises:
            KeyError: It is no detail of an event.
        """
        return cls(
            id=detail["id"],
            kind=kind,
            application_id=detail["application_id"],
            device_id=detail.get("device_id", ""),
            detail=json.dumps(detail, ensure_ascii=False, separators=(",", ":")),
            fed_at=fed_at,
        )


def kind_in_url(kind: str) -> str:
    """Return a kind as URLs and filters name it: "downlink.sent" for "Downlink sent"."""
    return kind.lower().replace(" ", ".")
