"""How many downlinks a device may have in a day, and has had.

Sigfox counts by day in UTC; the number is the contract's, 4 at most today (sigfox reference, 3.4). The day is
that of the uplink's time or of the answer, whichever is earlier.
"""

from bisect import bisect_right
from dataclasses import dataclass

from sigbridge.clock import DAY_MS, counted_moment
from sigbridge.devices import DeviceCache
from sigbridge.model.downlink_history import uplink_moment
from sigbridge.store import attempts


@dataclass(frozen=True, slots=True)
class Quota:
    """A device's downlinks of one day.

    Attributes:
        limit: How many it may have.
        answered_at: Moments of the uplinks that were answered with one (epoch ms), the first one first; of
            the answer where an uplink's time is later.
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
    """Count the downlinks of a device on the day (UTC) of a moment.

    The index that is counted in lags about a second behind.

    Raises:
        UnknownApplication: The application was deleted.
    """
    limit = DeviceCache.open(application_id, (device_id,)).settings_of(device_id).daily_downlinks
    uplinks = answered_uplinks(application_id, device_id, moment_ms)
    return Quota(limit, tuple(sorted(uplinks.values())))


def answered_uplinks(application_id: str, device_id: str, moment_ms: int) -> dict[str, int]:
    """Return the uplinks that were answered with a downlink on a day (UTC), by their keys their moments."""
    first = _midnight_before(moment_ms)
    # The key of an uplink may be a day ahead of its answer.
    answers = attempts.answers_between(application_id, device_id, first, first + 2 * DAY_MS - 1)
    moments = {uplink: counted_moment(uplink_moment(uplink), at) for uplink, at in answers.items()}
    return {uplink: moment for uplink, moment in moments.items() if _midnight_before(moment) == first}


def counts_on_day(uplink: str, answered_at: int, moment_ms: int) -> bool:
    """Tell whether an uplink that was answered at a moment counts on the day (UTC) of another."""
    counted = counted_moment(uplink_moment(uplink), answered_at)
    return _midnight_before(counted) == _midnight_before(moment_ms)


def _midnight_before(moment_ms: int) -> int:
    return moment_ms - moment_ms % DAY_MS
