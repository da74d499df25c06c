"""Items of the table: their keys, their attributes, and what is asked for or written of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from sigbridge.errors import StoredByNewerVersion
from sigbridge.settings import settings
from sigbridge.store.numbers import AttributeDeserializer

type Record = dict[str, Any]

# The form in which items are written, and the newest that is read: see Versions of what is stored in
# docs/architecture.md. An item keeps its number until it is written anew.
FORM_VERSION = 1
_VERSION = "version"

_serialize = TypeSerializer().serialize
deserialize = AttributeDeserializer().deserialize


@dataclass(frozen=True, slots=True)
class Key:
    """Primary key of an item."""

    pk: str
    sk: str

    def wire(self) -> dict[str, Any]:
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


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


def to_record(item: Mapping[str, Any]) -> Record:
    """Turn DynamoDB's typed attributes into plain values; numbers become Decimal.

    Raises:
        StoredByNewerVersion: A newer version of Sigbridge wrote the item.
    """
    record = {name: deserialize(value) for name, value in item.items()}
    version = record.pop(_VERSION, FORM_VERSION)
    if version > FORM_VERSION:
        raise StoredByNewerVersion(int(version))
    return record


def found_record(item: Mapping[str, Any] | None) -> Record | None:
    return None if item is None else to_record(item)


def to_wire(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in record.items()}


def item_wire(key: Key, record: Mapping[str, Any]) -> dict[str, Any]:
    return key.wire() | to_wire({**record, _VERSION: FORM_VERSION})


def put_arguments(new: NewItem) -> Any:
    return {
        "TableName": settings().table_name,
        "Item": item_wire(new.key, new.record),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def delete_arguments(deletion: Deletion) -> Any:
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "Key": deletion.key.wire(),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if deletion.condition:
        arguments["ConditionExpression"] = deletion.condition
    if deletion.values:
        arguments["ExpressionAttributeValues"] = to_wire(deletion.values)
    if deletion.names:
        arguments["ExpressionAttributeNames"] = deletion.names
    return arguments


def update_arguments(change: Update) -> Any:
    expression, values = _marked_with_version(change)
    arguments: dict[str, Any] = {
        "TableName": settings().table_name,
        "Key": change.key.wire(),
        "UpdateExpression": expression,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if change.condition:
        arguments["ConditionExpression"] = change.condition
    if values:
        arguments["ExpressionAttributeValues"] = to_wire(values)
    if change.names:
        arguments["ExpressionAttributeNames"] = change.names
    return arguments


def _marked_with_version(change: Update) -> tuple[str, Mapping[str, Any]]:
    """Return a change's expression and values such that an item that it makes says its form."""
    verb, _, rest = change.expression.partition(" ")
    if verb != "SET":
        return change.expression, change.values
    marked = f"SET {_VERSION} = if_not_exists({_VERSION}, :{_VERSION}), {rest}"
    return marked, {**change.values, f":{_VERSION}": FORM_VERSION}
