"""The local stack that `make up` or `make run` started: what `.local/stack.json` says of it."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from sigbridge_admin.failures import AdminError

IS_IT_UP = "is the local stack up? `make up` starts it"
_STACK_FILE = Path(".local", "stack.json")


class LocalStack(BaseModel):
    """What the tool needs of `.local/stack.json`.

    Attributes:
        base_url: Where the API answers.
        key: A key of its application, with all rights.
        table: Name of the DynamoDB table.
        aws_endpoint_url: Address of every AWS service.
        region: Region of the stack.
    """

    base_url: str
    key: str
    table: str
    aws_endpoint_url: str
    region: str


def local_stack() -> LocalStack:
    """The local stack that was started in this directory or one above it.

    Raises:
        AdminError: There is none, or its description can't be read.
    """
    file = _stack_file()
    try:
        return LocalStack.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as unreadable:
        message = f"{file} does not describe a local stack: `make down`, then `make up` writes it anew"
        raise AdminError(message) from unreadable


def _stack_file() -> Path:
    here = Path.cwd()
    for directory in (here, *here.parents):
        if (directory / _STACK_FILE).is_file():
            return directory / _STACK_FILE
    message = f"There is no {_STACK_FILE} here or in a directory above: `make up` starts the local stack"
    raise AdminError(message)
