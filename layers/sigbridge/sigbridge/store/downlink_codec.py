"""How a queued downlink is written in the device's state: one short string.

    <expires, 13 digits of epoch ms> <id> <payload, 16 hex digits> <the rest as JSON, if any>

A write to a device's state costs by the size of the whole item, and a hundred small strings are
half the size of a hundred maps. The moment of expiry comes first so that the store can compare it
without reading: a downlink that never expires is written with the last moment 13 digits can say.
"""

import hashlib
import json
from typing import Any

from sigbridge.model.downlink import Downlink, Priority, Source
from sigbridge.model.downlink_history import uplink_moment

_NEVER = 9_999_999_999_999


def write_downlink(downlink: Downlink) -> str:
    """Write a downlink as its string."""
    expires_at = _NEVER if downlink.expires_at is None else downlink.expires_at
    rest: dict[str, Any] = {
        "f_port": downlink.f_port,
        "confirmed": downlink.confirmed,
        "priority": downlink.priority.value,
        "correlation_ids": downlink.correlation_ids,
        "decoded_payload": downlink.decoded_payload,
        "max_attempts": downlink.max_attempts,
        "attempt": downlink.attempt if downlink.attempt > 1 else None,
        "source": None if downlink.source is Source.QUEUE else downlink.source.value,
    }
    rest = {name: value for name, value in rest.items() if value}
    words = [f"{expires_at:013d}", downlink.id, downlink.payload]
    if rest:
        words.append(json.dumps(rest, ensure_ascii=False, separators=(",", ":"), default=float))
    return " ".join(words)


def read_downlink(text: str) -> Downlink:
    """Read the string that `write_downlink` wrote."""
    expires_at, id_, payload, *rest = text.split(" ", 3)
    details = json.loads(rest[0]) if rest else {}
    return Downlink(
        payload=payload,
        id=id_,
        f_port=details.get("f_port"),
        confirmed=details.get("confirmed", False),
        priority=Priority(details.get("priority", 0)),
        correlation_ids=tuple(details.get("correlation_ids", ())),
        decoded_payload=details.get("decoded_payload"),
        max_attempts=details.get("max_attempts"),
        expires_at=None if int(expires_at) == _NEVER else int(expires_at),
        attempt=details.get("attempt", 1),
        source=Source(details.get("source", Source.QUEUE)),
    )


def is_expired(text: str, now_ms: int) -> bool:
    """Tell whether the string that `write_downlink` wrote is of a downlink that waits no more."""
    return int(text.partition(" ")[0]) <= now_ms


def answered_downlink(uplink: str, answer: str) -> Downlink:
    """Read what an uplink was answered with: the string of a downlink, or a bare `downlinkData`.

    A `downlinkData` becomes a downlink of its own at each answer, with an id that follows from the uplink.
    """
    if " " in answer:
        return read_downlink(answer)
    digest = hashlib.sha256(uplink.encode()).hexdigest()[:12]
    return Downlink(payload=answer, id=f"{uplink_moment(uplink):012x}{digest}", source=Source.DOWNLINK_DATA)
