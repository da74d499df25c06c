"""moto, made fit for several threads, and faster where it answers the same: most time of tests is its."""

import copy
import pickle
from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from typing import Any, cast

from moto import backend_index
from moto.core import models
from moto.core.config import default_user_config
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node, UpdateExpression
from moto.dynamodb.parsing.validators import ActionCountValidator

_WRITES_AND_READS = ("put_item", "update_item", "delete_item", "get_item", "query", "transact_write_items")
_SERVICES_OF_TESTS = {"dynamodb", "dynamodbstreams", "sqs"}

_update_item = DynamoDBBackend.update_item
_serialize_structure = BaseJSONSerializer._serialize_type_structure


def one_at_a_time[**P, R](lock: "RLock", request: Callable[P, R]) -> Callable[P, R]:
    """Makes requests of several threads atomic, as DynamoDB's are: moto checks first, and writes later."""

    @wraps(request)
    def locked(*args: P.args, **kwargs: P.kwargs) -> R:
        with lock:
            return request(*args, **kwargs)

    return locked


@wraps(_update_item)
def _update_a_copy(backend: DynamoDBBackend, table_name: str, key: Any, *args: Any, **kwargs: Any) -> Item:
    """Update a copy of the item, so that an item never changes: copies of a table may share it."""
    table = backend.get_table(table_name)
    partition = cast("dict[DynamoType, Item]", table.items.get(DynamoType(key["pk"]), {}))
    sort_key = DynamoType(key["sk"])
    if sort_key in partition:
        partition[sort_key] = copy.deepcopy(partition[sort_key])
    return _update_item(backend, table_name, key, *args, **kwargs)


def _copy_sharing_items(table: Table, _memo: object) -> Table:
    """Copy a table, apart from its items: before each transaction moto copies all of it."""
    copied = copy.copy(table)
    for name, value in vars(table).items():
        if isinstance(value, dict | list):
            setattr(copied, name, copy.copy(value))
    for partition, items in table.items.items():
        copied.items[partition] = copy.copy(items)
    if table.stream_shard is not None:
        copied.stream_shard = cast("StreamShard", copy.copy(table.stream_shard))
        copied.stream_shard.table = copied
        copied.stream_shard.items = [*table.stream_shard.items]
    return copied


def _count_actions_once(validator: ActionCountValidator, root: UpdateExpression) -> UpdateExpression:
    """Count a whole expression's clauses: no part of it has more of them."""
    return validator.verify_action_counts(root)


@cache
def _is_one_of(kind: type, kinds: tuple[type, ...]) -> bool:
    return issubclass(kind, kinds)


def _traverse(traverser: DepthFirstTraverser, root: Node) -> Node:
    """Process an expression's nodes as moto does, without looking at every node's class anew."""
    processed = tuple(traverser._processing_map())

    def visit(node: Node, child_id: int) -> Node:
        parent = node.parent
        for position, child in enumerate(node.children or ()):
            traverser.pre_processing_of_child(node, position)
            if _is_one_of(type(child), (Node,)):
                visit(child, position)
        if _is_one_of(type(node), processed):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    return visit(root, -1)


def _copy_quickly[T](original: T) -> T:
    """Copy an expression through pickle, which is several times faster."""
    if isinstance(original, Node):
        copied: T = pickle.loads(pickle.dumps(original))  # noqa: S301 - written a moment before
        return copied
    return copy.deepcopy(original)


def _serialize_attribute_values(
    serializer: BaseJSONSerializer, serialized: dict[str, Any], value: Any, shape: Any, key: str
) -> None:
    """Write the common types of values down directly, instead of looking for each of all ten."""
    if shape.name == "AttributeValue" and key:
        written = _written(value)
        if written is not None:
            serialized[key] = written
            return
    _serialize_structure(serializer, serialized, value, shape, key)


def _written(value: Any) -> dict[str, Any] | None:
    """A value as JSON has it; None for the types that this project does not store."""
    if isinstance(value, DynamoType):
        kind, content = value.type, value.value
    elif isinstance(value, dict) and len(value) == 1:
        [(kind, content)] = value.items()
    else:
        return None
    if kind in {"S", "N"}:
        return {kind: str(content)}
    if kind in {"BOOL", "NULL"}:
        return {kind: content}
    if kind == "M":
        parts = {name: _written(part) for name, part in content.items()}
        return {kind: parts} if None not in parts.values() else None
    if kind == "L":
        elements = [_written(element) for element in content]
        return {kind: elements} if None not in elements else None
    return None


def tune() -> None:
    """Change moto for all of this process."""
    lock = RLock()
    DynamoDBBackend.update_item = _update_a_copy  # type: ignore[method-assign]
    for name in _WRITES_AND_READS:
        setattr(DynamoDBBackend, name, one_at_a_time(lock, getattr(DynamoDBBackend, name)))
    Table.__deepcopy__ = _copy_sharing_items  # type: ignore[attr-defined]
    ActionCountValidator.traverse = _count_actions_once
    DepthFirstTraverser.traverse = _traverse
    validators.deepcopy = _copy_quickly  # type: ignore[attr-defined]
    BaseJSONSerializer._serialize_type_structure = _serialize_attribute_values  # type: ignore[method-assign]
    # botocore's descriptions of services are read once, instead of for each client of each test.
    default_user_config["core"]["reset_boto3_session"] = False
    # Only botocore makes requests; for those of other clients moto notes a thousand patterns in each test.
    models.RESPONSES_METHODS.clear()
    # The address of a request is held against all services' patterns in turn.
    backend_index.backend_url_patterns.sort(key=lambda pattern: pattern[0] not in _SERVICES_OF_TESTS)
