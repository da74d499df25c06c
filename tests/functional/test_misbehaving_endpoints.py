"""What webhooks promise, with HTTPS endpoints that misbehave, and whole functions around them."""

import json
import logging
import secrets as random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

import pytest
import standardwebhooks

from sigbridge.clock import DAY_MS, rfc3339
from sigbridge.model.event import Event
from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.model.webhook_health import WebhookState
from sigbridge.settings import settings
from sigbridge.telemetry import logger
from sigbridge.webhooks import calling
from sigbridge.webhooks.attempts import list_attempts
from sigbridge.webhooks.posting import post
from tests.functional import played_network, webhook_deliveries
from tests.functional import receiver as receivers
from tests.functional.change_stream import ChangeStream, invoke_with
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import event
from tests.functional.management import Management
from tests.functional.played_device import Clock, PlayedDevice
from tests.functional.played_network import PlayedNetwork
from tests.functional.receiver import (
    NAMES,
    Behaviour,
    Receiver,
    ReceiverHandler,
    answer,
    close,
    in_turn,
    redirect,
    reset,
    running_receiver,
    send_garbage,
    served_with,
    stay_silent,
)
from tests.functional.webhook_deliveries import QUEUE_URL, SECRET, PlayedWebhooks, played_webhooks

receiver = receivers.receiver
trusted_authority = receivers.trusted_authority
network = played_network.network

pytestmark = pytest.mark.usefixtures("application")

FARM = "/v1/webhooks/farm"
PUBLIC = "198.51.101.7"


