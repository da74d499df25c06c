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

# The shortest that the template allows: tests wait for its end.
_ACKNOWLEDGE_WAIT_S = 10


@pytest.fixture(scope="session")
def stack_before() -> Stack | None:
    """The local stack that was up before the tests."""
    return running_stack()


@pytest.fixture(scope="session")
def local_stack(stack_before: Stack | None) -> Iterator[Stack]:
    """The deployed local stack: the one that is up, else one of this run's own."""
    if stack_before is not None:
        yield stack_before
        return
    yield bring_up(free_port(), {"AcknowledgeWaitSeconds": str(_ACKNOWLEDGE_WAIT_S)})
    take_down()
