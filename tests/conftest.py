"""What every tier of tests shares."""

import os

os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TABLE_NAME": "sigbridge-test",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Sigbridge",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}
os.environ.pop("DYNAMODB_ENDPOINT_URL", None)

from collections.abc import Iterator

import pytest

from sigbridge_local.processes import free_port
from sigbridge_local.stack import Stack, bring_up, running_stack, take_down


@pytest.fixture(scope="session")
def local_stack() -> Iterator[Stack]:
    """The deployed local stack: the one that is up, else one of this run's own."""
    running = running_stack()
    if running is not None:
        yield running
        return
    yield bring_up(free_port())
    take_down()
