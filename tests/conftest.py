"""What every tier of tests shares."""

import os

os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TABLE_NAME": "sigbridge-test",
    "CREDENTIALS_PATH": "/sigbridge/sigbridge-test",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Sigbridge",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}
os.environ.pop("DYNAMODB_ENDPOINT_URL", None)

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sigbridge_local.processes import free_port
from sigbridge_local.stack import Stack, bring_up, running_stack, take_down

# The shortest that the template allows: tests wait for its end.
_ACKNOWLEDGE_WAIT_S = 10
# Tiers whose tests share engines over HTTP: one worker has the local stack, one DynamoDB Local, one the
# stack of the documentation's reader, and one Prism.
_SHARING_ENGINES = {"contract", "docs", "engines", "prism", "stack"}

# How many examples each property is tried with: `pytest --hypothesis-profile=ci`. Function-scoped fixtures
# are not made anew for each of them, which the tests allow for.
for _profile, _examples in {"quick": 10, "default": 30, "ci": 150}.items():
    settings.register_profile(
        _profile,
        max_examples=_examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
settings.load_profile("default")


class EngineScheduling(LoadScopeScheduling):
    """Hands out one test after the other, but those that share an engine to one worker, and first.

    pytest-xdist's own groups have no effect with pytest 9.2, which makes the ids of tests itself.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.split("/")[1] not in _SHARING_ENGINES:
            return nodeid
        if nodeid.split("/")[1] in {"docs", "prism"}:
            return nodeid.split("/")[1]
        return "dynamodb-local" if "dynamodb-local" in nodeid else "stack"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> EngineScheduling:
    """Schedule tests by the engines that they share."""
    return EngineScheduling(config, log)


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
