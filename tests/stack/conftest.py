"""The deployed stack, seen as Sigfox Cloud and its user see it: over HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from sigbridge_local.stack import Stack


@pytest.fixture(scope="session")
def api(local_stack: Stack) -> Iterator[httpx.Client]:
    """A client of the stack's API that shows a good key."""
    with httpx.Client(
        base_url=local_stack.base_url,
        headers={"Authorization": f"Bearer {local_stack.key}"},
        timeout=30,
        trust_env=False,
    ) as client:
        yield client
