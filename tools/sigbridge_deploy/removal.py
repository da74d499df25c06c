"""What `make remove` deletes: the stack, and what CloudFormation leaves behind on purpose."""

import subprocess
import sys
from dataclasses import dataclass
from itertools import batched

import boto3

from sigbridge_admin.failures import AdminError
from sigbridge_deploy.stacks import describe_stack

# CloudFormation names a resource after its stack and its logical id: the resources that the template retains.
_TABLE = "SigbridgeTable"
# As many as the parameter store deletes in a request.
_DELETED_AT_ONCE = 10
_QUEUES = ("ChangeStreamDeadLetters", "PublishDeadLetters")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a stack, or of one that was deleted.

    Attributes:
        name: Its name.
        items: How many items it holds, as DynamoDB counted within the last six hours.
        size: Bytes, likewise.
    """

    name: str
    items: int
    size: int


@dataclass(frozen=True, slots=True)
class Installation:
    """What there is of a stack.

    Attributes:
        stack: Whether the stack itself is there.
        tables: Its tables, and those of earlier stacks of its name.
        queues: URLs of its queues of dead letters, likewise.
        credentials: Names of the parameters that hold applications' credentials for Sigfox.
    """

    stack: bool
    tables: tuple[Table, ...]
    queues: tuple[str, ...]
    credentials: tuple[str, ...]

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left."""
        return not (self.stack or self.tables or self.queues or self.credentials)


def find_installation(session: boto3.Session, stack: str) -> Installation:
    """Find what there is of a stack, and what earlier stacks of this name left behind.

    Args:
        session: Credentials and region.
        stack: Name of the CloudFormation stack.
    """
    return Installation(
        describe_stack(session, stack) is not None,
        _tables(session, stack),
        _queues(session, stack),
        _credentials(session, stack),
    )


def delete_stack(session: boto3.Session, stack: str) -> None:
    """Delete a stack and the code that was uploaded for it, as `sam delete` does.

    Raises:
        AdminError: It failed; what SAM printed says why.
    """
    command = [sys.executable, "-m", "samcli", "delete", "--no-prompts", "--stack-name", stack]
    finished = subprocess.run([*command, "--region", session.region_name], check=False)
    if finished.returncode:
        message = f"Stack '{stack}' was not deleted whole. Run the command again to go on"
        raise AdminError(message)


def delete_data(session: boto3.Session, installation: Installation) -> None:
    """Delete the tables with all that they hold, the queues, and the credentials. It can't be undone."""
    dynamodb, sqs, ssm = session.client("dynamodb"), session.client("sqs"), session.client("ssm")
    for table in installation.tables:
        dynamodb.delete_table(TableName=table.name)
    for queue in installation.queues:
        sqs.delete_queue(QueueUrl=queue)
    for names in batched(installation.credentials, _DELETED_AT_ONCE, strict=False):
        ssm.delete_parameters(Names=names)


def _tables(session: boto3.Session, stack: str) -> tuple[Table, ...]:
    dynamodb = session.client("dynamodb")
    names = [
        name
        for page in dynamodb.get_paginator("list_tables").paginate()
        for name in page["TableNames"]
        if name.startswith(f"{stack}-{_TABLE}-")
    ]
    described = [dynamodb.describe_table(TableName=name)["Table"] for name in names]
    return tuple(Table(each["TableName"], each["ItemCount"], each["TableSizeBytes"]) for each in described)


def _queues(session: boto3.Session, stack: str) -> tuple[str, ...]:
    pages = session.client("sqs").get_paginator("list_queues")
    return tuple(
        url
        for queue in _QUEUES
        for page in pages.paginate(QueueNamePrefix=f"{stack}-{queue}-")
        for url in page.get("QueueUrls", [])
    )


def _credentials(session: boto3.Session, stack: str) -> tuple[str, ...]:
    pages = (
        session.client("ssm")
        .get_paginator("describe_parameters")
        .paginate(
            ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [f"/sigbridge/{stack}"]}]
        )
    )
    return tuple(parameter["Name"] for page in pages for parameter in page["Parameters"])
