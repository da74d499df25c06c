"""Makes the table that `template.yaml` describes, on any DynamoDB; the schema lives there alone."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sigbridge_local.places import TEMPLATE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CREATED_WITH = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)


class _TemplateLoader(yaml.SafeLoader):
    """Reads a template with its short forms (`!Ref x`) as `{"Ref": x}`."""


def _short_form(loader: _TemplateLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    key = name if name in {"Ref", "Condition"} else f"Fn::{name}"
    if isinstance(node, yaml.ScalarNode):
        return {key: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {key: loader.construct_mapping(node, deep=True)}
    raise yaml.constructor.ConstructorError(problem="unknown kind of node", problem_mark=node.start_mark)


_TemplateLoader.add_multi_constructor("!", _short_form)


@cache
def read_template(template: Path = TEMPLATE) -> dict[str, Any]:
    """Read the template as plain data."""
    content: dict[str, Any] = yaml.load(template.read_text(), Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return content


def table_properties(template: Path = TEMPLATE) -> dict[str, Any]:
    """The properties of the table, as the template says them."""
    properties: dict[str, Any] = read_template(template)["Resources"]["SigbridgeTable"]["Properties"]
    return properties


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Create the template's table, its stream and its time to live under a name."""
    properties = table_properties()
    arguments: dict[str, Any] = {field: properties[field] for field in _CREATED_WITH if field in properties}
    stream = properties["StreamSpecification"] | {"StreamEnabled": True}
    client.create_table(TableName=name, StreamSpecification=stream, **arguments)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
