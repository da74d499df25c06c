"""The circuit of a webhook: when it opens, how it is tried, and that nothing it missed is forgotten."""

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sigbridge.clock import DAY_MS
from sigbridge.model.webhook_health import (
    DISABLED_AFTER_MS,
    MOST_FAILURES,
    Failure,
    WebhookHealth,
    WebhookState,
    probe_wait_ms,
)

NOW = 1_790_000_000_000
MINUTE = 60_000


def failure(at: int = NOW, status: int | None = 500, retry_after_s: int | None = None) -> Failure:
    return Failure(at, "the endpoint answered 500", status, retry_after_s)


def failed(times: int) -> WebhookHealth:
    health = WebhookHealth()
    for _ in range(times):
        health = health.failed(failure())
    return health


def test_ten_failures_in_a_row_open_the_circuit() -> None:
    assert failed(MOST_FAILURES - 1).state is WebhookState.ACTIVE
    assert failed(MOST_FAILURES - 1).succeeded(NOW).failed(failure()).state is WebhookState.ACTIVE
    assert failed(MOST_FAILURES).state is WebhookState.OPEN
    assert failed(MOST_FAILURES).probe_at == NOW + MINUTE


def test_an_open_circuit_is_tried_after_1_2_4_8_15_and_15_minutes() -> None:
    health, now = failed(MOST_FAILURES), NOW
    waits = []
    for _ in range(7):
        assert health.probe_at is not None
        waits.append((health.probe_at - now) // MINUTE)
        now = health.probe_at
        health = health.probe_claimed(now).probe_failed(failure(now))

    assert waits == [1, 2, 4, 8, 15, 15, 15]


def test_one_of_several_claims_a_trial() -> None:
    claimed = failed(MOST_FAILURES).probe_claimed(NOW + MINUTE)

    assert claimed.probes == 1
    assert claimed.probe_claimed(NOW + MINUTE) == claimed


def test_an_endpoint_is_left_alone_for_as_long_as_it_says_an_hour_at_most() -> None:
    opened = failed(MOST_FAILURES - 1).failed(failure(retry_after_s=600))
    assert opened.probe_at == NOW + 600_000

    claimed = opened.probe_claimed(NOW + 600_000)
    tried = claimed.probe_failed(failure(NOW + 600_000, 429, retry_after_s=86_400))
    assert tried.probe_at == NOW + 600_000 + 3_600_000


def test_a_success_closes_the_circuit_and_what_was_missed_stays_to_be_delivered() -> None:
    closed = failed(MOST_FAILURES).missing(NOW - 5).succeeded(NOW + 1)

    assert (closed.state, closed.failures, closed.failing_since) == (WebhookState.ACTIVE, 0, None)
    assert (closed.missed_from, closed.due_at, closed.last_success_at) == (NOW - 5, NOW - 5, NOW + 1)
    assert closed.replay_ordered().due_at is None


def test_what_could_not_be_tried_is_open_again_after_one_failure() -> None:
    untried = WebhookHealth().failed(failure()).opened(failure()).closed_untried()

    assert untried.state is WebhookState.ACTIVE
    assert untried.failed(failure()).state is WebhookState.OPEN
    assert untried.succeeded(NOW).failed(failure()).state is WebhookState.ACTIVE


def test_who_says_that_it_is_gone_is_disabled_at_once() -> None:
    gone = WebhookHealth().failed(failure(status=410))

    assert (gone.state, gone.disabled_at, gone.due_at) == (WebhookState.DISABLED, NOW, None)
    assert gone.resumed().disabled_at is None


def test_five_days_of_failures_only_disable() -> None:
    health = failed(MOST_FAILURES)
    while health.state is WebhookState.OPEN:
        assert health.probe_at is not None
        health = health.probe_claimed(health.probe_at).probe_failed(failure(health.probe_at))

    assert health.disabled_at is not None
    assert DISABLED_AFTER_MS <= health.disabled_at - NOW < DISABLED_AFTER_MS + 15 * MINUTE


def test_two_failures_with_days_of_silence_between_them_are_no_days_of_failures() -> None:
    later = NOW + DISABLED_AFTER_MS
    health = WebhookHealth().failed(failure()).failed(failure(later)).opened(failure(later))
    assert health.probe_at is not None

    assert health.failing_since == later
    assert health.probe_claimed(health.probe_at).probe_failed(failure(health.probe_at)).is_open


def test_a_paused_webhook_stays_paused_whatever_becomes_of_calls_that_were_under_way() -> None:
    paused = failed(3).paused(NOW)

    for after in (paused.succeeded(NOW), paused.failed(failure(status=410), 20), paused.opened(failure())):
        assert (after.state, after.due_at, after.missed_from) == (WebhookState.PAUSED, None, NOW)


class Circuit(RuleBasedStateMachine):
    """A webhook whose events come, are delivered, dropped or replayed, in any order with all that happens."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.health = WebhookHealth()
        # Moments at which the feed has what left the queue without a call, and no job was ordered for yet.
        self.dropped: list[int] = []
        self.failing_since: int | None = None

    @rule(minutes=strategies.sampled_from([0, 1, 15, 60, 1500]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(
        age=strategies.integers(0, DAY_MS),
        status=strategies.sampled_from([None, 429, 500, 500, 500, 410]),
        retry_after_s=strategies.sampled_from([None, 120, 90_000]),
    )
    def an_event_fails_or_is_dropped(self, age: int, status: int | None, retry_after_s: int | None) -> None:
        if self.health.is_called:
            self.health = self.health.failed(failure(self.now, status, retry_after_s), 3)
        if not self.health.is_called:
            self.health = self.health.missing(self.now - age)
            assert self.health.has_missed(self.now - age)
            self.dropped.append(self.now - age)

    @rule()
    def a_call_succeeds(self) -> None:
        self.health = self.health.succeeded(self.now)

    @precondition(lambda self: self.health.is_open and self.health.probe_at <= self.now)
    @rule(outcome=strategies.sampled_from(["success", "failure", "gone", "nothing to try", "lost"]))
    def it_is_tried(self, outcome: str) -> None:
        probes = self.health.probes
        self.health = self.health.probe_claimed(self.now)
        assert self.health.probe_at == self.now + probe_wait_ms(probes + 1)
        match outcome:
            case "success":
                self.health = self.health.succeeded(self.now)
                assert self.health.is_called
            case "failure":
                self.health = self.health.probe_failed(failure(self.now))
                assert not self.health.is_called
            case "gone":
                self.health = self.health.probe_failed(failure(self.now, 410))
                assert self.health.state is WebhookState.DISABLED
            case "nothing to try":
                self.health = self.health.closed_untried()

    @rule()
    def its_user_pauses_it(self) -> None:
        self.health = self.health.paused(self.now)

    @rule()
    def its_user_resumes_it(self) -> None:
        self.health = self.health.resumed()

    @precondition(lambda self: self.health.is_called and self.health.missed_from is not None)
    @rule()
    def what_it_missed_is_ordered(self) -> None:
        assert all(moment >= self.health.missed_from for moment in self.dropped)
        self.dropped.clear()
        self.health = self.health.replay_ordered()

    @invariant()
    def nothing_missed_is_forgotten(self) -> None:
        if self.dropped:
            assert self.health.missed_from is not None
            assert self.health.missed_from <= min(self.dropped)

    @invariant()
    def what_is_open_is_tried_and_what_can_be_delivered_is_due(self) -> None:
        health = self.health
        assert health.is_open == (health.probe_at is not None)
        assert (health.state is WebhookState.DISABLED) == (health.disabled_at is not None)
        if health.is_open:
            assert health.due_at is not None
            assert health.due_at <= self.now + 3_600_000
        if health.is_called and health.missed_from is not None:
            assert health.due_at == health.missed_from


Circuit.TestCase.settings = settings(stateful_step_count=40, deadline=None)
TestCircuit = Circuit.TestCase