@pytest.fixture
def webhooks(clock: Clock, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Iterator[PlayedWebhooks]:
    """The webhook `farm` with a receiver, which is told of uplinks."""
    monkeypatch.setenv("TRUSTED_WEBHOOK_HOSTS", "localhost")
    with played_webhooks(clock, monkeypatch) as played:
        monkeypatch.setattr(calling, "post", partial(post, deadline_s=10))
        played.put("farm", receiver.url)
        yield played


@pytest.fixture
def barn(webhooks: PlayedWebhooks) -> Iterator[Receiver]:
    """A second webhook's receiver."""
    with running_receiver() as other:
        webhooks.put("barn", other.url)
        yield other


def told(receiver: Receiver) -> Counter[str]:
    """Count which events a receiver was told."""
    return Counter(str(json.loads(got.body)["id"]) for got in receiver.received)


def message_ids(receiver: Receiver) -> Counter[str]:
    """Count the ids by which a receiver knows what it has."""
    return Counter(got.headers["webhook-id"] for got in receiver.received)


def last_attempt() -> FailedAttempt:
    """Return the call of `farm` that failed last."""
    return list_attempts("demo", "farm", 1)[0]


def alternately(*behaviours: Behaviour) -> Behaviour:
    """Do one after the other, and then all again."""
    following = cycle(behaviours)

    def behaviour(handler: ReceiverHandler) -> None:
        next(following)(handler)

    return behaviour


def follow(stream: ChangeStream) -> None:
    """Have both functions of the stream follow what happened."""
    while records := stream.take():
        assert stream.hand_over(records) == []
        assert stream.publish(records) == []


def test_after_an_hour_of_failures_of_every_kind_all_come_and_each_once(
    webhooks: PlayedWebhooks, receiver: Receiver
) -> None:
    receiver.behaviour = alternately(answer(500), close, answer(404), reset, redirect(), send_garbage)
    ids: list[str] = []
    for _ in range(60):
        ids += webhooks.happen(2)
        webhooks.pass_minutes(1)
    assert webhooks.health().state is WebhookState.OPEN
    assert not webhooks.queue.messages

    receiver.behaviour = answer(200)
    receiver.received.clear()
    webhooks.pass_minutes(18)

    assert told(receiver).keys() == set(ids)
    assert len(message_ids(receiver)) == len(ids)
    # Only the trial's event may come twice.
    assert told(receiver).total() <= len(ids) + 1
    assert webhooks.health().state is WebhookState.ACTIVE
    assert not webhooks.queue.messages


def test_a_sender_killed_between_the_call_and_the_delete_repeats_with_the_same_id(
    webhooks: PlayedWebhooks, receiver: Receiver
) -> None:
    webhooks.happen()
    records = webhooks.queue.hand_over()
    assert records is not None
    assert invoke_with("webhook_sender", list(records)) == []

    webhooks.clock.wait(360)
    webhooks.deliver()

    assert list(message_ids(receiver).values()) == [2]
    assert not webhooks.queue.messages


def test_a_secret_that_is_rotated_between_attempts_and_the_old_one_both_verify(
    webhooks: PlayedWebhooks, receiver: Receiver, management: Management
) -> None:
    # The library verifies by the true time.
    webhooks.clock.now_ms = time.time_ns() // 1_000_000
    receiver.behaviour = in_turn(answer(503), answer(200))
    webhooks.happen()
    webhooks.deliver()
    new = management.post(f"{FARM}/rotate-secret", {}).json["signing_secret"]
    webhooks.clock.wait(8)
    webhooks.deliver()

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    standardwebhooks.Webhook(SECRET).verify(first.body, dict(first.headers))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(new).verify(first.body, dict(first.headers))
    for secret in (SECRET, new):
        standardwebhooks.Webhook(secret).verify(second.body, dict(second.headers))


def test_a_url_that_is_edited_while_an_event_waits_gets_it(
    webhooks: PlayedWebhooks, receiver: Receiver, management: Management
) -> None:
    receiver.behaviour = answer(503)
    webhooks.happen()
    webhooks.deliver()
    with running_receiver() as new:
        assert management.patch(FARM, {"base_url": new.url}).status == 200
        webhooks.clock.wait(8)
        webhooks.deliver()

        assert message_ids(new) == message_ids(receiver)
    assert len(receiver.received) == 1
    assert not webhooks.queue.messages


def test_an_endpoint_that_is_gone_is_disabled_and_the_others_go_on(
    webhooks: PlayedWebhooks, receiver: Receiver, barn: Receiver
) -> None:
    receiver.behaviour = answer(410)
    ids = webhooks.happen()
    webhooks.deliver()
    ids += webhooks.happen(3)
    webhooks.deliver()

    assert webhooks.health().state is WebhookState.DISABLED
    assert len(receiver.received) == 1
    assert told(barn) == dict.fromkeys(ids, 1)
    assert not webhooks.queue.messages


def test_who_asks_to_wait_for_two_minutes_is_left_alone_for_two_minutes(
    webhooks: PlayedWebhooks, receiver: Receiver
) -> None:
    receiver.behaviour = in_turn(answer(429, {"Retry-After": "120"}), answer(200))
    webhooks.happen()
    webhooks.deliver()
    webhooks.clock.wait(119)
    webhooks.deliver()
    assert len(receiver.received) == 1

    webhooks.clock.wait(1)
    webhooks.deliver()

    assert list(message_ids(receiver).values()) == [2]
    assert not webhooks.queue.messages


def test_a_dead_endpoint_holds_up_no_other_leaves_the_queue_and_gets_all_when_it_is_back(
    webhooks: PlayedWebhooks, receiver: Receiver, barn: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "post", partial(post, deadline_s=2))
    receiver.behaviour = alternately(answer(503), reset, stay_silent)
    ids: list[str] = []
    for _ in range(3):
        ids += webhooks.happen(50)
        # No time passes, so that nothing is tried again: each comes at the first attempt.
        webhooks.deliver()
        assert told(barn) == dict.fromkeys(ids, 1)
    webhooks.clock.wait(20)
    webhooks.deliver()
    assert len(receiver.received) <= 20
    assert not webhooks.queue.messages

    receiver.behaviour = answer(200)
    receiver.received.clear()
    webhooks.pass_minutes(5)

    assert told(receiver).keys() == set(ids)
    assert told(barn) == dict.fromkeys(ids, 1)


def test_what_happens_while_a_webhook_is_paused_comes_once_when_it_is_resumed(
    webhooks: PlayedWebhooks, receiver: Receiver, management: Management
) -> None:
    ids = webhooks.happen(2)
    assert management.post(f"{FARM}/pause").status == 200
    ids += webhooks.happen(2)
    webhooks.deliver()
    assert not receiver.received
    assert not webhooks.queue.messages

    webhooks.clock.wait(600)
    assert management.post(f"{FARM}/resume").status == 200
    webhooks.minute()

    assert told(receiver) == dict.fromkeys(ids, 1)


def test_what_waits_for_a_webhook_that_is_deleted_is_dropped_and_counted(
    webhooks: PlayedWebhooks, receiver: Receiver, management: Management, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger.name)
    webhooks.happen(3)
    assert management.delete(FARM).status == 204
    webhooks.deliver()

    assert not receiver.received
    assert not webhooks.queue.messages
    [told_in_log] = [record for record in caplog.records if "is deleted" in record.message]
    assert vars(told_in_log)["dropped"] == 3


def test_what_waits_when_its_device_is_deleted_is_delivered_still(
    webhooks: PlayedWebhooks, receiver: Receiver, management: Management, played: PlayedDevice
) -> None:
    played.call("uplink", body=played.uplink() | {"ack": False})
    assert played.stream.publish(played.stream.seen) == []
    assert management.delete(f"/v1/devices/{played.id}").status in {202, 204}
    played.happened()
    webhooks.deliver()

    [got] = receiver.received
    assert json.loads(got.body)["device_id"] == played.id
    assert not webhooks.queue.messages


def test_a_redirect_to_the_addresses_of_credentials_is_not_followed(
    webhooks: PlayedWebhooks, receiver: Receiver, network: PlayedNetwork
) -> None:
    network.answers = [[PUBLIC]]
    webhooks.put("farm", "https://hook.example")
    receiver.behaviour = redirect("http://169.254.169.254/latest/meta-data/")
    webhooks.happen()
    webhooks.deliver()

    assert network.connected == [PUBLIC]
    assert (last_attempt().status, last_attempt().reason) == (302, "redirect (302) is not followed")
    assert len(webhooks.queue.messages) == 1


def test_a_name_that_becomes_private_is_called_when_it_is_public_again(
    webhooks: PlayedWebhooks, receiver: Receiver, network: PlayedNetwork
) -> None:
    network.answers = [[PUBLIC], ["169.254.169.254"], [PUBLIC]]
    webhooks.put("farm", "https://hook.example")
    ids: list[str] = []
    for _ in range(2):
        ids += webhooks.happen()
        webhooks.deliver()
    assert network.connected == [PUBLIC]
    assert last_attempt().reason == "private address"

    webhooks.clock.wait(8)
    webhooks.deliver()

    assert network.connected == [PUBLIC, PUBLIC]
    assert told(receiver) == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("behaviour", [receivers.drip_head, receivers.drip_continues, stay_silent])
def test_an_endpoint_that_drips_fails_in_time(
    webhooks: PlayedWebhooks,
    receiver: Receiver,
    barn: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: Behaviour,
) -> None:
    monkeypatch.setattr(calling, "post", partial(post, deadline_s=2))
    receiver.behaviour = behaviour
    ids = webhooks.happen(2)
    webhooks.deliver()

    assert last_attempt().reason == "no answer within 2 s"
    assert told(barn) == dict.fromkeys(ids, 1)
    assert len(webhooks.queue.messages) == 2


def test_an_event_of_200_kb_comes_whole_to_who_answers_with_200_kb(
    webhooks: PlayedWebhooks, receiver: Receiver
) -> None:
    receiver.behaviour = answer(200, body=b"a" * 200_000)
    [small] = webhooks.happen()
    made = webhooks._message("153FA")
    detail = json.loads(made.detail)
    detail["message"]["decoded_payload"] = {"text": random.token_hex(100_000)}
    webhooks.publish([Event.of_detail(made.kind, detail)])
    webhooks.deliver()

    assert told(receiver) == {small: 1, made.id: 1}
    bodies = {str(body["id"]): body for body in (json.loads(got.body) for got in receiver.received)}
    assert bodies[made.id]["message"]["decoded_payload"] == detail["message"]["decoded_payload"]
    assert not webhooks.queue.messages


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        (partial(served_with, NAMES, (-2, -1)), "certificate has expired"),
        (partial(served_with, ("other.example",)), "certificate is for another name"),
    ],
    ids=["expired", "wrong host"],
)
def test_nothing_is_said_to_who_has_a_wrong_certificate_until_it_is_mended(
    webhooks: PlayedWebhooks, receiver: Receiver, context: Callable[[], ssl.SSLContext], reason: str
) -> None:
    ids = webhooks.happen()
    with running_receiver(context()) as wrong:
        webhooks.put("farm", wrong.url)
        webhooks.deliver()
        assert not wrong.received
    assert last_attempt().reason == reason

    webhooks.put("farm", receiver.url)
    webhooks.clock.wait(8)
    webhooks.deliver()

    assert told(receiver) == dict.fromkeys(ids, 1)


