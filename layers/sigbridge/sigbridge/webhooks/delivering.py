"""Calling webhooks with what waits for them in the queue.

A message leaves the queue when its webhook has taken it, or when the feed has its event and the webhook's
`missed_from`, read or written after that, is before it: whoever ends the outage has it delivered from there.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sigbridge.aws import queue
from sigbridge.aws.queue import QueuedMessage
from sigbridge.clock import now_ms
from sigbridge.errors import Unavailable
from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.model.webhook_health import Failure, WebhookHealth, WebhookState
from sigbridge.settings import settings
from sigbridge.store import webhook_health as stored_health
from sigbridge.store.failures import LASTING_FAILURES
from sigbridge.store.parallel import in_parallel
from sigbridge.webhooks.attempts import record_attempt
from sigbridge.webhooks.calling import Endpoint, call, find_endpoint
from sigbridge.webhooks.circuit import Call, note_calls, note_postponed
from sigbridge.webhooks.delivery import WebhookDelivery, WebhookProbe, read_delivery
from sigbridge.webhooks.message_id import message_id
from sigbridge.webhooks.probing import try_missed

# Half an hour in all; then the circuit is open, and the feed has it.
_WAITS_S = (5, 15, 45, 120, 300, 600)
_JITTER_PERCENT = 20


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call that failed, for the log.

    Attributes:
        application_id, webhook_id: The webhook.
        message_type: As what it was to be told.
        event_id: Of what.
        reason: Why it failed.
        status: HTTP status of the answer; None where there was none.
    """

    application_id: str
    webhook_id: str
    message_type: MessageType
    event_id: str
    reason: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class WebhookStateChange:
    """A webhook that is called again, or no more.

    Attributes:
        application_id, webhook_id: The webhook.
        state: How it is now.
    """

    application_id: str
    webhook_id: str
    state: WebhookState


@dataclass(slots=True)
class DeliveryReport:
    """What came of messages of the queue.

    Attributes:
        waiting: Ids of those that are to be handed over again.
        failed: Calls that failed.
        without_webhook: How many messages were of webhooks that are deleted, by application and webhook.
        changes: Webhooks that were disabled, or whose circuit opened or closed.
    """

    waiting: list[str] = field(default_factory=list)
    failed: list[FailedCall] = field(default_factory=list)
    without_webhook: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: list[WebhookStateChange] = field(default_factory=list)


type _Waiting = tuple[QueuedMessage, WebhookDelivery]


def deliver_messages(messages: Sequence[QueuedMessage]) -> DeliveryReport:
    """Call webhooks with what the queue holds, all at once; what fails waits longer each time.

    What nothing can be read of waits too, and so comes to the dead letters.
    """
    report = DeliveryReport()
    deliveries: dict[tuple[str, str], list[_Waiting]] = defaultdict(list)
    probes: dict[tuple[str, str], WebhookProbe] = {}
    for message in messages:
        try:
            delivery = read_delivery(message.body)
        except (KeyError, TypeError, ValueError):
            _postpone(message, 0)
            report.waiting.append(message.id)
            continue
        webhook = delivery.application_id, delivery.webhook_id
        if isinstance(delivery, WebhookProbe):
            probes[webhook] = delivery
        else:
            deliveries[webhook].append((message, delivery))
    batches = [
        _WebhookBatch(webhook, deliveries.get(webhook, []), probes.get(webhook), report)
        for webhook in dict.fromkeys([*deliveries, *probes])
    ]
    in_parallel(_WebhookBatch.deliver, batches)
    return report


