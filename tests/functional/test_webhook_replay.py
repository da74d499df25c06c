"""Delivering again what happened: from the feed, and what is older from what is stored."""

from collections.abc import Iterator

import pytest

from sigbridge.clock import DAY_MS
from sigbridge.errors import InvalidInput
from sigbridge.jobs import Job, JobState, find_job
from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_health import WebhookState
from sigbridge.settings import settings
from sigbridge.store import webhooks as stored_webhooks
from sigbridge.webhooks import replaying
from sigbridge.webhooks.health import pause, resume
from sigbridge.webhooks.replay_orders import order_replay
from tests.functional.change_stream import ChangeStream
from tests.functional.conftest import Invoke
from tests.functional.lambdas import event
from tests.functional.played_device import Clock
from tests.functional.webhook_deliveries import DOWN, PlayedWebhooks, played_webhooks

pytestmark = pytest.mark.usefixtures("application")

TYPES = (
    MessageType.UPLINK_MESSAGE,
    MessageType.SERVICE_DATA,
    *list(MessageType)[6:],
    MessageType.DOWNLINK_SENT,
)


@pytest.fixture
def webhooks(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedWebhooks]:
    """The webhook `farm`, which is told of uplinks, reports and downlinks."""
    with played_webhooks(clock, monkeypatch) as played:
        played.add(types=TYPES)
        yield played


def order(webhooks: PlayedWebhooks, since_ms: int, until_ms: int | None = None) -> Job:
    """Has everything since a moment delivered again, and what was delivered before forgotten."""
    webhooks.receivers.calls.clear()
    return order_replay("demo", "farm", since_ms, webhooks.clock.now_ms if until_ms is None else until_ms)


def test_a_replay_of_two_days_is_what_was_delivered_before(webhooks: PlayedWebhooks) -> None:
    start = webhooks.clock.now_ms
    ids: list[str] = []
    for _ in range(24):
        ids += webhooks.happen(5) + webhooks.happen(5, "AB12")
        webhooks.clock.wait(7_200)
    webhooks.deliver()
    before = {call.id for call in webhooks.receivers.calls}

    job = order(webhooks, start)
    webhooks.minute()

    assert [call.event_id for call in webhooks.receivers.calls] == ids or webhooks.told() == dict.fromkeys(
        ids, 1
    )
    assert {call.id for call in webhooks.receivers.calls} == before
    done = find_job("demo", job.id)
    assert (done.state, done.progress.changed, done.progress.problems) == (JobState.DONE, len(ids), {})


def test_only_what_is_asked_for_is_delivered_again(webhooks: PlayedWebhooks) -> None:
    webhooks.happen(2)
    webhooks.clock.wait(60)
    since = webhooks.clock.now_ms
    wanted = webhooks.happen(2)
    webhooks.clock.wait(60)
    until = webhooks.clock.now_ms - 1
    webhooks.happen(2)
    webhooks.deliver()
    webhooks.clock.wait(60)

    order(webhooks, since, until)
    webhooks.minute()

    assert webhooks.told() == dict.fromkeys(wanted, 1)


@pytest.mark.parametrize(
    ("since_days", "until_days", "fault"),
    [(366, 0, "since: must be within the last 365 days"), (1, 2, "until: must not be before since")],
)
def test_a_replay_that_can_not_be(
    webhooks: PlayedWebhooks, since_days: int, until_days: int, fault: str
) -> None:
    now = webhooks.clock.now_ms
    with pytest.raises(InvalidInput, match=fault):
        order_replay("demo", "farm", now - since_days * DAY_MS, now - until_days * DAY_MS)


