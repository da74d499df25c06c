"""The deployed stack, seen as Sigfox Cloud and its user see it: over HTTP."""

from collections.abc import Iterator

import boto3
import httpx
import pytest

from sigbridge.clock import now_ms
from sigbridge_local.stack import Stack


@pytest.fixture(scope="session")
def api(local_stack: Stack) -> Iterator[httpx.Client]:
    """A client of the stack's API that shows a good key."""
    with httpx.Client(
        base_url=local_stack.base_url,
        headers={"Authorization": f"Bearer {local_stack.key}"},
        timeout=60,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture(scope="session", autouse=True)
def nothing_failed_unseen(local_stack: Stack) -> Iterator[None]:
    """After all tests no function has logged an error, those that nobody waits for included."""
    began_at = now_ms()
    yield
    # The default session may remember the credentials of tests that play AWS in the process.
    session = boto3.Session()
    logs = session.client("logs", endpoint_url=local_stack.aws_endpoint_url, region_name=local_stack.region)
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    assert any("change-stream" in group for group in groups)
    errors = [
        line["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=began_at)
        for line in page["events"]
        if '"level":"ERROR"' in line["message"] or "[ERROR]" in line["message"]
    ]
    assert errors == []
