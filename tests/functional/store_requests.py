"""Which requests a call makes of the store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sigbridge.store.connections import client, client_without_retries

_EVENT = "before-call.dynamodb"


@contextmanager
def store_requests() -> Iterator[Counter[str]]:
    """Counts the requests by DynamoDB's names of them, until the block ends."""
    counted: Counter[str] = Counter()

    def count(model: Any, **_details: object) -> None:
        counted[model.name] += 1

    clients = (client(), client_without_retries())
    for each in clients:
        each.meta.events.register(_EVENT, count)
    try:
        yield counted
    finally:
        for each in clients:
            each.meta.events.unregister(_EVENT, count)
