"""What telling of messages costs: what `publish` asks of DynamoDB and SQS, with the feed and webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from benchmarks.budget import Row
from benchmarks.change_costs import Changes
from benchmarks.consumption import counted
from benchmarks.played_queue import PlayedQueue, played_queue
from benchmarks.workload import APPLICATION, Event, Workload
from sigbridge.clock import now_ms
from sigbridge.model.webhook import MessageType, SigningSecret, Webhook, WebhookFormat, WebhookSecrets
from sigbridge.store import webhooks as stored
from sigbridge.webhooks.cache import forget_cached_webhooks, webhooks_of
from sigbridge.webhooks.signing import new_secret

_MOST_WEBHOOKS = 50
_IN_A_REQUEST = 10
_WEBHOOKS = (0, 1, 5)
_BATCHES = (1, 100)


def publishing_cost_rows(workload: Workload) -> list[Row]:
    """Count what publishing one message costs, and a hundred of as many devices, by number of webhooks."""
    return [_row(workload, size, number) for size in _BATCHES for number in _WEBHOOKS]


def messages(workload: Workload, number: int) -> list[Event]:
    """Have messages come of as many devices; returns the changes of the table that tell of them."""
    devices = [workload.device() for _ in range(number)]
    stream = Changes(workload)
    workload.batch(devices)()
    return [record for record in stream.take() if record["dynamodb"]["Keys"]["sk"]["S"].startswith("MSG#")]


@contextmanager
def webhooks(number: int, url: str, format_: WebhookFormat = WebhookFormat.TTS) -> Iterator[None]:
    """Have so many webhooks meanwhile, each of which is told of messages and is known to `publish`."""
    ids = [f"webhook-{position}" for position in range(number)]
    now = now_ms()
    for id_ in ids:
        paths = {MessageType.UPLINK_MESSAGE: "/uplink"}
        webhook = Webhook(id_, APPLICATION, url, format_, paths, created_at=now, updated_at=now)
        stored.add(webhook, WebhookSecrets((SigningSecret(new_secret()),)), _MOST_WEBHOOKS)
    forget_cached_webhooks()
    webhooks_of(APPLICATION)
    try:
        yield
    finally:
        for id_ in ids:
            stored.remove(APPLICATION, id_)
        forget_cached_webhooks()


def publish(workload: Workload, changes: list[Event]) -> PlayedQueue:
    """Publish changes; returns what came into the queue of webhooks."""
    with played_queue() as queue:
        workload.publish(changes)
    return queue


def _row(workload: Workload, size: int, number: int) -> Row:
    changes = messages(workload, size)
    with webhooks(number, "https://receiver.example"), counted() as consumption:
        queue = publish(workload, changes)
    queue_requests = ceil(size * number / _IN_A_REQUEST)
    what = "one message" if size == 1 else f"{size} messages"
    return Row(
        name=f"publish, {what}, {number} webhook{'' if number == 1 else 's'}:"
        " requests / write units / read units, requests to SQS",
        limit="one request; ten messages in one to SQS",
        budget=f"1 / ≤ {size} / 0, ≤ {queue_requests}",
        measured=f"{consumption}, {queue.requests}",
        passed=consumption.requests == 1
        and consumption.write_units <= size
        and not consumption.read_units
        and queue.requests <= queue_requests
        and len(queue.bodies) == size * number,
        figures={**consumption.figures(), "queue_requests": queue.requests},
        note="into the feed, and into the queue of webhooks; of as many devices of one application, which the"
        " process knows already, as it does its webhooks",
    )
