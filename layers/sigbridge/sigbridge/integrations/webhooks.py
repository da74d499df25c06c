"""The webhooks of all applications as a destination: what they are to be told waits for them in a queue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from sigbridge import clock
from sigbridge.aws.queue import QueueUnavailable
from sigbridge.errors import Unavailable
from sigbridge.integrations.destination import DeliveryFailure
from sigbridge.model.event import Event
from sigbridge.webhooks.cache import webhooks_of
from sigbridge.webhooks.delivery import WebhookDelivery
from sigbridge.webhooks.enqueueing import deliveries_of, enqueue

_IN_A_REQUEST = 10
_OUT_OF_TIME = DeliveryFailure("The queue of webhooks took too long")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The webhooks of all applications."""

    def deliver(self, events: Sequence[Event], deadline_ms: int) -> Mapping[int, DeliveryFailure]:
        """Put events into the queue for each webhook that has a path for them, until one request fails."""
        failures: dict[int, DeliveryFailure] = {}
        found = self._found(events, failures)
        failure: DeliveryFailure | None = None
        for some in batched(found, _IN_A_REQUEST, strict=False):
            failure = failure or _failure_to_enqueue([delivery for _, delivery in some], deadline_ms)
            if failure is not None:
                failures |= dict.fromkeys((position for position, _ in some), failure)
        return failures

    def _found(
        self, events: Sequence[Event], failures: dict[int, DeliveryFailure]
    ) -> Iterator[tuple[int, WebhookDelivery]]:
        for position, event in enumerate(events):
            try:
                webhooks = webhooks_of(event.application_id)
            except Unavailable as failure:
                reason = f"The webhooks of an application can't be read: {failure}"
                failures[position] = DeliveryFailure(reason)
                continue
            for delivery in deliveries_of(event, webhooks):
                yield position, delivery


def _failure_to_enqueue(deliveries: Sequence[WebhookDelivery], deadline_ms: int) -> DeliveryFailure | None:
    if clock.now_ms() >= deadline_ms:
        return _OUT_OF_TIME
    try:
        enqueue(deliveries)
    except QueueUnavailable as failure:
        return DeliveryFailure(f"The queue of webhooks did not take an event: {failure}")
    return None
