"""The engines that stand in for DynamoDB: moto in this process, MiniStack's and AWS's own over HTTP."""

import uuid
from collections.abc import Iterator

import pytest
from moto import mock_aws

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge.settings import settings
from sigbridge.store.connections import client, forget_clients
from sigbridge_local.dynamodb_local import dynamodb_local, local_client
from sigbridge_local.failures import UnavailableError
from sigbridge_local.stack import Stack
from sigbridge_local.table_from_template import create_table
from tests.functional.conftest import forget_everything


@pytest.fixture(scope="session")
def dynamodb_local_url() -> Iterator[str]:
    """Address of DynamoDB Local; without java or npm its tests are skipped, saying so."""
    engine = dynamodb_local()
    try:
        url = engine.__enter__()
    except UnavailableError as unavailable:
        pytest.skip(str(unavailable))
    yield url
    engine.__exit__(None, None, None)


@pytest.fixture(scope="session")
def ministack_url(local_stack: Stack) -> str:
    """Address of the emulator that the local stack runs in."""
    return local_stack.aws_endpoint_url


def forget_engine() -> None:
    """Forgets the clients too, which know the address of the engine."""
    forget_everything()
    forget_clients()


def use_new_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes an empty table on the present engine the one that is used.

    The project's own client asks again after a second, and a busy engine may have made the table by then.
    """
    monkeypatch.setenv("TABLE_NAME", f"sigbridge-{uuid.uuid4().hex[:8]}")
    forget_everything()
    url = settings().dynamodb_endpoint_url
    create_table(local_client(url) if url else client(), settings().table_name)


def use_engine(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    """Makes an empty table on the engine at an address the one that is used; moto where there is none."""
    if url is not None:
        monkeypatch.setenv("DYNAMODB_ENDPOINT_URL", url)
    forget_engine()
    use_new_table(monkeypatch)


@pytest.fixture(params=["ministack", "dynamodb-local"])
def networked_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh table on an engine that many callers can reach at once."""
    name: str = request.param
    use_engine(monkeypatch, request.getfixturevalue(f"{name.replace('-', '_')}_url"))
    yield name
    forget_engine()


@pytest.fixture(params=["moto", "ministack", "dynamodb-local"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh table on every engine."""
    name: str = request.param
    if name == "moto":
        with mock_aws():
            use_engine(monkeypatch, None)
            yield name
    else:
        use_engine(monkeypatch, request.getfixturevalue(f"{name.replace('-', '_')}_url"))
        yield name
    forget_engine()


@pytest.fixture
def key(networked_engine: str) -> str:  # noqa: ARG001 - its table must exist
    """A key of application `demo` with every right."""
    create_application("demo")
    return str(issue_key("demo", "all rights", list(Right)).token)
