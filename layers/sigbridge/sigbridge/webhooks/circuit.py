"""What this instance of the function knows of webhooks and the table does not know yet.

How a webhook is doing is written when its circuit opens or closes, and else at most once a minute: a write
for each call that fails would make an outage of the receiver one of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sigbridge.clock import now_ms
from sigbridge.model.webhook_health import GONE_STATUS, Failure, WebhookHealth
from sigbridge.settings import settings
from sigbridge.store import webhook_health as stored

_WRITTEN_EACH_MS = 60_000
_LONGEST_WAIT_MS = 30 * 60_000
# Each holds up an instance, and with it all other webhooks, for as long as a call may take.
_MOST_TIMEOUTS = 3
MOST_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a webhook that ended.

    Attributes:
        at: When it ended, epoch ms.
        message_id: The message of the queue.
        sent_at: When that was put into the queue, epoch ms.
        fed_at: From when on the feed has the event; None where it does not.
        failure: Why it failed; None where it succeeded.
    """

    at: int
    message_id: str
    sent_at: int
    fed_at: int | None
    failure: Failure | None


@dataclass(slots=True)
class _Memory:
    """What is not written yet of a webhook.

    Attributes:
        succeeded_at: When a call last succeeded, epoch ms; None for none.
        failures: How many failed since.
        failure: The last of those, or the one that said that the endpoint is gone.
        success_written_at, failure_written_at: When each was last written, epoch ms.
        timeouts: How many calls in a row, written or not, had no answer in time.
        waiting: When messages that are postponed come again, epoch ms, by their ids.
    """

    succeeded_at: int | None = None
    failures: int = 0
    failure: Failure | None = None
    success_written_at: int = 0
    failure_written_at: int = 0
    timeouts: int = 0
    waiting: dict[str, int] = field(default_factory=dict)

    def note(self, call: Call) -> None:
        self.waiting.pop(call.message_id, None)
        self.timeouts = self.timeouts + 1 if call.failure is not None and call.failure.timed_out else 0
        if call.failure is None:
            self.succeeded_at, self.failures, self.failure = call.at, 0, None
            return
        self.failures += 1
        if self.failure is None or self.failure.status != GONE_STATUS:
            self.failure = call.failure

    def added_to(self, health: WebhookHealth) -> WebhookHealth:
        if self.succeeded_at is not None:
            health = health.succeeded(self.succeeded_at)
        return health if self.failure is None else health.failed(self.failure, self.failures)

    def is_to_be_written(self, seen: WebhookHealth, now: int) -> bool:
        if self.failure is not None:
            return now - self.failure_written_at >= _WRITTEN_EACH_MS
        if self.succeeded_at is None or now - self.success_written_at < _WRITTEN_EACH_MS:
            return False
        last = seen.last_success_at
        return (
            seen.failures > 0
            or seen.failing_since is not None
            or last is None
            or self.succeeded_at - last >= _WRITTEN_EACH_MS
        )

    def written(self, now: int) -> None:
        if self.failure is not None:
            self.failure_written_at = now
        if self.succeeded_at is not None:
            self.success_written_at = now
        self.succeeded_at, self.failures, self.failure = None, 0, None

    def are_too_many_waiting(self, now: int) -> bool:
        self.waiting = {id_: until for id_, until in self.waiting.items() if until > now}
        # Each of the instances knows of its own.
        return len(self.waiting) >= max(1, MOST_WAITING // settings().webhook_concurrency)


_memories: dict[tuple[str, str], _Memory] = {}


def note_calls(
    application_id: str, webhook_id: str, seen: WebhookHealth, calls: Sequence[Call]
) -> WebhookHealth:
    """Note what came of calls, and return how the webhook is doing now.

    Args:
        application_id, webhook_id: The webhook.
        seen: How it was doing when it was called.
        calls: The calls, at least one.

    Raises:
        StoreUnavailable: It is not written; a later call will.
    """
    memory = _memory(application_id, webhook_id)
    now = now_ms()
    for call in sorted(calls, key=lambda each: each.at):
        memory.note(call)
    failed = [call for call in calls if call.failure is not None]
    fed = [call.fed_at for call in failed if call.fed_at is not None]
    is_stuck = memory.are_too_many_waiting(now) or memory.timeouts >= _MOST_TIMEOUTS

    def transition(health: WebhookHealth) -> WebhookHealth:
        noted = memory.added_to(health)
        if memory.failure is not None and (is_stuck or _fail_too_long(noted, failed)):
            noted = noted.opened(memory.failure)
        return noted.missing(min(fed)) if fed else noted

    if transition(seen).state is seen.state and not memory.is_to_be_written(seen, now):
        return seen
    health = stored.change(application_id, webhook_id, transition)
    memory.written(now)
    return health


def _fail_too_long(health: WebhookHealth, failed: Sequence[Call]) -> bool:
    """Tell whether a call fails for half an hour and none succeeded meanwhile.

    Where others do, it is the event: it goes on to the dead letters by itself.
    """
    last = health.last_success_at or 0
    return any(call.at - call.sent_at >= _LONGEST_WAIT_MS and last < call.sent_at for call in failed)


def note_postponed(application_id: str, webhook_id: str, message_id: str, until_ms: int) -> None:
    """Note that a message comes again at a moment, epoch ms."""
    _memory(application_id, webhook_id).waiting[message_id] = until_ms


def forget_circuits() -> None:
    """Forget everything that this process knows of webhooks."""
    _memories.clear()


def _memory(application_id: str, webhook_id: str) -> _Memory:
    return _memories.setdefault((application_id, webhook_id), _Memory())
