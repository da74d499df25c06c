"""Trying webhooks that failed, and having delivered what they missed once they answer again."""

from dataclasses import dataclass

from sigbridge.aws.queue import QueueUnavailable
from sigbridge.clock import now_ms
from sigbridge.errors import Unavailable
from sigbridge.feed.replaying import read_from, replay_cursor
from sigbridge.jobs import TooManyJobs
from sigbridge.model.webhook_health import Failure, WebhookHealth
from sigbridge.store import webhook_health as stored
from sigbridge.store import webhooks as stored_webhooks
from sigbridge.store.parallel import RunResult, run_each
from sigbridge.store.webhook_health import HealthChanged, StoredHealth
from sigbridge.webhooks.calling import Endpoint, call
from sigbridge.webhooks.delivery import WebhookDelivery, WebhookProbe
from sigbridge.webhooks.enqueueing import deliveries_of, enqueue
from sigbridge.webhooks.replay_orders import order_missed

# Each trial takes another one of them: an event that an endpoint refuses for itself must not keep it closed.
_TRIED_IN_TURN = 10
_EVENTS_A_PAGE = 100
_MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook that is to be tried, or has missed something.

    Attributes:
        application_id, webhook_id: The webhook.
    """

    application_id: str
    webhook_id: str


def look_after_webhooks(now: int, _until_ms: int) -> RunResult[DueWebhook]:
    """Have webhooks tried whose time has come, and jobs ordered for those that answer again.

    Args:
        now: The present moment, epoch ms.
    """
    due = [DueWebhook(*stored.webhook_named(item)) for item in stored.due_until(now)]
    return run_each(lambda webhook: _look_after(webhook, now), due)


def _look_after(due: DueWebhook, now: int) -> None:
    if stored_webhooks.find(due.application_id, due.webhook_id) is None:
        # It was deleted while it was called.
        stored.remove(due.application_id, due.webhook_id)
        return
    seen = stored.find(due.application_id, due.webhook_id)
    if seen.health.is_open:
        _have_it_tried(seen, now)
    elif seen.health.is_called and seen.health.missed_from is not None:
        _have_missed_delivered(seen, seen.health.missed_from)


def _have_it_tried(seen: StoredHealth, now: int) -> None:
    claimed = seen.health.probe_claimed(now)
    if claimed == seen.health:
        return
    try:
        stored.replace(seen, claimed)
        enqueue([WebhookProbe(seen.application_id, seen.webhook_id)])
    except HealthChanged:
        return
    except QueueUnavailable as failure:
        # The next trial is due whether this one is made or not.
        raise Unavailable(failure.message) from failure


def _have_missed_delivered(seen: StoredHealth, missed_from: int) -> None:
    """Order the job, then forget that it is to be ordered: whoever dies between orders it once more."""
    try:
        order_missed(seen.application_id, seen.webhook_id, missed_from)
        stored.replace(seen, seen.health.replay_ordered())
    except (TooManyJobs, HealthChanged):
        # It stays due.
        return


def try_missed(endpoint: Endpoint, seen: WebhookHealth) -> WebhookHealth:
    """Call a webhook with something that it missed, and return how it is doing then.

    Raises:
        Unavailable: The store failed; it is tried again.
    """
    if not seen.is_open:
        return seen
    webhook = endpoint.webhook
    delivery = _one_missed(endpoint, seen)
    if delivery is None:
        return stored.change(webhook.application_id, webhook.id, WebhookHealth.closed_untried)
    failure = call(endpoint, delivery.message_type, delivery.event)
    return stored.change(
        webhook.application_id, webhook.id, lambda health: _after_trial(health, failure, now_ms())
    )


def _after_trial(health: WebhookHealth, failure: Failure | None, now: int) -> WebhookHealth:
    return health.succeeded(now) if failure is None else health.probe_failed(failure)


def _one_missed(endpoint: Endpoint, health: WebhookHealth) -> WebhookDelivery | None:
    """Return one of the first events that a webhook missed, another one at each trial."""
    if health.missed_from is None:
        return None
    found: list[WebhookDelivery] = []
    cursor: str | None = replay_cursor(health.missed_from, now_ms())
    for _ in range(_MOST_PAGES):
        if cursor is None or len(found) >= _TRIED_IN_TURN:
            break
        page = read_from(endpoint.webhook.application_id, cursor, _EVENTS_A_PAGE)
        found += [one for event in page.events for one in deliveries_of(event, [endpoint.webhook])]
        if not page.events:
            break
        cursor = page.cursor
    return found[max(0, health.probes - 1) % min(len(found), _TRIED_IN_TURN)] if found else None
