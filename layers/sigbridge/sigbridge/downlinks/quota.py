"""How many downlinks a device may have in a day, and has had.

Sigfox counts by day in UTC; the number is the contract's, 4 at most today (sigfox reference, 3.4).
"""

from dataclasses import dataclass

from sigbridge.devices import Directory
from sigbridge.downlinks.notation import uplink_moment
from sigbridge.store import attempts

_DAY_MS = 86_400_000
_LAST_OF_MS = "~"


@dataclass(frozen=True, slots=True)
class Quota:
    """A device's downlinks of one day.

    Attributes:
        limit: How many it may have.
        used: How many its uplinks of that day were answered with.
    """

    limit: int
    used: int

    @property
    def is_spent(self) -> bool:
        """Whether the next one would be too many."""
        return self.used >= self.limit

    @property
    def is_exceeded(self) -> bool:
        """Whether it had too many."""
        return self.used > self.limit


def quota_of(application_id: str, device_id: str, moment_ms: int) -> Quota:
    """Counts the downlinks of a device on the day (UTC) of a moment.

    The index that is counted in lags about a second behind.

    Raises:
        UnknownApplication: The application was deleted.
    """
    limit = Directory.open(application_id, ()).application.daily_downlinks
    return Quota(limit, len(answered_uplinks(application_id, device_id, moment_ms)))


def answered_uplinks(application_id: str, device_id: str, moment_ms: int) -> set[str]:
    """Gives the keys of the uplinks of one day (UTC) that were answered with a downlink."""
    first = _midnight_before(moment_ms)
    last = f"{first + _DAY_MS - 1:013d}{_LAST_OF_MS}"
    return set(attempts.answered_between(application_id, device_id, f"{first:013d}", last))


def is_same_day(uplink: str, moment_ms: int) -> bool:
    """Tells whether an uplink was sent on the day (UTC) of a moment."""
    return _midnight_before(uplink_moment(uplink)) == _midnight_before(moment_ms)


def _midnight_before(moment_ms: int) -> int:
    return moment_ms - moment_ms % _DAY_MS
