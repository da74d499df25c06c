"""Making a table as it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from sigbridge.settings import settings
from sigbridge.store.connections import client
from tests.functional.conftest import Stored


def go_back(stored: Stored, items: Sequence[Mapping[str, Any]]) -> None:
    """Makes the table hold these items and no others."""
    wire, table = TypeSerializer().serialize, settings().table_name
    for found in stored():
        client().delete_item(TableName=table, Key={name: wire(found[name]) for name in ("pk", "sk")})
    for item in items:
        client().put_item(TableName=table, Item={name: wire(value) for name, value in item.items()})
