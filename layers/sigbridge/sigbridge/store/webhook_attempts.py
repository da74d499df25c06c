"""Calls of webhooks that failed: at most one a second for each webhook."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import batched
from typing import Any

from sigbridge.model.webhook import MessageType
from sigbridge.model.webhook_attempt import FailedAttempt
from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Key, Span

_SORT = "ATTEMPT#"
_AFTER_ALL = "~"
_PAGE = 100


def add(application_id: str, webhook_id: str, attempt: FailedAttempt, expires_at: int) -> None:
    """Store a call that failed, unless another one of the same second is stored.

    Args:
        application_id, webhook_id: The webhook.
        attempt: The call.
        expires_at: When it is forgotten, epoch seconds.
    """
    record: dict[str, Any] = {
        "at": attempt.at,
        "message_type": attempt.message_type,
        "event_id": attempt.event_id,
        "message_id": attempt.message_id,
        "status": attempt.status,
        "reason": attempt.reason,
        "expires_at": expires_at,
    }
    key = Key(_partition(application_id, webhook_id), f"{_SORT}{attempt.at // 1000:010d}")
    with suppress(ConditionFailed):
        table.put_new(key, record)


def newest_first(application_id: str, webhook_id: str) -> Iterator[FailedAttempt]:
    """Yield the calls of a webhook that failed, the last one first."""
    for record in table.in_reverse(_span(application_id, webhook_id), _PAGE):
        yield FailedAttempt(
            at=int(record["at"]),
            message_type=MessageType(record["message_type"]),
            event_id=record["event_id"],
            message_id=record["message_id"],
            status=whole(record["status"]),
            reason=record["reason"],
        )


def remove_all(application_id: str, webhook_id: str) -> None:
    """Delete what is stored of the calls of a webhook."""
    records = table.in_order(_span(application_id, webhook_id))
    for some in batched(records, _PAGE, strict=False):
        table.delete_all([Key(each["pk"], each["sk"]) for each in some])


def _span(application_id: str, webhook_id: str) -> Span:
    return Span(_partition(application_id, webhook_id), _SORT, _SORT + _AFTER_ALL)


def _partition(application_id: str, webhook_id: str) -> str:
    return f"WEBHOOK#{application_id}#{webhook_id}"