class _WebhookBatch:
    """What a batch of messages has for one webhook.

    Its report is that of all webhooks; each thread only appends to its lists.
    """

    def __init__(
        self,
        webhook: tuple[str, str],
        waiting: Sequence[_Waiting],
        probe: WebhookProbe | None,
        report: DeliveryReport,
    ) -> None:
        self._webhook = webhook
        self._waiting = waiting
        self._probe = probe
        self._report = report

    def deliver(self) -> None:
        try:
            endpoint = find_endpoint(*self._webhook)
            health = stored_health.find(*self._webhook).health
        except Unavailable:
            self._let_wait(self._waiting)
            return
        if endpoint is None:
            self._report.without_webhook[self._webhook] = len(self._waiting)
            return
        if health.is_called:
            self._call(endpoint, health)
        else:
            self._leave_to_feed(health, self._waiting)
        if self._probe is not None:
            with suppress(Unavailable):
                self._note_state(health, try_missed(endpoint, health))

    def _call(self, endpoint: Endpoint, health: WebhookHealth) -> None:
        found = in_parallel(lambda each: self._call_with(endpoint, *each), self._waiting)
        calls = [each for each in found if each is not None]
        failures = {each.message_id: each.failure for each in calls}
        unwritten = [each for each in self._waiting if each[0].id not in failures]
        failed = [each for each in self._waiting if failures.get(each[0].id) is not None]
        self._let_wait(unwritten)
        after = health
        if calls:
            # Without the store nothing is dropped, and the next call is noted with these.
            with suppress(Unavailable):
                after = note_calls(*self._webhook, health, calls)
        self._note_state(health, after)
        if after.is_called:
            self._let_wait(failed, failures)
        else:
            self._leave_to_feed(after, failed)
        self._record([(delivery, failures[message.id]) for message, delivery in failed])

    def _call_with(
        self, endpoint: Endpoint, message: QueuedMessage, delivery: WebhookDelivery
    ) -> Call | None:
        """Call the webhook; None where what it is to be told can't be written."""
        try:
            failure = call(endpoint, delivery.message_type, delivery.event)
        except LASTING_FAILURES as reason:
            self._report_failed(delivery, f"what it is to be told can't be written: {reason}")
            return None
        return Call(now_ms(), message.id, message.sent_at, delivery.event.fed_at, failure)

    def _leave_to_feed(self, health: WebhookHealth, waiting: Sequence[_Waiting]) -> None:
        """Drop what the feed has and the webhook will get from there; let the rest wait."""
        fed = [delivery.event.fed_at for _, delivery in waiting if delivery.event.fed_at is not None]
        if fed and not health.has_missed(min(fed)):
            with suppress(Unavailable):
                health = stored_health.change(*self._webhook, lambda known: known.missing(min(fed)))
        self._let_wait(
            [
                (message, delivery)
                for message, delivery in waiting
                if delivery.event.fed_at is None or not health.has_missed(delivery.event.fed_at)
            ]
        )

    def _let_wait(
        self, waiting: Sequence[_Waiting], failures: dict[str, Failure | None] | None = None
    ) -> None:
        for message, _ in waiting:
            failure = (failures or {}).get(message.id)
            wait_s = _postpone(message, 0 if failure is None else failure.rest_ms // 1000)
            note_postponed(*self._webhook, message.id, now_ms() + wait_s * 1000)
            self._report.waiting.append(message.id)

    def _record(self, failed: Sequence[tuple[WebhookDelivery, Failure | None]]) -> None:
        for position, (delivery, failure) in enumerate(failed):
            if failure is None:
                continue
            self._report_failed(delivery, failure.reason, failure.status)
            if position == 0:
                with suppress(Unavailable):
                    record_attempt(*self._webhook, _attempt(delivery, failure))

    def _report_failed(self, delivery: WebhookDelivery, reason: str, status: int | None = None) -> None:
        failed = FailedCall(*self._webhook, delivery.message_type, delivery.event.id, reason, status)
        self._report.failed.append(failed)

    def _note_state(self, before: WebhookHealth, after: WebhookHealth) -> None:
        if after.state is not before.state:
            self._report.changes.append(WebhookStateChange(*self._webhook, after.state))


def _attempt(delivery: WebhookDelivery, failure: Failure) -> FailedAttempt:
    return FailedAttempt(
        at=failure.at,
        message_type=delivery.message_type,
        event_id=delivery.event.id,
        message_id=message_id(delivery.event.id, delivery.message_type),
        status=failure.status,
        reason=failure.reason,
    )


def _postpone(message: QueuedMessage, least_s: int) -> int:
    """Have a message handed over again, and return in how many seconds."""
    planned = _WAITS_S[min(message.deliveries, len(_WAITS_S)) - 1]
    jitter = secrets.randbelow(2 * _JITTER_PERCENT + 1) - _JITTER_PERCENT
    wait_s = max(round(planned * (100 + jitter) / 100), least_s)
    queue.postpone_by(settings().webhook_queue_url, message, wait_s)
    return wait_s
