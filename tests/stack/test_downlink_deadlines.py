"""What time ends on the deployed local stack, by the function that runs every minute."""

from typing import Any

import pytest

from sigbridge.clock import now_ms, rfc3339
from sigbridge_local.functions import invoke
from sigbridge_local.stack import Stack
from tests.stack.test_downlink_life import HEX, Device
from tests.stack.waiting import eventually


@pytest.fixture
def device(api: Any, local_stack: Stack) -> Device:
    """A device that has sent one message."""
    return Device(api, local_stack)


def ends(device: Device, stack: Stack, downlink_id: str, state: str) -> Any:
    """Lets the minutes pass until a downlink is in a state, and reads it."""

    def read() -> Any:
        invoke(stack, "EveryMinuteFunction")
        return device.show(downlink_id)

    return eventually(read, lambda shown: shown["history"][-1]["state"] == state)


def test_a_downlink_expires_though_its_device_never_asks(device: Device, local_stack: Stack) -> None:
    downlink_id = device.push(expires_at=rfc3339(now_ms() + 5_000))

    assert ends(device, local_stack, downlink_id, "expired")["state"] == "expired"


def test_a_confirmed_downlink_that_nobody_acknowledges_is_tried_again_and_fails(
    device: Device, local_stack: Stack, stack_before: Stack | None
) -> None:
    if stack_before is not None:
        pytest.skip("the stack that is up waits ten minutes for an acknowledgement: `make down` first")
    downlink_id = device.push(confirmed=True, confirmed_retry={"max_attempts": 2})

    assert HEX in device.ask().text
    assert ends(device, local_stack, downlink_id, "queued")["attempt"] == 2
    assert HEX in device.ask().text
    shown = ends(device, local_stack, downlink_id, "failed")

    assert shown["state"] == "failed"
    assert shown["history"][-1]["reason"] == "no_acknowledgement"
