"""Time as the domain counts it, and as it is written for others."""

import re
import time
from datetime import UTC, datetime, timedelta

_EPOCH_NUMBER = re.compile(r"([0-9]{10}|[0-9]{13})(\.[0-9]+)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms() -> int:
    """The present moment in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def rfc3339(moment_ms: int) -> str:
    """Writes epoch milliseconds as RFC 3339 in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_ms(text: str) -> int | None:
    """Reads ISO 8601, UTC unless it says otherwise, into epoch ms; None where it is anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # A float, as `timestamp()` gives, would lose a millisecond of some.
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds if 0 <= milliseconds < 10**13 else None


def epoch_ms(text: str) -> int | None:
    """Reads 10 digits as epoch seconds, 13 as epoch ms; None where it is neither."""
    match = _EPOCH_NUMBER.fullmatch(text)
    if match is None:
        return None
    number, fraction = match[1], match[2] or "."
    return int(number) * 1000 + int(fraction[1:4].ljust(3, "0")) if len(number) == 10 else int(number)
