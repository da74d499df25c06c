"""A webhook that calls Sigbridge itself is refused: each call would make the next one."""

import pytest

from tests.functional.conftest import Invoke
from tests.functional.lambdas import event

FUNCTIONS = {
    "uplink": "uplink.json",
    "bidir_downlink": "bidir_downlink.json",
    "queue_push": "queue_push.json",
    "management": "management_device.json",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_webhook_sends_is_refused(function: str, invoke: Invoke) -> None:
    sent = event(FUNCTIONS[function])
    sent["headers"]["x-sigbridge-webhook"] = "my-server"

    answer = invoke(function, sent)

    assert answer.status == 400
    assert "The webhook 'my-server' calls Sigbridge itself; give it another URL" in (answer.text or "")


def test_nothing_of_it_is_stored(invoke: Invoke) -> None:
    sent = event("uplink.json")
    first = event("uplink.json")
    sent["headers"]["x-sigbridge-webhook"] = "my-server"
    invoke("uplink", sent)

    assert invoke("uplink", first).json["accepted"] == 1