def test_a_host_that_has_become_this_api_is_not_called(
    webhooks: PlayedWebhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.happen()
    monkeypatch.setenv("API_HOST", "localhost")
    settings.cache_clear()
    webhooks.deliver()

    assert not receiver.received
    assert last_attempt().reason == "URL must not lead to this API itself"


def test_histories_are_written_while_the_queue_refuses_and_what_it_refused_comes_later(
    webhooks: PlayedWebhooks, receiver: Receiver, played: PlayedDevice
) -> None:
    webhooks.queue.is_down = True
    [downlink] = played.push()
    played.ask()
    assert played.stream.publish(played.stream.seen) == []
    assert played.steps(downlink) == ["queued", "answered"]
    assert not webhooks.queue.messages

    webhooks.queue.is_down = False
    webhooks.publish_again()
    webhooks.deliver()

    [got] = receiver.received
    assert json.loads(got.body)["device_id"] == played.id


def test_a_batch_that_is_cut_differently_when_it_is_repeated_tells_the_same_with_the_same_ids(
    webhooks: PlayedWebhooks, receiver: Receiver, invoke: Invoke
) -> None:
    stream = ChangeStream(lambda: webhooks.clock.now_ms)
    for number in range(6):
        body = {"device": "153FA", "time": webhooks.clock.seconds, "data": "00", "seqNumber": number}
        assert invoke("uplink", event("uplink.json", body=body)).status == 200
    records = stream.take()
    middle = len(records) // 2 - 1

    for batch in (records, records[:middle], records[middle:]):
        assert stream.publish(batch) == []
        webhooks.deliver()

    assert list(message_ids(receiver).values()) == [2] * 6
    assert len({got.body for got in receiver.received}) == 6


def test_a_change_that_is_followed_twice_is_two_messages_with_one_id(
    webhooks: PlayedWebhooks, receiver: Receiver, invoke: Invoke
) -> None:
    stream = ChangeStream(lambda: webhooks.clock.now_ms)
    assert invoke("uplink", event("uplink.json")).status == 200
    records = stream.take()
    for _ in range(2):
        assert stream.publish(records) == []
    assert len(webhooks.queue.messages) == 2
    webhooks.deliver()

    assert list(message_ids(receiver).values()) == [2]


def test_a_dead_letter_that_is_sent_back_is_delivered_with_its_id(
    webhooks: PlayedWebhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_deliveries, "MOST_RECEIVES", 12)
    [refused] = webhooks.happen()

    def refuse_one(handler: ReceiverHandler) -> None:
        got = json.loads(handler.server.received[-1].body)
        answer(422 if got["id"] == refused else 200)(handler)

    receiver.behaviour = refuse_one
    while not webhooks.queue.dead_letters:
        webhooks.deliver()
        webhooks.happen()
        webhooks.deliver()
        webhooks.clock.wait(720)
    webhooks.deliver()
    [letter] = webhooks.queue.dead_letters

    receiver.behaviour = answer(200)
    tried = message_ids(receiver).most_common(1)[0]
    receiver.received.clear()
    sent_back = {"Id": "0", "MessageBody": letter.body, "MessageGroupId": letter.group}
    webhooks.queue.send_message_batch(QUEUE_URL, [sent_back])
    webhooks.deliver()

    assert tried[1] == 12
    assert message_ids(receiver) == {tried[0]: 1}
    assert webhooks.health().state is WebhookState.ACTIVE


def test_a_replay_over_two_days_is_what_was_stored_and_what_was_told(
    webhooks: PlayedWebhooks, receiver: Receiver, management: Management, invoke: Invoke
) -> None:
    clock, stream = webhooks.clock, ChangeStream(lambda: webhooks.clock.now_ms)
    since = clock.now_ms
    for number in range(24):
        device = ("153FA", "AB12")[number % 2]
        body = {"device": device, "time": clock.seconds, "data": f"{number:02x}", "seqNumber": number}
        assert invoke("uplink", event("uplink.json", body=body)).status == 200
        follow(stream)
        webhooks.deliver()
        clock.wait(2 * DAY_MS // 1000 // 24)
    first = {got.headers["webhook-id"]: got.body for got in receiver.received}
    receiver.received.clear()

    moments = {"since": rfc3339(since), "until": rfc3339(clock.now_ms)}
    assert management.post(f"{FARM}/replay", moments).status == 202
    webhooks.minute()

    assert {got.headers["webhook-id"]: got.body for got in receiver.received} == first
    assert len(receiver.received) == 24
    stored = [
        message["payload"]
        for device in ("153FA", "AB12")
        for message in management.get(f"/v1/devices/{device}/messages").json["messages"]
    ]
    payloads = [json.loads(got.body)["message"]["payload"] for got in receiver.received]
    assert sorted(payloads) == sorted(stored)


def test_what_fails_and_waits_tells_nobody_a_secret(
    webhooks: PlayedWebhooks,
    receiver: Receiver,
    management: Management,
    stored: Stored,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hidden = "Bearer very-hidden"
    assert management.patch(FARM, {"headers": {"Authorization": hidden}}).status == 200
    receiver.behaviour = answer(500, body=hidden.encode())
    webhooks.happen(12)
    webhooks.deliver()
    [got] = {got.headers["authorization"] for got in receiver.received}
    assert got == hidden
    webhooks.happen()
    webhooks.clock.wait(60)

    seen = [
        *(management.get(path).text or "" for path in ("/v1/webhooks", FARM)),
        management.get("/v1/events").text or "",
        *(json.dumps(item, default=str) for item in stored() if not item["pk"].startswith("SECRET#")),
        *(message.body for message in webhooks.queue.messages.values()),
        capsys.readouterr().out,
    ]
    for secret in ("very-hidden", SECRET, SECRET.removeprefix("whsec_")):
        assert not any(secret in text for text in seen)
