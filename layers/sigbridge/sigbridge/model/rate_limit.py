"""How often somebody may ask for something."""

from collections.abc import Callable
from dataclasses import dataclass, field

_MINUTE_MS = 60_000
_MOST_CALLERS = 10_000


@dataclass(slots=True)
class RateLimit:
    """A token bucket for each caller, in the memory of this process.

    It bounds what one caller costs, and promises no number: each process lets as many pass, and forgets
    them when it ends.

    Attributes:
        burst: How many requests pass at once.
        per_minute: How many pass in a minute in the long run.
        now_ms: Returns the present moment, epoch ms.
    """

    burst: int
    per_minute: int
    now_ms: Callable[[], int]
    # When each caller's bucket is full again, in units of 1/per_minute ms, so that all numbers are whole.
    _full_at: dict[str, int] = field(default_factory=dict)

    def take(self, caller: str) -> bool:
        """Take a token out of a caller's bucket, and return whether there was one."""
        now = self.now_ms() * self.per_minute
        full_at = max(now, self._full_at.get(caller, now)) + _MINUTE_MS
        if full_at - now > self.burst * _MINUTE_MS:
            return False
        if len(self._full_at) >= _MOST_CALLERS:
            self._forget_full_buckets(now)
        self._full_at[caller] = full_at
        return True

    def reset(self) -> None:
        """Fill all buckets."""
        self._full_at.clear()

    def _forget_full_buckets(self, now: int) -> None:
        self._full_at = {caller: full_at for caller, full_at in self._full_at.items() if full_at > now}
