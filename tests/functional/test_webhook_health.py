"""How webhooks are doing, as the store has it: changed by many at once, due when time asks for it."""

from dataclasses import replace

import pytest

from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_health import Failure, WebhookHealth, WebhookState
from sigbridge.store import webhook_health as stored
from sigbridge.store.parallel import in_parallel
from sigbridge.store.webhook_health import HealthChanged
from sigbridge.webhooks.attempts import FailedAttempt, list_attempts, record_attempt
from sigbridge.webhooks.health import find_health, forget, pause, resume
from tests.functional.played_device import Clock

pytestmark = pytest.mark.usefixtures("application")

FAILURE = Failure(1_790_000_000_000, "The endpoint answered 503", 503)
WHOLE = WebhookHealth(
    state=WebhookState.OPEN,
    failures=12,
    failing_since=1_789_999_000_000,
    last_failure=FAILURE,
    last_success_at=1_789_998_000_000,
    missed_from=1_789_999_500_000,
    probe_at=1_790_000_060_000,
    probes=3,
)


def due(now_ms: int) -> list[tuple[str, str]]:
    """The webhooks that are due by now."""
    return [stored.webhook_named(item) for item in stored.due_until(now_ms)]


def test_a_webhook_that_nothing_is_known_of_is_well() -> None:
    assert find_health("demo", "farm") == WebhookHealth()


@pytest.mark.parametrize(
    "health", [WHOLE, WebhookHealth(), replace(WHOLE, last_failure=None, missed_from=None, failures=0)]
)
def test_it_is_read_as_it_was_written(health: WebhookHealth) -> None:
    stored.change("demo", "farm", lambda _: WHOLE)
    stored.change("demo", "farm", lambda _: health)

    assert find_health("demo", "farm") == health


def test_it_is_due_for_its_trial_and_then_for_what_it_missed() -> None:
    stored.change("demo", "farm", lambda _: WHOLE)
    assert due(1_790_000_059_999) == []
    assert due(1_790_000_060_000) == [("demo", "farm")]

    stored.change("demo", "farm", lambda health: health.succeeded(1_790_000_060_000))
    assert due(1_790_000_000_000) == [("demo", "farm")]

    stored.change("demo", "farm", lambda health: health.replay_ordered())
    assert due(1_790_000_060_000) == []


def test_no_change_of_many_at_once_is_lost() -> None:
    def fail(_: int) -> None:
        stored.change("demo", "farm", lambda health: health.failed(FAILURE))

    in_parallel(fail, range(4))

    assert find_health("demo", "farm").failures == 4


def test_a_change_of_what_was_changed_meanwhile_is_refused() -> None:
    seen = stored.find("demo", "farm")
    pause("demo", "farm")

    with pytest.raises(HealthChanged):
        stored.replace(seen, seen.health.failed(FAILURE))
    assert find_health("demo", "farm").state is WebhookState.PAUSED


def test_what_a_paused_webhook_misses_is_due_once_it_is_resumed(clock: Clock) -> None:
    paused_at = clock.now_ms
    pause("demo", "farm")
    clock.wait(600)
    assert due(clock.now_ms) == []

    resumed = resume("demo", "farm")

    assert (resumed.state, resumed.missed_from) == (WebhookState.ACTIVE, paused_at)
    assert due(clock.now_ms) == [("demo", "farm")]


def attempt(at: int) -> FailedAttempt:
    return FailedAttempt(at, MessageType.UPLINK_MESSAGE, "demo/153FA/1-received", "msg_1", None, "timed out")


def test_one_failed_call_a_second_is_listed_the_newest_first(clock: Clock) -> None:
    start = clock.now_ms // 1000 * 1000
    for at in (start, start + 1, start + 1_000, start + 2_000):
        record_attempt("demo", "farm", attempt(at))

    assert list_attempts("demo", "farm", 2) == [attempt(start + 2_000), attempt(start + 1_000)]
    assert [each.at for each in list_attempts("demo", "farm", 9)] == [start + 2_000, start + 1_000, start]
    assert list_attempts("demo", "other", 9) == []


def test_nothing_is_left_of_a_forgotten_webhook(clock: Clock) -> None:
    pause("demo", "farm")
    record_attempt("demo", "farm", attempt(clock.now_ms))

    forget("demo", "farm")

    assert find_health("demo", "farm") == WebhookHealth()
    assert list_attempts("demo", "farm", 9) == []
