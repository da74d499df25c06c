"""Invoking functions of a local stack that is not there any more."""

import pytest

from sigbridge_local.failures import LocalStackError
from sigbridge_local.functions import invoke
from sigbridge_local.processes import free_port
from sigbridge_local.stack import Stack


def test_a_killed_stack_is_told_in_a_line() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    killed = Stack(f"{url}/api", "demo", "key", "table", url, "eu-west-1", url)

    with pytest.raises(LocalStackError, match=r"at .* did not invoke EveryMinuteFunction") as told:
        invoke(killed, "EveryMinuteFunction")

    assert "\n" not in str(told.value)
