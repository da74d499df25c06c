"""How many downlinks a device may have in a day, and has had.

Sigfox counts by day in UTC; the number is the contract's, 4 at most today (sigfox reference, 3.4).
"""

from bisect import bisect_right
from dataclasses import dataclass

from sigbridge.devices import Directory
from sigbridge.downlinks.notation import uplink_moment
from sigbridge.store import attempts

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Quota:
    """A device's downlinks of one day.

    Attributes:
        limit: How many it may have.
        answered_at: Moments of the uplinks that were answered with one (epoch ms), the first one first.
    """

    limit: int
    answered_at: tuple[int, ...]

    @property
    def used(self) -> int:
        """How many it had."""
        return len(self.answered_at)

    @property
    def exceeded_at(self) -> int | None:
        """Moment of the uplink that got the first one too many, epoch ms; None where none did."""
        return self.answered_at[self.limit] if self.used > self.limit else None

    def is_beyond(self, moment_ms: int) -> bool:
        """Whether the uplink of a moment got more than the device may have."""
        return bisect_right(self.answered_at, moment_ms) > self.limit


def quota_of(application_id: str, device_id: str, moment_ms: int) -> Quota:
    """Counts the downlinks of a device on the day (UTC) of a moment.

    The index that is counted in lags about a second behind.

    Raises:
        UnknownApplication: The application was deleted.
    """
    limit = Directory.open(application_id, (device_id,)).treatment_of(device_id).daily_downlinks
    uplinks = answered_uplinks(application_id, device_id, moment_ms)
    return Quota(limit, tuple(sorted(map(uplink_moment, uplinks))))


def answered_uplinks(application_id: str, device_id: str, moment_ms: int) -> set[str]:
    """Gives the keys of the uplinks of one day (UTC) that were answered with a downlink."""
    first = _midnight_before(moment_ms)
    return set(attempts.answered_between(application_id, device_id, first, first + _DAY_MS - 1))


def is_same_day(uplink: str, moment_ms: int) -> bool:
    """Tells whether an uplink was sent on the day (UTC) of a moment."""
    return _midnight_before(uplink_moment(uplink)) == _midnight_before(moment_ms)


def _midnight_before(moment_ms: int) -> int:
    return moment_ms - moment_ms % _DAY_MS
