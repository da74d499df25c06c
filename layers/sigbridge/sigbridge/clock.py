"""Time as the domain counts it, and as it is written for others."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """The present moment in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def rfc3339(moment_ms: int) -> str:
    """Writes epoch milliseconds as RFC 3339 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_ms(text: str) -> int | None:
    """Reads ISO 8601, UTC unless it says otherwise, into epoch ms; None where it is anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        milliseconds = int(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        return None
    return milliseconds if 0 <= milliseconds < 10**13 else None
