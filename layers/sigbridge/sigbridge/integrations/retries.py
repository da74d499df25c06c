"""What a destination did not take: tried again from a queue, or given up for a person to look at."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sigbridge.aws import queue
from sigbridge.aws.queue import QueuedMessage, QueueUnavailable
from sigbridge.integrations.delivery import Delivery, deliver
from sigbridge.integrations.destination import DeliveryFailure
from sigbridge.settings import settings


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A delivery that failed, and why."""

    delivery: Delivery
    failure: DeliveryFailure


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of messages of the retry queue.

    Attributes:
        waiting: Ids of those that are to be tried again.
        given_up: Deliveries that went to the dead letters.
    """

    waiting: tuple[str, ...]
    given_up: tuple[Undelivered, ...]


def make_deliveries(deliveries: Sequence[Delivery]) -> Sequence[Undelivered]:
    """Make deliveries; put what fails for a while into the retry queue, and the rest into dead letters.

    Raises:
        QueueUnavailable: Not all of what failed is in a queue.
    """
    failures = deliver(deliveries)
    undelivered = [Undelivered(deliveries[position], failure) for position, failure in failures.items()]
    later = [one.delivery.to_json() for one in undelivered if not one.failure.is_lasting]
    queue.send(settings().retry_queue_url, later)
    _give_up(one for one in undelivered if one.failure.is_lasting)
    return undelivered


def retry(messages: Sequence[QueuedMessage]) -> Retried:
    """Make the deliveries that the retry queue holds; what fails again waits longer.

    What nothing can be read of waits too, and so comes to the dead letters.
    """
    read = [(message, delivery) for message in messages if (delivery := _read(message)) is not None]
    failures = deliver([delivery for _, delivery in read])
    failed = [(*read[position], failure) for position, failure in failures.items()]
    given_up = {
        message: undelivered
        for message, delivery, failure in failed
        if failure.is_lasting and _is_given_up(undelivered := Undelivered(delivery, failure))
    }
    waiting = [message for message, _, _ in failed if message not in given_up]
    waiting += set(messages) - {message for message, _ in read}
    queue.postpone(settings().retry_queue_url, waiting)
    return Retried(tuple(message.id for message in waiting), tuple(given_up.values()))


def _read(message: QueuedMessage) -> Delivery | None:
    with suppress(KeyError, TypeError, ValueError):
        return Delivery.from_json(message.body)
    return None


def _is_given_up(undelivered: Undelivered) -> bool:
    try:
        _give_up([undelivered])
    except QueueUnavailable:
        return False
    return True


def _give_up(undelivered: Iterable[Undelivered]) -> None:
    letters = [one.delivery.to_json(reason=one.failure.reason) for one in undelivered]
    queue.send(settings().undelivered_url, letters)
