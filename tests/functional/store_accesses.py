"""Which items the product's requests to DynamoDB read and write, by the form of their keys."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

type Arguments = Mapping[str, Any]

_STORE = "/sigbridge/store/"
_BOTOCORE = "/botocore/"
_TESTS = "/tests/"
_FEED = "FEED#*"
# The attributes that an item is in an index with, and how its key is set.
_INDEXED = {"due": re.compile(r"\bdue_(?:list|at)\b"), "answered": re.compile(r"(?<![#:.])\buplink\b")}
# What the list of an application's devices has a copy of.
_DEVICE = re.compile(r"^DEVICE#\S+ DEVICE$")
_LISTED = re.compile(r"\blisted_in\b|\b(?:name|type|reported_type|tags|active|payload_encoding) =")
_SET_TO = re.compile(r"\bdue_list = (?:if_not_exists\(due_list, )?(:\w+)")


@contextmanager
def store_accesses() -> Iterator[Counter[str]]:
    """Counts the accesses of the product's requests to DynamoDB until the block ends."""
    collected = Counter[str]()
    call = BaseClient._make_api_call

    def noted(client: BaseClient, operation: str, arguments: Arguments) -> Any:
        if client.meta.service_model.service_name == "dynamodb" and not _is_made_by_a_test():
            collected.update(accesses(operation, arguments))
        return call(client, operation, arguments)

    with patch.object(BaseClient, "_make_api_call", noted):
        yield collected


def _is_made_by_a_test() -> bool:
    """Whether a test asks by itself, with the store's clients or functions."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not (_STORE in file or _BOTOCORE in file or file.endswith("contextlib.py")):
            return _TESTS in file
        frame = frame.f_back
    return False


def accesses(operation: str, arguments: Arguments) -> Iterator[str]:
    """Yield each access of a request as `<operation> <form of the keys>`, with the indexes that it writes."""
    match operation:
        case "BatchGetItem":
            [table] = arguments["RequestItems"].values()
            yield from (f"{operation} {_form(key)}" for key in table["Keys"])
        case "BatchWriteItem":
            [requests] = arguments["RequestItems"].values()
            yield from map(_batch_write, requests)
        case "TransactWriteItems":
            for item in arguments["TransactItems"]:
                [(kind, write)] = item.items()
                yield from _writes(f"{operation} {kind}", write)
        case "Query":
            yield _query(arguments)
        case "GetItem":
            yield f"{operation} {_form(arguments['Key'])}"
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield from _writes(operation, arguments)
        case "Scan":
            yield operation


def _writes(operation: str, arguments: Arguments) -> Iterator[str]:
    key = arguments.get("Key") or arguments["Item"]
    text = arguments.get("UpdateExpression", " ".join(arguments.get("Item", ())))
    indexes = [index for index, attribute in _INDEXED.items() if attribute.search(text)]
    if _DEVICE.match(_form(key)) and _LISTED.search(text):
        indexes.append("devices")
    yield " +".join([f"{operation} {_form(key)}", *indexes])
    yield from (f"due {_pattern(name)}" for name in _due_lists(arguments))


def _due_lists(arguments: Arguments) -> Iterator[str]:
    if "due_list" in arguments.get("Item", {}):
        yield arguments["Item"]["due_list"]["S"]
    for placeholder in _SET_TO.findall(arguments.get("UpdateExpression", "")):
        yield arguments["ExpressionAttributeValues"][placeholder]["S"]


def _batch_write(request: Arguments) -> str:
    """Whatever a device has is deleted in batches, of any kind."""
    if "PutRequest" in request:
        return f"BatchWriteItem Put {_form(request['PutRequest']['Item'])}"
    form = _form(request["DeleteRequest"]["Key"])
    return f"BatchWriteItem Delete {'DEVICE#* *' if form.startswith('DEVICE#*') else form}"


def _query(arguments: Arguments) -> str:
    values = arguments["ExpressionAttributeValues"]
    partition = _pattern(values[":pk"]["S"])
    if "IndexName" in arguments:
        return f"Query {arguments['IndexName']} {partition}"
    first = values[":first"]["S"]
    return f"Query {partition} {_pattern(first) if '#' in first and partition != _FEED else '*'}"


def _form(key: Arguments) -> str:
    partition = _pattern(key["pk"]["S"])
    # A list of the whole table has ids as its sort keys, the feed moments.
    has_kinds = "#" in partition and partition != _FEED
    return f"{partition} {_pattern(key['sk']['S']) if has_kinds else '*'}"


def _pattern(key: str) -> str:
    kind, separator, _ = key.partition("#")
    return f"{kind}#*" if separator else kind
