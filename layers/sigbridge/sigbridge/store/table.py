"""Reads and writes of the one table, each one request."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sigbridge import clock
from sigbridge.errors import StoreThrottled, StoreUnavailable
from sigbridge.settings import settings
from sigbridge.store.connections import client, client_without_retries
from sigbridge.store.failures import WriteConflict, failures_translated
from sigbridge.store.rows import (
    Deletion,
    Key,
    NewItem,
    Record,
    Span,
    Update,
    delete_arguments,
    deserialize,
    found_record,
    item_wire,
    put_arguments,
    to_record,
    to_wire,
    update_arguments,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Sorts after every character that a sort key holds.
_LAST_CHARACTER = "\U0010ffff"

# A write that meets a transaction on the same item is refused, not queued.
_ATTEMPTS = 5

# DynamoDB leaves undone what of a batch exceeds the throughput of a key, 1,000 write units a second or
# 3,000 read units. It is asked again after these pauses: two of the ten seconds that Sigfox waits.
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
_ASKED_AGAIN_FOR_MS = 2_000


def get(key: Key) -> Record | None:
    """Read an item, eventually consistent (half a read unit per 4 kB)."""
    with failures_translated():
        answer = client().get_item(TableName=settings().table_name, Key=key.wire())
    return found_record(answer.get("Item"))


def get_latest(key: Key) -> Record | None:
    """Read an item as the last finished write left it."""
    with failures_translated():
        answer = client().get_item(TableName=settings().table_name, Key=key.wire(), ConsistentRead=True)
    return found_record(answer.get("Item"))


def get_many(keys: Sequence[Key]) -> dict[Key, Record]:
    """Read items, eventually consistent, 100 in a request; those that don't exist are left out.

    Raises:
        StoreThrottled: DynamoDB left some unread, however often it was asked.
    """
    return _get_many(keys, {})


def get_many_latest(keys: Sequence[Key]) -> dict[Key, Record]:
    """Like `get_many`, but as the last finished writes left them (a read unit per 4 kB)."""
    return _get_many(keys, {"ConsistentRead": True})


def _get_many(keys: Sequence[Key], options: Any) -> dict[Key, Record]:
    found: dict[Key, Record] = {}
    table = settings().table_name

    def read(requests: Any) -> Any:
        answer = client().batch_get_item(RequestItems=requests)
        for item in answer["Responses"].get(table, []):
            record = to_record(item)
            found[Key(record["pk"], record["sk"])] = record
        return answer.get("UnprocessedKeys")

    for start in range(0, len(keys), 100):
        wanted = [key.wire() for key in keys[start : start + 100]]
        _send_batch(read, {table: {"Keys": wanted} | options})
    return found


def _send_batch(send: Callable[[Any], Any], requests: Any) -> None:
    """Send a batch, and again what of it was left undone, until nothing is.

    Args:
        send: Sends requests and returns those that were left undone.
        requests: The batch.

    Raises:
        StoreThrottled: Some of it is undone still.
    """
    end = clock.now_ms() + _ASKED_AGAIN_FOR_MS
    for pause_s in (*_PAUSES_S, None):
        with failures_translated():
            requests = send(requests)
        if not requests:
            return
        if pause_s is None or clock.now_ms() + pause_s * 1000 > end:
            break
        time.sleep(pause_s)
    raise StoreThrottled


def put_new(key: Key, record: Mapping[str, Any]) -> None:
    """Write an item that must not exist yet.

    Raises:
        ConditionFailed: It exists; nothing was written.
    """
    with failures_translated():
        client().put_item(**put_arguments(NewItem(key, record)))


def put_all(items: Mapping[Key, Mapping[str, Any]]) -> None:
    """Write up to 25 items of up to 16 MB in one request, not together, whatever is there under their keys.

    Raises:
        StoreThrottled: Some may not be written; writing them again does no harm.
    """
    puts = [{"PutRequest": {"Item": item_wire(key, record)}} for key, record in items.items()]
    _send_batch(_write_batch, {settings().table_name: puts})


def _write_batch(requests: Any) -> Any:
    return client().batch_write_item(RequestItems=requests).get("UnprocessedItems")


def delete(deletion: Deletion) -> None:
    """Delete an item.

    Raises:
        ConditionFailed: The condition did not hold; nothing was deleted.
    """
    with failures_translated():
        client().delete_item(**delete_arguments(deletion))


def delete_all(keys: Sequence[Key]) -> None:
    """Delete items, 25 in a request, not together; one that does not exist is no fault.

    Raises:
        StoreThrottled: Some may not be deleted; deleting them again does no harm.
    """
    for start in range(0, len(keys), 25):
        deletions = [{"DeleteRequest": {"Key": key.wire()}} for key in keys[start : start + 25]]
        _send_batch(_write_batch, {settings().table_name: deletions})


def update(change: Update) -> None:
    """Make one conditional change, which must do no harm when it is made twice.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
    """
    _update(client(), change)


def update_once(change: Update) -> None:
    """Make one conditional change that would do harm if an answer got lost and it were sent again.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
        StoreUnavailable: Whether it was made is not known.
    """
    _update(client_without_retries(), change)


def update_returning(change: Update, attribute: str) -> Any:
    """Make one conditional change and return one of the changed attributes as it is now.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
    """
    answer = _update(client(), change, ReturnValues="UPDATED_NEW")
    return deserialize(answer["Attributes"][attribute])


def update_returning_item(change: Update) -> Record:
    """Make one conditional change and return the whole item as it is now.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
    """
    return to_record(_update(client(), change, ReturnValues="ALL_NEW")["Attributes"])


def _update(sender: "DynamoDBClient", change: Update, **options: Any) -> Any:
    for _ in range(_ATTEMPTS):
        with suppress(WriteConflict), failures_translated():
            return sender.update_item(**update_arguments(change), **options)
    raise StoreUnavailable


def query_prefix(pk: str, sk_prefix: str) -> Iterator[Record]:
    """Yield the items of one partition whose sort key begins so, in its order, page by page."""
    return in_order(Span(pk, sk_prefix, sk_prefix + _LAST_CHARACTER))


def in_order(span: Span, page: int | None = None) -> Iterator[Record]:
    """Yield the items of a span, the first one first, read page by page as they are wanted.

    Args:
        span: Of the table or an index.
        page: How many to read in a request; None for as many as it can carry, which is 1 MB.
    """
    return _query(span, ScanIndexForward=True, **_limit(page))


def in_reverse(span: Span, page: int | None = None) -> Iterator[Record]:
    """Like `in_order`, but the last item first."""
    return _query(span, ScanIndexForward=False, **_limit(page))


def newest_first(span: Span, page: int) -> Iterator[Record]:
    """Yield the items of a span, the last one first, as the last finished write left them.

    Args:
        span: Of the table; indexes can't be read so.
        page: How many to read in a request.
    """
    return _query(span, ScanIndexForward=False, ConsistentRead=True, Limit=page)


def _limit(page: int | None) -> dict[str, int]:
    return {} if page is None else {"Limit": page}


def _query(span: Span, **options: Any) -> Iterator[Record]:
    attributes = {f"#a{position}": name for position, name in enumerate(span.attributes)}
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#pk": span.pk_name, "#sk": span.sk_name, **attributes},
        "ExpressionAttributeValues": to_wire({":pk": span.pk, ":first": span.first, ":last": span.last}),
    }
    if span.index is not None:
        arguments["IndexName"] = span.index
    if attributes:
        arguments["ProjectionExpression"] = ", ".join(attributes)
    with failures_translated():
        for page in client().get_paginator("query").paginate(**arguments, **options):
            yield from (to_record(item) for item in page["Items"])
