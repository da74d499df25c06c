"""Typed access to the one table, with DynamoDB's failures turned into the domain's."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectionFailed

from sigbridge.errors import StoreUnavailable
from sigbridge.settings import settings
from sigbridge.store.connections import client, client_without_retries
from sigbridge.store.numbers import AttributeDeserializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Record = dict[str, Any]

# Sorts after every character that a sort key holds.
_LAST_CHARACTER = "\U0010ffff"

# A transaction that meets another write of the same item is refused, not queued.
_TRANSACTION_ATTEMPTS = 5

# DynamoDB leaves undone what of a batch exceeds its throughput, 1,000 write units a second in a partition.
_BATCH_ATTEMPTS = 5
_PAUSE_S = 0.05

_PASSING_FAILURES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)

# Why DynamoDB refuses a write of a transaction, and will refuse it again: its item would be too large,
# most often.
_LASTING_REASONS = frozenset({"ItemCollectionSizeLimitExceeded", "ValidationError"})

_serialize = TypeSerializer().serialize
_deserialize = AttributeDeserializer().deserialize


@dataclass(frozen=True, slots=True)
class Key:
    """Primary key of an item."""

    pk: str
    sk: str

    def wire(self) -> dict[str, Any]:
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


# What DynamoDB refuses and will refuse again: a request that is not valid, or not allowed.
StoreRefused = ClientError


class ConditionFailed(Exception):
    """A conditional write found the item in another state.

    Attributes:
        existing: The item as it is, or None where there is none.
    """

    def __init__(self, existing: Record | None) -> None:
        super().__init__("condition failed")
        self.existing = existing


class NotTogether(Exception):
    """Writes that were to be made together were not: some of them found their items in another state.

    Attributes:
        refused: Positions of those writes, with the items they found; None for one that is not there.
    """

    def __init__(self, refused: Mapping[int, Record | None]) -> None:
        super().__init__("not together")
        self.refused = refused


class NeverTogether(Exception):
    """Writes that were to be made together never can be.

    One of them is not valid, or makes its item too large.
    """


class WriteConflict(StoreUnavailable):
    """A write met a transaction on the same item and was refused."""


class TransactionRefused(Exception):
    """A transaction did not happen.

    Attributes:
        reasons: DynamoDB's reason for each of its writes, in their order.
    """

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("transaction refused")
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class NewItem:
    """One PutItem of an item that must not exist yet.

    Attributes:
        key: The item.
        record: Its other attributes.
    """

    key: Key
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """One conditional UpdateItem.

    Attributes:
        key: The item.
        expression: DynamoDB update expression.
        condition: DynamoDB condition expression; "" for none.
        values: Values of the expressions' `:placeholders`.
        names: Names of the expressions' `#placeholders`.
    """

    key: Key
    expression: str
    condition: str
    values: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deletion:
    """One conditional DeleteItem.

    Attributes:
        key: The item.
        condition: DynamoDB condition expression, that the item exists unless another one is given; "" for
            none.
        values: Values of the expression's `:placeholders`.
        names: Names of the expression's `#placeholders`.
    """

    key: Key
    condition: str = "attribute_exists(pk)"
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


type Write = NewItem | Update | Deletion


@dataclass(frozen=True, slots=True)
class Span:
    """Items of one partition, of the table or of one of its indexes, with sort keys from `first` to `last`.

    Attributes:
        pk: The partition.
        first, last: Bounds of the sort key, both included.
        index: Name of the index, or None for the table itself.
        pk_name, sk_name: Attributes of the key of the table or index.
        attributes: Which attributes of the items are wanted, none for all. Fewer are sooner sent and read;
            the read units are those of the whole items.
    """

    pk: str
    first: str | int
    last: str | int
    index: str | None = None
    pk_name: str = "pk"
    sk_name: str = "sk"
    attributes: tuple[str, ...] = ()


def get(key: Key) -> Record | None:
    """Reads an item, eventually consistent (half a read unit per 4 kB)."""
    with _failures_translated():
        answer = client().get_item(TableName=settings().table_name, Key=key.wire())
    return _record(answer.get("Item"))


def get_latest(key: Key) -> Record | None:
    """Reads an item as the last finished write left it."""
    with _failures_translated():
        answer = client().get_item(TableName=settings().table_name, Key=key.wire(), ConsistentRead=True)
    return _record(answer.get("Item"))


def get_many(keys: Sequence[Key]) -> dict[Key, Record]:
    """Reads items, eventually consistent, 100 in a request; those that don't exist are left out.

    Raises:
        StoreUnavailable: DynamoDB left some unread.
    """
    return _get_many(keys, {})


def get_many_latest(keys: Sequence[Key]) -> dict[Key, Record]:
    """Like `get_many`, but as the last finished writes left them (a read unit per 4 kB)."""
    return _get_many(keys, {"ConsistentRead": True})


def _get_many(keys: Sequence[Key], options: Any) -> dict[Key, Record]:
    found: dict[Key, Record] = {}
    table = settings().table_name
    for start in range(0, len(keys), 100):
        wanted = [key.wire() for key in keys[start : start + 100]]
        with _failures_translated():
            answer = client().batch_get_item(RequestItems={table: {"Keys": wanted} | options})
        if answer.get("UnprocessedKeys"):
            raise StoreUnavailable
        for item in answer["Responses"].get(table, []):
            record = to_record(item)
            found[Key(record["pk"], record["sk"])] = record
    return found


def put_new(key: Key, record: Mapping[str, Any]) -> None:
    """Writes an item that must not exist yet.

    Raises:
        ConditionFailed: It exists; nothing was written.
    """
    with _failures_translated():
        client().put_item(**_put_arguments(NewItem(key, record)))


def write_together(*writes: Write) -> None:
    """Makes several conditional writes, all or none, in one request; each costs twice its write units.

    Raises:
        NotTogether: A condition did not hold; nothing was written.
        NeverTogether: One of them can't be made, now or later; nothing was written.
    """
    items = [_transaction_item(write) for write in writes]
    for attempt in range(_TRANSACTION_ATTEMPTS):
        time.sleep(attempt * _PAUSE_S)
        try:
            with _failures_translated():
                client().transact_write_items(TransactItems=items)
        except TransactionRefused as refusal:
            refused = {
                position: _record(reason.get("Item"))
                for position, reason in enumerate(refusal.reasons)
                if reason["Code"] == "ConditionalCheckFailed"
            }
            if refused:
                raise NotTogether(refused) from refusal
            if any(reason["Code"] in _LASTING_REASONS for reason in refusal.reasons):
                raise NeverTogether from refusal
        else:
            return
    raise StoreUnavailable


def delete(deletion: Deletion) -> None:
    """Deletes an item.

    Raises:
        ConditionFailed: The condition did not hold; nothing was deleted.
    """
    with _failures_translated():
        client().delete_item(**_delete_arguments(deletion))


def delete_all(keys: Sequence[Key]) -> None:
    """Deletes items, 25 in a request, not together; one that does not exist is no fault.

    Raises:
        StoreUnavailable: Some may not be deleted; deleting them again does no harm.
    """
    table = settings().table_name
    for start in range(0, len(keys), 25):
        requests: Any = {table: [{"DeleteRequest": {"Key": key.wire()}} for key in keys[start : start + 25]]}
        for attempt in range(_BATCH_ATTEMPTS):
            with _failures_translated():
                requests = client().batch_write_item(RequestItems=requests).get("UnprocessedItems")
            if not requests:
                break
            time.sleep(_PAUSE_S * 2**attempt)
        else:
            raise StoreUnavailable


def update(change: Update) -> None:
    """Makes one conditional change, which must do no harm when it is made twice.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
    """
    _update(client(), change)


def update_once(change: Update) -> None:
    """Makes one conditional change that would do harm if an answer got lost and it were sent again.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
        StoreUnavailable: Whether it was made is not known.
    """
    _update(client_without_retries(), change)


def update_returning(change: Update, attribute: str) -> Any:
    """Makes one conditional change and returns one of the changed attributes as it is now.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
    """
    answer = _update(client(), change, ReturnValues="UPDATED_NEW")
    return _deserialize(answer["Attributes"][attribute])


def update_returning_item(change: Update) -> Record:
    """Makes one conditional change and returns the whole item as it is now.

    Raises:
        ConditionFailed: The condition did not hold; nothing was written.
    """
    return to_record(_update(client(), change, ReturnValues="ALL_NEW")["Attributes"])


def _update(sender: "DynamoDBClient", change: Update, **options: Any) -> Any:
    for _ in range(_TRANSACTION_ATTEMPTS):
        with suppress(WriteConflict), _failures_translated():
            return sender.update_item(**_update_arguments(change), **options)
    raise StoreUnavailable


def query_prefix(pk: str, sk_prefix: str) -> Iterator[Record]:
    """Yields the items of one partition whose sort key begins so, in its order, page by page."""
    return in_order(Span(pk, sk_prefix, sk_prefix + _LAST_CHARACTER))


def in_order(span: Span, page: int | None = None) -> Iterator[Record]:
    """Yields the items of a span, the first one first, read page by page as they are wanted.

    Args:
        span: Of the table or an index.
        page: How many to read in a request; None for as many as it can carry, which is 1 MB.
    """
    return _query(span, ScanIndexForward=True, **_limit(page))


def in_reverse(span: Span, page: int | None = None) -> Iterator[Record]:
    """Like `in_order`, but the last item first."""
    return _query(span, ScanIndexForward=False, **_limit(page))


def newest_first(span: Span, page: int) -> Iterator[Record]:
    """Yields the items of a span, the last one first, as the last finished write left them.

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
        "ExpressionAttributeValues": _wire({":pk": span.pk, ":first": span.first, ":last": span.last}),
    }
    if span.index is not None:
        arguments["IndexName"] = span.index
    if attributes:
        arguments["ProjectionExpression"] = ", ".join(attributes)
    with _failures_translated():
        for page in client().get_paginator("query").paginate(**arguments, **options):
            yield from (to_record(item) for item in page["Items"])


