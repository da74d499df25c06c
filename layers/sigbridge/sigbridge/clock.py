"""Time as the domain counts it, and as it is written for others."""

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

DAY_MS = 86_400_000

_EPOCH_NUMBER = re.compile(r"([0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{19})(\.[0-9]+)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms() -> int:
    """The present moment in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def is_believed(sent_ms: int, received_ms: int) -> bool:
    """Tell whether something can have been sent when it says: not more than a day after its reception."""
    return sent_ms <= received_ms + DAY_MS


def counted_moment(sent_ms: int, received_ms: int) -> int:
    """Return the moment that counts for all that is derived: the earlier one of sending and reception.

    What is recovered days later is of when it was sent; what claims to come from the future is of today.
    """
    return min(sent_ms, received_ms)


def rfc3339(moment_ms: int) -> str:
    """Write epoch milliseconds as RFC 3339 in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_ms(text: str) -> int | None:
    """Read ISO 8601, UTC unless it says otherwise, into epoch ms; None where it is anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # A float, as `timestamp()` gives, would lose a millisecond of some.
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds if 0 <= milliseconds < 10**13 else None


def rfc1123_ms(text: str) -> int | None:
    """Read a date of HTTP or mail, `Sat, 22 Nov 2025 00:20:27 GMT`; None where it is anything else."""
    if not text[:3].isalpha():
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return iso_ms(moment.isoformat())


def epoch_ms(text: str) -> int | None:
    """Read an epoch number: 10 digits are s, 13 ms, 16 µs, 19 ns; None where it has others."""
    match = _EPOCH_NUMBER.fullmatch(text)
    if match is None:
        return None
    number, fraction = match[1], (match[2] or ".")[1:]
    return int((number + fraction).ljust(13, "0")[:13]) if len(number) == 10 else int(number[:13])
