"""The queue of webhooks, their receivers, and the functions between them, under a clock that tests move."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from sigbridge.aws import queue
from sigbridge.clock import rfc3339
from sigbridge.jobs import JobKind, due_jobs, run_job
from sigbridge.model.event import Event
from sigbridge.model.webhook import MessageType, SigningSecret, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.model.webhook_health import WebhookHealth
from sigbridge.settings import settings
from sigbridge.store import webhooks as stored_webhooks
from sigbridge.stream.publishing import _deliver
from sigbridge.webhooks import calling, replaying
from sigbridge.webhooks.cache import forget_cached_webhooks
from sigbridge.webhooks.health import find_health
from sigbridge.webhooks.posting import Outcome
from sigbridge.webhooks.probing import look_after_webhooks
from sigbridge.webhooks.replaying import replay
from tests.functional.change_stream import invoke_with
from tests.functional.played_device import Clock

QUEUE_URL = "https://sqs.example/webhook-deliveries"
RETRIES_URL = "https://sqs.example/publish-retries"
SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
MOST_RECEIVES = 100

type Answer = Callable[["ReceivedCall"], Outcome]


@dataclass(slots=True)
class WaitingMessage:
    """A message of the queue."""

    id: str
    body: str
    group: str
    sent_at: int
    visible_at: int
    receives: int = 0


def record_of(message: WaitingMessage) -> dict[str, Any]:
    """Return a message as Lambda hands it over."""
    return {
        "eventSource": "aws:sqs",
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(message.sent_at),
        },
    }


class PlayedQueue:
    """A queue in place of SQS, whose messages wait by the clock of the program.

    Attributes:
        messages: What it has, handed over or not.
        dead_letters: What was handed over 100 times.
        waits: How long messages were made to wait, seconds.
        is_down: Whether it takes nothing.
        retries: What `publish` is to try again.
    """

    def __init__(self, clock: Clock) -> None:
        self.messages: dict[str, WaitingMessage] = {}
        self.dead_letters: list[WaitingMessage] = []
        self.waits: list[int] = []
        self.is_down = False
        self.retries: list[str] = []
        self._clock = clock
        self._numbers = count()

    def send_message_batch(self, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803 - as SQS has it
        """Take messages, ten at most."""
        assert len(Entries) <= 10
        if QueueUrl == RETRIES_URL:
            self.retries += [entry["MessageBody"] for entry in Entries]
            return {}
        assert QueueUrl == QUEUE_URL
        if self.is_down:
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        for entry in Entries:
            now = self._clock.now_ms
            id_ = f"m{next(self._numbers)}"
            self.messages[id_] = WaitingMessage(id_, entry["MessageBody"], entry["MessageGroupId"], now, now)
        return {}

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        """Let a message wait."""
        assert QueueUrl == QUEUE_URL
        assert VisibilityTimeout <= 43_200
        self.waits.append(VisibilityTimeout)
        self.messages[ReceiptHandle].visible_at = self._clock.now_ms + VisibilityTimeout * 1000

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: Sequence[str]) -> Any:  # noqa: N803
        """Tell how many messages there are."""
        assert QueueUrl == QUEUE_URL
        visible = sum(message.visible_at <= self._clock.now_ms for message in self.messages.values())
        numbers = (visible, len(self.messages) - visible)
        return {"Attributes": {name: str(n) for name, n in zip(AttributeNames, numbers, strict=True)}}

    def hand_over(self) -> Sequence[Any] | None:
        """Give up to ten messages that wait no more; None for none."""
        now = self._clock.now_ms
        visible = [message for message in self.messages.values() if message.visible_at <= now][:10]
        for message in list(visible):
            message.receives += 1
            message.visible_at = now + 360_000
            if message.receives > MOST_RECEIVES:
                self.dead_letters.append(self.messages.pop(message.id))
                visible.remove(message)
        return [record_of(message) for message in visible] or None


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """A call of a webhook, as its receiver got it."""

    url: str
    headers: Mapping[str, str]
    body: Any
    at: int

    @property
    def id(self) -> str:
        """The header by which the receiver knows what it has."""
        return self.headers["webhook-id"]

    @property
    def event_id(self) -> str:
        """What it is told of."""
        return str(self.body["id"])


OK = Outcome(200, "answered 200")
DOWN = Outcome(None, "connection refused")


@dataclass(slots=True)
class PlayedReceivers:
    """All receivers of webhooks.

    Attributes:
        answers: By the beginnings of URLs, what they answer; all others take what they are told.
        calls: What they got.
    """

    clock: Clock
    answers: dict[str, Outcome | Answer] = field(default_factory=dict)
    calls: list[ReceivedCall] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Take a call."""
        call = ReceivedCall(url, headers, json.loads(body), self.clock.now_ms)
        self.calls.append(call)
        answer = next((each for begin, each in self.answers.items() if url.startswith(begin)), OK)
        return answer(call) if callable(answer) else answer

    def of(self, host: str) -> list[ReceivedCall]:
        """Return the calls of a receiver."""
        return [call for call in self.calls if call.url.startswith(f"https://{host}/")]