def to_record(item: Mapping[str, Any]) -> Record:
    """Turns DynamoDB's typed attributes into plain values; numbers become Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def _record(item: Mapping[str, Any] | None) -> Record | None:
    return None if item is None else to_record(item)


def _wire(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in record.items()}


def _transaction_item(write: Write) -> Any:
    match write:
        case NewItem():
            return {"Put": _put_arguments(write)}
        case Update():
            return {"Update": _update_arguments(write)}
        case Deletion():
            return {"Delete": _delete_arguments(write)}


def _put_arguments(new: NewItem) -> Any:
    return {
        "TableName": settings().table_name,
        "Item": new.key.wire() | _wire(new.record),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _delete_arguments(deletion: Deletion) -> Any:
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "Key": deletion.key.wire(),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if deletion.condition:
        arguments["ConditionExpression"] = deletion.condition
    if deletion.values:
        arguments["ExpressionAttributeValues"] = _wire(deletion.values)
    if deletion.names:
        arguments["ExpressionAttributeNames"] = deletion.names
    return arguments


def _update_arguments(change: Update) -> Any:
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "Key": change.key.wire(),
        "UpdateExpression": change.expression,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if change.condition:
        arguments["ConditionExpression"] = change.condition
    if change.values:
        arguments["ExpressionAttributeValues"] = _wire(change.values)
    if change.names:
        arguments["ExpressionAttributeNames"] = change.names
    return arguments


@contextmanager
def _failures_translated() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailed, HTTPClientError) as failure:
        raise StoreUnavailable from failure
    except ClientError as failure:
        code = failure.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            item: Any = failure.response.get("Item")
            raise ConditionFailed(_record(item)) from failure
        if code == "TransactionCanceledException":
            raise TransactionRefused(failure.response.get("CancellationReasons", [])) from failure
        if code == "TransactionConflictException":
            raise WriteConflict from failure
        if code in _PASSING_FAILURES or failure.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise StoreUnavailable from failure
        raise
