"""The webhooks of applications, remembered for a minute: who publishes asks for them with every batch."""

from cachetools import TTLCache

from sigbridge.model.webhook import Webhook
from sigbridge.store import webhooks as stored

_KNOWN_FOR_SECONDS = 60
_APPLICATIONS = 1_000

_webhooks: TTLCache[str, tuple[Webhook, ...]] = TTLCache(_APPLICATIONS, _KNOWN_FOR_SECONDS)


def webhooks_of(application_id: str) -> tuple[Webhook, ...]:
    """Return the webhooks of an application, at most a minute old.

    Raises:
        StoreUnavailable: They can't be read.
    """
    known = _webhooks.get(application_id)
    if known is None:
        known = _webhooks[application_id] = tuple(stored.of_application(application_id))
    return known


def forget_cached_webhooks() -> None:
    """Make the next look-up of every application read the store."""
    _webhooks.clear()
