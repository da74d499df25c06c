"""The deployed stack, held against the description of its API: over HTTP, with an application of its own."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import requests

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge_local.stack import Stack, configured
from tests.contract.resources import Resources
from tests.stack.conftest import nothing_failed_unseen

__all__ = ["nothing_failed_unseen"]


@dataclass(frozen=True)
class Tenant:
    """An application made for these tests, whose settings, devices and keys may become anything.

    Attributes:
        base_url: Where the API answers.
        application_id: The application.
        key: A key of it with all rights.
        key_id: Its id.
    """

    base_url: str
    application_id: str
    key: str
    key_id: str


@pytest.fixture(scope="session")
def tenant(local_stack: Stack) -> Tenant:
    """An application that no other test uses, on the stack that all tests share."""
    application_id = f"contract-{secrets.token_hex(4)}"
    with configured(local_stack.table, local_stack.aws_endpoint_url):
        create_application(application_id)
        issued = issue_key(application_id, "contract tests", tuple(Right))
    return Tenant(local_stack.base_url, application_id, str(issued.token), issued.key.id)


@pytest.fixture(scope="session")
def session(tenant: Tenant) -> Iterator[requests.Session]:
    """A connection that shows the key."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {tenant.key}"
        yield session


@pytest.fixture(scope="session")
def resources(tenant: Tenant) -> Iterator[Resources]:
    """One resource of each kind in that application."""
    headers = {"Authorization": f"Bearer {tenant.key}"}
    with httpx.Client(base_url=tenant.base_url, headers=headers, timeout=30, trust_env=False) as api:
        yield Resources(api, tenant.application_id)
