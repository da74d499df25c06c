"""Events delivered to webhooks for certain: whatever fails for however long."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sigbridge.clock import DAY_MS, rfc3339
from sigbridge.feed.replaying import read_from, replay_cursor
from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_health import WebhookHealth, WebhookState
from sigbridge.settings import settings
from sigbridge.store import webhook_health as stored_health
from sigbridge.store import webhooks as stored_webhooks
from sigbridge.webhooks import calling, delivering
from sigbridge.webhooks.attempts import list_attempts
from sigbridge.webhooks.health import pause, resume
from sigbridge.webhooks.posting import Outcome
from tests.event_schemas import violations
from tests.functional.change_stream import ChangeStream
from tests.functional.conftest import Counted
from tests.functional.played_device import START_MS, Clock
from tests.functional.webhook_deliveries import DOWN, OK, PlayedWebhooks, ReceivedCall, played_webhooks

pytestmark = pytest.mark.usefixtures("application")


@pytest.fixture
def webhooks(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedWebhooks]:
    """The webhook `farm`, which is told of uplinks."""
    with played_webhooks(clock, monkeypatch) as played:
        played.add()
        yield played


def test_an_event_is_delivered_once_and_leaves_the_queue(webhooks: PlayedWebhooks) -> None:
    ids = webhooks.happen(25)

    webhooks.deliver()

    assert webhooks.told() == dict.fromkeys(ids, 1)
    assert not webhooks.queue.messages
    assert webhooks.health().last_success_at == webhooks.clock.now_ms


def test_messages_are_in_the_group_of_their_webhook(webhooks: PlayedWebhooks) -> None:
    webhooks.add("barn")

    webhooks.happen()

    assert {message.group for message in webhooks.queue.messages.values()} == {"demo/farm", "demo/barn"}


def test_a_webhook_is_told_what_it_has_a_path_for(webhooks: PlayedWebhooks) -> None:
    webhooks.add("barn", [MessageType.DOWNLINK_SENT])

    webhooks.happen()
    webhooks.deliver()

    assert not webhooks.told("barn")
    [call] = webhooks.receivers.of("farm.example")
    assert call.url == "https://farm.example/hook/uplink_message"


def test_what_fails_is_tried_after_5_s_15_s_45_s_and_so_on_with_the_same_id(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = Outcome(500, "answered 500")
    webhooks.happen()

    webhooks.deliver()
    webhooks.pass_minutes(9)

    for waited, planned in zip(webhooks.queue.waits, (5, 15, 45, 120, 300, 600), strict=False):
        assert planned * 0.8 <= waited <= planned * 1.2
    calls = webhooks.receivers.calls
    assert len(calls) >= 5
    assert len({call.id for call in calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in calls}) == len(calls)


def test_retry_after_is_honoured_up_to_an_hour(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = Outcome(429, "answered 429", 120)
    webhooks.happen()
    webhooks.deliver()
    assert webhooks.queue.waits == [120]

    webhooks.receivers.answers["https://farm"] = Outcome(429, "answered 429", 86_400)
    webhooks.clock.wait(120)
    webhooks.deliver()
    assert webhooks.queue.waits == [120, 3_600]


def test_an_endpoint_down_for_an_hour_gets_everything_when_it_is_back(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    ids: list[str] = []
    for _ in range(60):
        ids += webhooks.happen(3)
        webhooks.pass_minutes(1)
    assert webhooks.health().state is WebhookState.OPEN
    assert not webhooks.queue.messages

    webhooks.receivers.answers.clear()
    webhooks.receivers.calls.clear()
    webhooks.pass_minutes(18)

    assert webhooks.told().keys() == set(ids)
    assert len({call.id for call in webhooks.receivers.calls}) == len(ids)
    # Only what the trials were made with comes twice.
    assert sum(webhooks.told().values()) <= len(ids) + 2
    health = webhooks.health()
    assert (health.state, health.missed_from, health.failures) == (WebhookState.ACTIVE, None, 0)
    assert not webhooks.queue.messages


def test_trials_are_made_even_if_nothing_new_happens(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    ids = webhooks.happen(10)
    webhooks.deliver()
    assert webhooks.health().state is WebhookState.OPEN

    webhooks.receivers.answers.clear()
    webhooks.receivers.calls.clear()
    webhooks.pass_minutes(4)

    assert webhooks.told().keys() == set(ids)


def test_one_event_that_an_endpoint_refuses_for_itself_does_not_keep_it_closed(
    webhooks: PlayedWebhooks,
) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    bad, *good = webhooks.happen(10)
    webhooks.deliver()

    def refuse_one(call: ReceivedCall) -> Outcome:
        return Outcome(400, "answered 400") if call.event_id == bad else OK

    webhooks.receivers.answers["https://farm"] = refuse_one
    webhooks.receivers.calls.clear()
    webhooks.pass_minutes(8)

    assert webhooks.told().keys() >= set(good)
    assert webhooks.health().state is WebhookState.ACTIVE


def test_an_event_that_only_fails_itself_comes_to_the_dead_letters(webhooks: PlayedWebhooks) -> None:
    bad = webhooks.happen()

    def refuse_one(call: ReceivedCall) -> Outcome:
        return Outcome(400, "answered 400") if [call.event_id] == bad else OK

    webhooks.receivers.answers["https://farm"] = refuse_one
    for _ in range(110):
        webhooks.deliver()
        webhooks.happen()
        webhooks.clock.wait(720)
        webhooks.deliver()

    assert webhooks.health().state is WebhookState.ACTIVE
    assert len(webhooks.queue.dead_letters) == 1


def test_a_message_sent_back_from_the_dead_letters_is_delivered_with_the_same_id(
    webhooks: PlayedWebhooks,
) -> None:
    webhooks.happen()
    [letter] = webhooks.queue.messages.values()
    webhooks.deliver()

    entry = {"Id": "0", "MessageBody": letter.body, "MessageGroupId": letter.group}
    webhooks.queue.send_message_batch("https://sqs.example/webhook-deliveries", [entry])
    webhooks.deliver()

    assert len(webhooks.receivers.calls) == 2
    assert len({call.id for call in webhooks.receivers.calls}) == 1


def test_a_dead_endpoint_slows_no_other_and_leaves_nothing_in_the_queue(webhooks: PlayedWebhooks) -> None:
    webhooks.add("barn")
    webhooks.receivers.answers["https://farm"] = DOWN
    ids: list[str] = []
    for _ in range(3):
        ids += webhooks.happen(110)
        before = webhooks.clock.now_ms
        webhooks.deliver()
        assert all(call.at <= before for call in webhooks.receivers.of("barn.example"))
        assert webhooks.told("barn") == dict.fromkeys(ids, 1)
        webhooks.clock.wait(1)
    webhooks.clock.wait(20)
    webhooks.deliver()
    assert not webhooks.queue.messages
    assert len(webhooks.receivers.of("farm.example")) <= 20

    webhooks.receivers.answers.clear()
    webhooks.receivers.calls.clear()
    webhooks.pass_minutes(5)

    assert webhooks.told().keys() == set(ids)
    assert not webhooks.told("barn")


def test_too_many_messages_that_wait_open_the_circuit(
    webhooks: PlayedWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_CONCURRENCY", "500")
    settings.cache_clear()
    webhooks.receivers.answers["https://farm"] = DOWN

    for _ in range(3):
        webhooks.happen()
        webhooks.deliver()

    assert webhooks.health().state is WebhookState.OPEN
    assert webhooks.health().failures < 10


def test_three_calls_without_an_answer_in_time_open_the_circuit(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = Outcome(None, "no answer within 15 s", timed_out=True)
    webhooks.happen(2)
    webhooks.deliver()
    assert webhooks.health().state is WebhookState.ACTIVE

    webhooks.happen()
    webhooks.deliver()

    assert webhooks.health().state is WebhookState.OPEN
    assert len(webhooks.receivers.of("farm.example")) == 3


def test_what_fails_for_half_an_hour_opens_the_circuit(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    webhooks.happen()
    webhooks.deliver()
    webhooks.pass_minutes(29)
    assert webhooks.health().state is WebhookState.ACTIVE

    webhooks.pass_minutes(15)

    assert webhooks.health().state is WebhookState.OPEN
    assert not webhooks.queue.messages


def test_gone_disables_at_once_and_the_others_go_on(webhooks: PlayedWebhooks) -> None:
    webhooks.add("barn")
    webhooks.receivers.answers["https://farm"] = Outcome(410, "answered 410")
    first = webhooks.happen()
    webhooks.deliver()
    second = webhooks.happen()
    webhooks.deliver()

    health = webhooks.health()
    assert (health.state, health.disabled_at) == (WebhookState.DISABLED, webhooks.clock.now_ms)
    assert webhooks.told() == dict.fromkeys(first, 1)
    assert webhooks.told("barn") == dict.fromkeys(first + second, 1)
    assert not webhooks.queue.messages

    webhooks.receivers.answers.clear()
    webhooks.clock.wait(20)
    resume("demo", "farm")
    webhooks.minute()
    assert webhooks.told().keys() == {*first, *second}


def test_that_a_webhook_was_disabled_is_told_once(webhooks: PlayedWebhooks, counted: Counted) -> None:
    stream = ChangeStream(lambda: webhooks.clock.now_ms)
    webhooks.receivers.answers["https://farm"] = Outcome(410, "answered 410")
    for _ in range(2):
        webhooks.happen()
        webhooks.deliver()
    while records := stream.take():
        assert stream.hand_over(records) == []
        assert stream.publish(records) == []
    webhooks.clock.wait(60)

    page = read_from("demo", replay_cursor(START_MS, webhooks.clock.now_ms - 20_000), 100)

    [told] = [event for event in page.events if event.kind == "Webhook disabled"]
    detail = json.loads(told.detail)
    assert violations(told.kind, detail) == []
    assert detail["webhook"] == {
        "id": "farm",
        "reason": "answered 410",
        "status": 410,
        "failing_since": rfc3339(START_MS),
    }
    assert counted()["LeftUndone"] == 1


def test_five_days_of_failures_only_disable(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    webhooks.happen(10)
    webhooks.deliver()
    days_ago = webhooks.clock.now_ms - 5 * DAY_MS
    stored_health.change("demo", "farm", lambda health: replace(health, failing_since=days_ago))
    webhooks.clock.wait(60)
    webhooks.minute()
    assert webhooks.health().state is WebhookState.DISABLED

    tried = len(webhooks.receivers.calls)
    webhooks.pass_minutes(20)
    assert len(webhooks.receivers.calls) == tried


def test_a_paused_webhook_gets_what_it_missed_when_it_is_resumed(webhooks: PlayedWebhooks) -> None:
    before = webhooks.happen(3)
    pause("demo", "farm")
    meanwhile = webhooks.happen(3)
    webhooks.deliver()
    assert not webhooks.receivers.calls
    assert not webhooks.queue.messages

    webhooks.clock.wait(600)
    resume("demo", "farm")
    webhooks.minute()

    assert webhooks.told() == dict.fromkeys(before + meanwhile, 1)


def test_what_waits_for_a_deleted_webhook_is_dropped(webhooks: PlayedWebhooks) -> None:
    webhooks.happen(3)
    stored_webhooks.remove("demo", "farm")

    webhooks.deliver()

    assert not webhooks.queue.messages
    assert not webhooks.receivers.calls


def test_nothing_is_left_of_a_webhook_that_was_deleted_while_it_failed(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    webhooks.happen(10)
    webhooks.deliver()
    stored_webhooks.remove("demo", "farm")

    webhooks.pass_minutes(2)

    assert list(stored_health.due_until(webhooks.clock.now_ms + 10**9)) == []


def test_an_edited_url_and_a_new_secret_reach_what_waits(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = DOWN
    webhooks.happen()
    webhooks.deliver()

    new = "whsec_" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
    secrets = (new, "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")
    webhooks.put("farm", "https://new.example/", signing=secrets)
    webhooks.pass_minutes(1)

    first, second = webhooks.receivers.calls
    assert second.url == "https://new.example/uplink_message"
    assert first.id == second.id
    assert len(second.headers["webhook-signature"].split()) == 2


def test_a_sender_killed_before_it_could_say_so_repeats_with_the_same_id(
    webhooks: PlayedWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.happen()

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(delivering, "note_calls", die)
        with pytest.raises(Killed):
            webhooks.deliver()
    webhooks.clock.wait(360)
    webhooks.deliver()

    assert len(webhooks.receivers.calls) == 2
    assert len({call.id for call in webhooks.receivers.calls}) == 1
    assert not webhooks.queue.messages


def test_a_change_that_is_followed_twice_is_told_twice_with_one_id(webhooks: PlayedWebhooks) -> None:
    event = webhooks._message("153FA")
    webhooks.publish([event])
    webhooks.publish([event])
    webhooks.deliver()

    assert len(webhooks.receivers.calls) == 2
    assert len({call.id for call in webhooks.receivers.calls}) == 1


def test_what_the_feed_does_not_have_stays_in_the_queue(webhooks: PlayedWebhooks, clock: Clock) -> None:
    pause("demo", "farm")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("FEED_DAYS", "0")
        settings.cache_clear()
        ids = webhooks.happen(2)
        webhooks.deliver()
        assert len(webhooks.queue.messages) == 2
        assert max(webhooks.queue.waits) <= 900

        resume("demo", "farm")
        clock.wait(900)
        webhooks.deliver()
        assert webhooks.told().keys() == set(ids)
    settings.cache_clear()


def test_a_recovery_between_the_look_and_the_drop_loses_nothing(
    webhooks: PlayedWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is older than what is known to be missed, and the webhook is resumed just then."""
    ids = webhooks.happen()
    webhooks.clock.wait(60)
    pause("demo", "farm")
    change = stored_health.change

    def resumed_just_then(
        application_id: str, webhook_id: str, transition: Callable[[WebhookHealth], WebhookHealth]
    ) -> WebhookHealth:
        monkeypatch.setattr(stored_health, "change", change)
        resume("demo", "farm")
        webhooks.minute()
        return change(application_id, webhook_id, transition)

    monkeypatch.setattr(stored_health, "change", resumed_just_then)
    webhooks.deliver()
    webhooks.pass_minutes(2)

    assert webhooks.told().keys() == set(ids)