def test_a_replay_is_no_faster_than_it_is_taken(
    webhooks: PlayedWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = webhooks.clock.now_ms
    ids = webhooks.happen(60)
    webhooks.deliver()
    webhooks.clock.wait(60)
    monkeypatch.setattr(replaying, "MOST_WAITING", 20)
    deepest: list[int] = []

    def wait(seconds: float) -> None:
        webhooks.clock.wait(seconds)
        deepest.append(len(webhooks.queue.messages))
        webhooks.deliver()

    monkeypatch.setattr(replaying, "sleep", wait)
    order(webhooks, start)
    webhooks.minute()

    assert webhooks.told() == dict.fromkeys(ids, 1)
    assert deepest
    assert max(deepest) <= 20


def test_a_replay_ends_where_the_webhook_is_deleted(webhooks: PlayedWebhooks) -> None:
    start = webhooks.clock.now_ms
    webhooks.happen(3)
    webhooks.deliver()
    webhooks.clock.wait(60)
    job = order(webhooks, start)
    stored_webhooks.remove("demo", "farm")

    webhooks.minute()

    assert not webhooks.receivers.calls
    assert find_job("demo", job.id).progress.problems == {"The webhook was deleted": 1}


def test_what_a_replay_could_not_deliver_is_delivered_when_the_webhook_answers_again(
    webhooks: PlayedWebhooks,
) -> None:
    pause("demo", "farm")
    ids = webhooks.happen(450)
    webhooks.deliver()
    webhooks.clock.wait(60)
    webhooks.receivers.answers["https://farm"] = DOWN
    resume("demo", "farm")
    webhooks.minute()
    assert webhooks.health().state is WebhookState.OPEN
    assert not webhooks.queue.messages

    webhooks.receivers.answers.clear()
    webhooks.receivers.calls.clear()
    webhooks.pass_minutes(6)

    assert webhooks.told().keys() == set(ids)


def test_a_replay_for_a_paused_webhook_is_done_when_it_is_resumed(webhooks: PlayedWebhooks) -> None:
    start = webhooks.clock.now_ms
    ids = webhooks.happen(3)
    webhooks.deliver()
    webhooks.clock.wait(60)
    pause("demo", "farm")
    order(webhooks, start)
    webhooks.minute()
    assert not webhooks.receivers.calls

    webhooks.clock.wait(60)
    resume("demo", "farm")
    webhooks.minute()

    assert webhooks.told() == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("feed_days", ["1", "0"])
def test_what_is_older_than_the_feed_comes_from_what_is_stored_with_the_same_ids(
    webhooks: PlayedWebhooks, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, feed_days: str
) -> None:
    monkeypatch.setenv("FEED_DAYS", feed_days)
    settings.cache_clear()
    clock, stream = webhooks.clock, ChangeStream(lambda: webhooks.clock.now_ms)
    start = clock.now_ms
    for number, device in enumerate(["153FA", "AB12"] * 3):
        body = {"device": device, "time": clock.seconds, "data": "00", "seqNumber": number}
        assert invoke("uplink", event("uplink.json", body=body)).status == 200
        clock.wait(60)
    status = {"device": "153FA", "time": clock.seconds, "batt": 3.3, "temp": 20}
    assert invoke("sigfox_service", event("sigfox_status.json", body=status)).status in {200, 204}
    push = {"downlinks": [{"frm_payload": "AQIDBAUGBwg="}]}
    assert invoke("queue_push", event("queue_push.json", body=push)).status == 200
    asked = {"device": "153FA", "time": clock.seconds, "data": "00", "seqNumber": 9, "ack": True}
    assert invoke("bidir_downlink", event("bidir_downlink.json", body=asked)).status == 200
    while records := stream.take():
        assert stream.hand_over(records) == []
        assert stream.publish(records) == []
    webhooks.deliver()
    before = {call.id for call in webhooks.receivers.calls}
    assert {call.url.rpartition("/")[2] for call in webhooks.receivers.calls} == {
        *("uplink_message", "service_data", "downlink_answered")
    }
    monkeypatch.setenv("FEED_DAYS", feed_days)
    settings.cache_clear()
    clock.wait(3 * 86_400)
    later = webhooks.happen(2)
    webhooks.deliver()
    clock.wait(60)

    job = order(webhooks, start)
    webhooks.minute()

    told = {call.id for call in webhooks.receivers.calls}
    assert told >= before
    assert len(told) == len(before) + (len(later) if feed_days == "1" else 0)
    assert len(webhooks.receivers.calls) == len(told)
    progress = find_job("demo", job.id).progress
    assert (progress.failed, progress.problems) == (0, {})
    assert progress.notes == ("What is older than the feed comes in no order",)
