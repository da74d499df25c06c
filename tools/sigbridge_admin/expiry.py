"""When a key ends, as a person writes it: a moment, or how long from now."""

import re
from datetime import UTC, datetime, timedelta

import typer

_DURATION = re.compile(r"(\d{1,6})([hdw])", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def read_expiry(text: str) -> datetime:
    """Reads `12h`, `90d`, `8w`, a date or a date with a time.

    A date means its first moment; times are UTC unless they say otherwise.

    Raises:
        BadParameter: It is something else, or not in the future.
    """
    now = datetime.now(UTC)
    try:
        moment = _read(text.strip(), now)
    except (ValueError, OverflowError) as unreadable:
        message = f"'{text}' is neither a duration (12h, 90d, 8w) nor a date (2030-01-31, 2030-01-31T12:00Z)"
        raise typer.BadParameter(message) from unreadable
    if moment <= now:
        message = f"'{text}' is not in the future"
        raise typer.BadParameter(message)
    return moment


def _read(text: str, now: datetime) -> datetime:
    duration = _DURATION.fullmatch(text)
    if duration is not None:
        return now + int(duration[1]) * _UNITS[duration[2]]
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
