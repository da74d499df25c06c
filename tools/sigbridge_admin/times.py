"""Moments and lengths of time as a person writes them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer

_DURATION = re.compile(r"(\d{1,6})([hdw])", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a key ends.

    Attributes:
        at: The moment, in UTC; None for never.
    """

    at: datetime | None

    def rfc3339(self) -> str | None:
        """Write the moment as the API takes it."""
        return None if self.at is None else self.at.isoformat().replace("+00:00", "Z")


def read_expiry(text: str) -> Expiry:
    """Read `12h`, `90d`, `8w`, a date, a date with a time, or `never`.

    A date means its first moment; times are UTC unless they say otherwise.

    Raises:
        BadParameter: It is something else, or not in the future.
    """
    if text.strip() == "never":
        return Expiry(None)
    now = datetime.now(UTC)
    try:
        moment = _read(text.strip(), now)
    except (ValueError, OverflowError) as unreadable:
        message = f"'{text}' is neither a duration (12h, 90d, 8w) nor a date (2030-01-31, 2030-01-31T12:00Z)"
        raise typer.BadParameter(message) from unreadable
    if moment <= now:
        message = f"'{text}' is not in the future"
        raise typer.BadParameter(message)
    return Expiry(moment)


def read_moment(text: str) -> str:
    """Read a date, which means its first moment, or a date with a time; as RFC 3339.

    Raises:
        BadParameter: It is something else.
    """
    try:
        moment = _read_date(text.strip())
    except (ValueError, OverflowError) as unreadable:
        message = f"'{text}' is no date: write 2026-11-01 or 2026-11-01T12:00Z"
        raise typer.BadParameter(message) from unreadable
    return moment.isoformat().replace("+00:00", "Z")


def read_past(text: str) -> str:
    """Read how long before now (`12h`, `2d`, `1w`), a date or a date with a time; as RFC 3339.

    Raises:
        BadParameter: It is something else.
    """
    duration = _duration(text.strip())
    try:
        moment = _read_date(text.strip()) if duration is None else datetime.now(UTC) - duration
    except (ValueError, OverflowError) as unreadable:
        message = f"'{text}' is neither a duration (12h, 2d, 1w) nor a date (2026-11-01, 2026-11-01T12:00Z)"
        raise typer.BadParameter(message) from unreadable
    return moment.isoformat().replace("+00:00", "Z")


def read_seconds(text: str) -> int:
    """Read `26h`, `8d`, `2w` or a number of seconds.

    Raises:
        BadParameter: It is something else.
    """
    duration = _duration(text.strip())
    if duration is not None:
        return int(duration.total_seconds())
    if _SECONDS.fullmatch(text.strip()) is None:
        message = f"'{text}' is neither a number of seconds nor a duration (26h, 8d, 2w)"
        raise typer.BadParameter(message)
    return int(text)


def _read(text: str, now: datetime) -> datetime:
    duration = _duration(text)
    if duration is not None:
        return now + duration
    return _read_date(text)


def _read_date(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _duration(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text)
    return None if match is None else int(match[1]) * _UNITS[match[2]]
