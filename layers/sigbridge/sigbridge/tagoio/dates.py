"""Reading moments and lengths of time as a query names them (tagoio reference, 8)."""

import calendar
import re
from datetime import UTC, datetime

from sigbridge.clock import epoch_ms, iso_ms, now_ms
from sigbridge.errors import Fault, InvalidInput

START, END, INTERVAL = "start_date", "end_date", "interval"

EARLIEST_MS, LATEST_MS = 0, 10**13 - 1

_SECOND_MS = 1_000
_DAY_MS = 86_400_000
_LENGTHS_MS = {
    "second": _SECOND_MS,
    "minute": 60 * _SECOND_MS,
    "hour": 3_600 * _SECOND_MS,
    "day": _DAY_MS,
    "week": 7 * _DAY_MS,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_PERIOD = re.compile(rf"([0-9]{{1,6}}) ?({'|'.join([*_LENGTHS_MS, *_MONTHS])})s?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", re.ASCII)


def read_range(start_date: str | None, end_date: str | None) -> tuple[int, int]:
    """Read the range that a query names: epoch ms of its first and of its last moment, both included.

    Each end may be ISO 8601 (UTC unless it says otherwise), `YYYY-MM-DD hh:mm:ss`, epoch seconds or ms, a
    length of time such as `2 hours` or `3 months`, which is so long before now, or a date, which is the
    first or last moment of that day.

    Raises:
        InvalidInput: One of them is anything else, or the first one is later than the last one.
    """
    first = EARLIEST_MS if start_date is None else _read_start(start_date)
    last = LATEST_MS if end_date is None else _read_end(end_date)
    if first > last:
        raise InvalidInput.of([Fault(START, f"must not be later than {END}")])
    return first, last


def read_interval(text: str) -> int:
    """Read a length of time that is always the same, such as `15 minutes`, into ms.

    Raises:
        InvalidInput: It is anything else, or nothing.
    """
    match = _PERIOD.fullmatch(text.strip().lower())
    length = 0 if match is None else int(match[1]) * _LENGTHS_MS.get(match[2], 0)
    if not length:
        message = f"must be a number and one of {', '.join(_LENGTHS_MS)}, such as '15 minutes'"
        raise InvalidInput.of([Fault(INTERVAL, message)])
    return length


def read_moment(text: str) -> int | None:
    """Read ISO 8601, epoch seconds (10 digits) or epoch ms (13) into epoch ms; None where it is none."""
    moment = epoch_ms(text)
    return iso_ms(text) if moment is None else moment


def _read_start(text: str) -> int:
    return _read(text, START)


def _read_end(text: str) -> int:
    first = _read(text, END)
    return first + _DAY_MS - 1 if _DAY.fullmatch(text.strip()) else first


def _read(text: str, field: str) -> int:
    text = text.strip()
    period = _PERIOD.fullmatch(text.lower())
    moment = read_moment(text) if period is None else _before_now(int(period[1]), period[2])
    if moment is None:
        message = (
            "must be ISO 8601, YYYY-MM-DD hh:mm:ss, a date, epoch seconds (10 digits) or milliseconds (13),"
            " or a length of time before now, such as '2 hours'"
        )
        raise InvalidInput.of([Fault(field, message)])
    return moment


def _before_now(number: int, unit: str) -> int:
    now = now_ms()
    if unit in _LENGTHS_MS:
        return max(now - number * _LENGTHS_MS[unit], EARLIEST_MS)
    return _months_before(now, number * _MONTHS[unit])


def _months_before(moment_ms: int, months: int) -> int:
    """Go back to the same day of an earlier month, or to its last day where it has no such day."""
    moment = datetime.fromtimestamp(moment_ms // 1000, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    if year < 1970:
        return EARLIEST_MS
    month += 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    earlier = moment.replace(year=year, month=month, day=day)
    return int(earlier.timestamp()) * 1000 + moment_ms % 1000
