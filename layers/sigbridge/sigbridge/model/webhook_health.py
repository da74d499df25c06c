"""Whether a webhook is called: a circuit that opens when its endpoint fails, and what it missed meanwhile.

While it is not called, events leave the queue without a call; `missed_from` says from when on the feed has
them. It stays until a job has been ordered that delivers them from there.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from sigbridge.clock import DAY_MS

MOST_FAILURES = 10
LONGEST_RETRY_AFTER_S = 3_600
DISABLED_AFTER_MS = 5 * DAY_MS
GONE_STATUS = 410

_MINUTE_MS = 60_000
_PROBE_WAITS_MS = tuple(minutes * _MINUTE_MS for minutes in (1, 2, 4, 8, 15))


class WebhookState(StrEnum):
    """Whether a webhook is called.

    ACTIVE: with every event.
    OPEN: it failed; it is tried from time to time.
    PAUSED: its user stopped it.
    DISABLED: it said that it is gone, or has failed for days; it is tried no more.
    """

    ACTIVE = "active"
    OPEN = "open"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed.

    Attributes:
        at: When, epoch ms.
        reason: Why, in words.
        status: The HTTP status of the answer; None where there was none.
        retry_after_s: How long the endpoint wants to be left alone; None where it did not say.
        timed_out: Whether no answer came in time; of what is stored that is not known.
    """

    at: int
    reason: str
    status: int | None = None
    retry_after_s: int | None = None
    timed_out: bool = False

    @property
    def rest_ms(self) -> int:
        """How long the endpoint is left alone at least; an hour at most."""
        return min(self.retry_after_s or 0, LONGEST_RETRY_AFTER_S) * 1000


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """How a webhook is doing. Moments are epoch ms.

    Attributes:
        state: Whether it is called.
        failures: How many calls failed since the last success, about.
        failing_since: When the first of those failed; None where none did.
        last_failure: The last call that failed, ever.
        last_success_at: When a call last succeeded, about.
        missed_from: From when on the feed has what it was not called with; None where it missed nothing.
        probe_at: When it is tried next; only while its circuit is open.
        probes: How often it was tried since the last success.
        disabled_at: When it was disabled; only while it is.
    """

    state: WebhookState = WebhookState.ACTIVE
    failures: int = 0
    failing_since: int | None = None
    last_failure: Failure | None = None
    last_success_at: int | None = None
    missed_from: int | None = None
    probe_at: int | None = None
    probes: int = 0
    disabled_at: int | None = None

    @property
    def is_called(self) -> bool:
        """Whether it is called with events."""
        return self.state is WebhookState.ACTIVE

    @property
    def is_open(self) -> bool:
        """Whether it is tried from time to time, and not called otherwise."""
        return self.state is WebhookState.OPEN

    @property
    def due_at(self) -> int | None:
        """When it is to be tried, or a job to be ordered that delivers what it missed; None for never."""
        if self.is_open:
            return self.probe_at
        return self.missed_from if self.is_called else None

    def has_missed(self, fed_at: int) -> bool:
        """Tell whether what the feed has since a moment will be delivered from there."""
        return not self.is_called and self.missed_from is not None and self.missed_from <= fed_at

    def missing(self, fed_at: int) -> "WebhookHealth":
        """Note that it is not called with what the feed has since a moment; if it is called, nothing."""
        if self.is_called or self.has_missed(fed_at):
            return self
        return replace(self, missed_from=fed_at)

    def succeeded(self, at: int) -> "WebhookHealth":
        """Note that a call succeeded: one that comes while the circuit is open closes it."""
        known = replace(self, failures=0, failing_since=None, probes=0, last_success_at=at)
        return replace(known, state=WebhookState.ACTIVE, probe_at=None) if self.is_open else known

    def failed(self, failure: Failure, failures: int = 1) -> "WebhookHealth":
        """Note that calls failed: ten in a row open the circuit, and who says that it is gone is disabled."""
        noted = self._noted(failure, failures)
        if failure.status == GONE_STATUS:
            return noted.disabled(failure.at)
        return noted.opened(failure) if noted.failures >= MOST_FAILURES else noted

    def opened(self, failure: Failure) -> "WebhookHealth":
        """Open the circuit after a failure, if it is closed."""
        if not self.is_called:
            return self
        probe_at = failure.at + max(probe_wait_ms(self.probes), failure.rest_ms)
        return replace(self, state=WebhookState.OPEN, probe_at=probe_at)

    def probe_claimed(self, now: int) -> "WebhookHealth":
        """Note that it is tried now, and when it is next if that fails; if it is not due, nothing."""
        if not self.is_open or self.probe_at is None or self.probe_at > now:
            return self
        return replace(self, probes=self.probes + 1, probe_at=now + probe_wait_ms(self.probes + 1))

    def probe_failed(self, failure: Failure) -> "WebhookHealth":
        """Note that trying it failed, and disable it after five days of failures."""
        if not self.is_open:
            return self
        noted = self.failed(failure)
        if not noted.is_open or noted.probe_at is None:
            return noted
        if noted.failing_since is not None and failure.at - noted.failing_since >= DISABLED_AFTER_MS:
            return noted.disabled(failure.at)
        return replace(noted, probe_at=max(noted.probe_at, failure.at + failure.rest_ms))

    def disabled(self, now: int) -> "WebhookHealth":
        """Try it no more, unless its user has stopped it anyway."""
        if self.state in {WebhookState.PAUSED, WebhookState.DISABLED}:
            return self
        return replace(self, state=WebhookState.DISABLED, probe_at=None, disabled_at=now)

    def closed_untried(self) -> "WebhookHealth":
        """Close a circuit that nothing could be tried with: if the next call fails, it opens again."""
        if not self.is_open:
            return self
        failures = max(self.failures, MOST_FAILURES - 1)
        return replace(self, state=WebhookState.ACTIVE, failures=failures, probe_at=None)

    def paused(self, now: int) -> "WebhookHealth":
        """Stop calling it; what happens from now on is missed."""
        missed_from = now if self.missed_from is None else self.missed_from
        return replace(
            self, state=WebhookState.PAUSED, missed_from=missed_from, probe_at=None, disabled_at=None
        )

    def resumed(self) -> "WebhookHealth":
        """Call it again, as if it had never failed."""
        return WebhookHealth(
            last_failure=self.last_failure,
            last_success_at=self.last_success_at,
            missed_from=self.missed_from,
        )

    def replay_ordered(self) -> "WebhookHealth":
        """Note that what it missed is about to be delivered."""
        return replace(self, missed_from=None)

    def _noted(self, failure: Failure, failures: int) -> "WebhookHealth":
        # A device a week: two failures with days of silence between them are no days of failures.
        is_long_ago = self.last_failure is not None and failure.at - self.last_failure.at > DAY_MS
        begins = self.failing_since is None or is_long_ago
        return replace(
            self,
            failures=self.failures + failures,
            failing_since=failure.at if begins else self.failing_since,
            last_failure=failure,
        )


def probe_wait_ms(probes: int) -> int:
    """Return how long a webhook tried so often waits for its next trial: 1, 2, 4, 8, 15, 15 … min."""
    return _PROBE_WAITS_MS[min(probes, len(_PROBE_WAITS_MS) - 1)]