def test_what_is_dropped_while_the_replay_is_ordered_is_missed_still(
    webhooks: PlayedWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause("demo", "farm")
    webhooks.clock.wait(30)
    resume("demo", "farm")
    write = stored_health.replace

    def paused_just_then(seen: stored_health.StoredHealth, health: WebhookHealth) -> None:
        monkeypatch.setattr(stored_health, "replace", write)
        pause("demo", "farm")
        webhooks.happen(2)
        webhooks.deliver()
        write(seen, health)

    monkeypatch.setattr(stored_health, "replace", paused_just_then)
    webhooks.minute()
    assert not webhooks.receivers.calls
    webhooks.clock.wait(60)
    resume("demo", "farm")
    webhooks.pass_minutes(2)

    assert len(webhooks.told()) == 2


def test_failed_calls_are_listed_with_reason_and_status(webhooks: PlayedWebhooks) -> None:
    webhooks.receivers.answers["https://farm"] = Outcome(503, "answered 503")
    ids = webhooks.happen(5)

    webhooks.deliver()

    [attempt] = list_attempts("demo", "farm", 10)
    assert (attempt.status, attempt.reason) == (503, "answered 503")
    assert attempt.event_id in ids
    assert attempt.message_id in {call.id for call in webhooks.receivers.calls}


def test_health_is_written_at_most_once_a_minute(webhooks: PlayedWebhooks) -> None:
    for _ in range(10):
        webhooks.happen()
        webhooks.deliver()
        webhooks.clock.wait(5)
    assert stored_health.find("demo", "farm").revision == 1

    webhooks.receivers.answers["https://farm"] = DOWN
    for _ in range(9):
        webhooks.happen()
        webhooks.deliver()
    assert stored_health.find("demo", "farm").revision == 2


def test_an_event_that_can_not_be_written_waits_and_harms_no_webhook(
    webhooks: PlayedWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(calling, "request_of", refuse)
    webhooks.happen(12)
    webhooks.deliver()

    assert len(webhooks.queue.messages) == 12
    assert webhooks.health().state is WebhookState.ACTIVE


def test_what_the_queue_refuses_holds_nothing_up_and_is_tried_again(webhooks: PlayedWebhooks) -> None:
    webhooks.queue.is_down = True
    ids = webhooks.happen(25)
    assert not webhooks.queue.messages

    webhooks.queue.is_down = False
    webhooks.publish_again()
    pause("demo", "farm")
    webhooks.deliver()
    assert not webhooks.queue.messages, "the feed has them, and that is known of what was tried again"
    webhooks.clock.wait(60)
    resume("demo", "farm")
    webhooks.minute()

    assert webhooks.told() == dict.fromkeys(ids, 1)