class PlayedWebhooks:
    """Webhooks of `demo`, their receivers, the queue, and the functions that deliver.

    Attributes:
        clock, queue, receivers: What they are played with.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.queue = PlayedQueue(clock)
        self.receivers = PlayedReceivers(clock)
        self._numbers = count()

    def add(self, id_: str = "farm", types: Sequence[MessageType] = (MessageType.UPLINK_MESSAGE,)) -> None:
        """Set a webhook up, at a host of its name."""
        self.put(id_, f"https://{id_}.example/hook", types)

    def put(
        self,
        id_: str,
        url: str,
        types: Sequence[MessageType] = (MessageType.UPLINK_MESSAGE,),
        signing: Sequence[str] = (SECRET,),
    ) -> None:
        """Set a webhook up, or anew."""
        paths = {type_: f"/{type_}" for type_ in types}
        now = self.clock.now_ms
        webhook = Webhook(id_, "demo", url, WebhookFormat.SIGBRIDGE, paths, now, now)
        secrets = WebhookSecrets(tuple(SigningSecret(secret) for secret in signing))
        seen = stored_webhooks.find("demo", id_)
        if seen is None:
            stored_webhooks.add(webhook, secrets, 50)
        else:
            stored_webhooks.change(seen, webhook, secrets)
        forget_cached_webhooks()

    def happen(self, times: int = 1, device: str = "153FA") -> list[str]:
        """Let messages come, and have `publish` tell of them; returns the ids of the events."""
        return self.publish([self._message(device) for _ in range(times)])

    def _message(self, device: str) -> Event:
        at = self.clock.now_ms
        id_ = f"demo/{device}/{at}-{next(self._numbers)}-received"
        moment = rfc3339(at)
        message = {"time": moment, "received_at": moment, "payload": "00", "seq_number": 1}
        detail = {"version": 1, "id": id_, "at": moment, "application_id": "demo", "device_id": device}
        return Event.of_detail("Message received", detail | {"message": message})

    def publish(self, events: Sequence[Event]) -> list[str]:
        """Have destinations told of events, a hundred at a time; returns their ids."""
        for start in range(0, len(events), 100):
            _deliver(events[start : start + 100])
        return [event.id for event in events]

    def publish_again(self) -> None:
        """Hand what `publish` is to try again to it."""
        now = self.clock.now_ms
        bodies, self.queue.retries = self.queue.retries, []
        waiting = [WaitingMessage(f"r{i}", body, "", now, now, 1) for i, body in enumerate(bodies)]
        assert invoke_with("publish", [record_of(message) for message in waiting]) == []

    def deliver(self) -> None:
        """Hand over all that waits no more."""
        while records := self.queue.hand_over():
            failed = invoke_with("webhook_sender", list(records))
            for record in records:
                if record["messageId"] not in failed:
                    del self.queue.messages[record["messageId"]]

    def minute(self) -> None:
        """Do what is done every minute, and what follows."""
        now = self.clock.now_ms
        look_after_webhooks(now, now + 50_000)
        for due in due_jobs(now):
            run_job(due, {JobKind.REPLAY: replay}, now + 600_000)
        self.deliver()

    def pass_minutes(self, minutes: int) -> None:
        """Let time pass, twelve times a minute."""
        for _ in range(minutes):
            for _ in range(12):
                self.clock.wait(5)
                self.deliver()
            self.minute()

    def health(self, id_: str = "farm") -> WebhookHealth:
        """Return how a webhook is doing."""
        return find_health("demo", id_)

    def told(self, id_: str = "farm") -> Counter[str]:
        """Count which events a receiver took."""
        return Counter(call.event_id for call in self.receivers.of(f"{id_}.example"))


@contextmanager
def played_webhooks(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedWebhooks]:
    """Play all of it."""
    played = PlayedWebhooks(clock)
    monkeypatch.setenv("WEBHOOK_QUEUE_URL", QUEUE_URL)
    monkeypatch.setenv("RETRY_QUEUE_URL", RETRIES_URL)
    settings.cache_clear()
    monkeypatch.setattr(queue, "client", lambda: played.queue)
    monkeypatch.setattr(calling, "post", played.receivers.post)
    monkeypatch.setattr(replaying, "sleep", clock.wait)
    yield played
