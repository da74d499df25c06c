"""Tuned, moto still answers as it did, and what was prepared once stays as it was."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sigbridge.applications import create_application
from sigbridge.store.connections import client
from tests.functional.conftest import Stored
from tests.functional.prepared_table import prepared

KEY: Any = {"pk": {"S": "P"}, "sk": {"S": "S"}}
VALUES: Any = {
    "text": {"S": "ü"},
    "number": {"N": "1.50"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "bytes": {"B": b"\0\1"},
    "words": {"SS": ["a"]},
    "map": {"M": {"inner": {"L": [{"N": "1"}, {"B": b"\2"}]}, "empty": {"M": {}}}},
    "list": {"L": [{"M": {"x": {"S": ""}}}, {"NULL": True}]},
}


def test_values_of_all_types_come_back(table: str) -> None:
    client().put_item(TableName=table, Item=KEY | VALUES)

    assert client().get_item(TableName=table, Key=KEY)["Item"] == KEY | VALUES
    assert client().scan(TableName=table)["Items"] == [KEY | VALUES]


def test_a_refused_transaction_changes_nothing(table: str, stored: Stored) -> None:
    client().put_item(TableName=table, Item=KEY | {"count": {"N": "1"}, "map": {"M": {}}})
    before = stored()
    update: Any = {
        "TableName": table,
        "Key": KEY,
        "UpdateExpression": "SET #map.nested = :one ADD #count :one",
        "ExpressionAttributeNames": {"#map": "map", "#count": "count"},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    other: Any = {"TableName": table, "Item": KEY | {"sk": {"S": "other"}}}
    refused: Any = {
        "TableName": table,
        "Key": KEY | {"sk": {"S": "none"}},
        "ConditionExpression": "attribute_exists(pk)",
    }

    with pytest.raises(ClientError, match="TransactionCanceled"):
        client().transact_write_items(
            TransactItems=[{"Update": update}, {"Put": other}, {"ConditionCheck": refused}]
        )
    assert stored() == before

    client().transact_write_items(TransactItems=[{"Update": update}, {"Put": other}])
    assert [item.get("count") for item in stored()] == [2, None]
    assert stored()[0]["map"] == {"nested": 1}


@pytest.mark.parametrize("expression", ["SET a = :one SET b = :one", "ADD a :one ADD b :one", "SET a ="])
def test_a_wrong_expression_is_refused(expression: str, table: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        client().update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression=expression,
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def test_what_was_prepared_is_given_again_as_it_was(table: str, stored: Stored) -> None:
    first = prepared(create_application, "demo")
    made = stored()

    for item in made:
        key: Any = {name: {"S": item[name]} for name in ("pk", "sk")}
        client().update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET changed = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
        client().delete_item(TableName=table, Key=key)

    assert prepared(create_application, "demo") == first
    assert stored() == made
