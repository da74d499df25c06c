"""The deployed stack and Sigfox's API: what it makes there brings messages, and what was lost comes back."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sigbridge_local.functions import invoke
from sigbridge_local.stack import Stack
from tests.stack.waiting import eventually

HOUR = 3_600
DOWNLINK = "AQIDBAUGBwg="


class Sigfox:
    """The simulated Sigfox: a group with a device type and a device, in which everything happens on command.

    Attributes:
        group_id, type_id, device_id: Those.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.group_id, self.type_id = secrets.token_hex(12), secrets.token_hex(12)
        self.device_id = f"{secrets.randbelow(2**24) + 2**28:X}"
        contract = secrets.token_hex(12)
        self._play("add_group", id_=self.group_id, name="Farms")
        self._play("add_contract", group_id=self.group_id, id_=contract, name="Platinum")
        device_type = {"id_": self.type_id, "name": "Weather", "contract_id": contract, "downlink_mode": 2}
        self._play("add_device_type", group_id=self.group_id, **device_type)
        self._play("add_device", device_type_id=self.type_id, id_=self.device_id, pac="0123456789ABCDEF")

    def transmit(self, data: str, **how: Any) -> list[str]:
        """Have the device send; return what is called for it."""
        callbacks: list[str] = self._play("transmit", device_id=self.device_id, data=data, **how)["callbacks"]
        return callbacks

    def acknowledge(self, **how: Any) -> None:
        """Say that its downlink was sent."""
        self._play("acknowledge", device_id=self.device_id, **how)

    def _play(self, act: str, **arguments: Any) -> Any:
        answer = self._client.post(f"/simulator/{act}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def sigfox(local_stack: Stack, api: httpx.Client) -> Iterator[Sigfox]:
    """A simulated Sigfox that the application is connected to."""
    with httpx.Client(base_url=local_stack.sigfox_url, timeout=60, trust_env=False) as client:
        sigfox = Sigfox(client)
        connection = {"login": "login", "password": "password", "group_id": sigfox.group_id}
        assert api.put("/v1/sigfox", json=connection).json()["state"] == "connected"
        yield sigfox
        assert api.delete("/v1/sigfox").status_code == 204


def connect(api: httpx.Client, sigfox: Sigfox) -> Any:
    answer = api.post(f"/v1/sigfox/device-types/{sigfox.type_id}/connect", json={"mode": "bidir"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def payloads(api: httpx.Client, sigfox: Sigfox) -> list[str]:
    answer = api.get(f"/v1/devices/{sigfox.device_id}/messages")
    return [each["payload"] for each in answer.json()["messages"]] if answer.is_success else []


def recover(api: httpx.Client, stack: Stack) -> Any:
    """Recover what was lost, and return the job that did it."""
    job = api.post("/v1/sigfox/recover", json={}).json()
    invoke(stack, "EveryMinuteFunction")
    return eventually(
        lambda: api.get(f"/v1/jobs/{job['id']}").json(), lambda shown: shown["state"] in {"done", "failed"}
    )


def test_what_is_provisioned_brings_messages(api: httpx.Client, sigfox: Sigfox) -> None:
    connect(api, sigfox)

    assert len(sigfox.transmit("00ff")) == 2

    assert eventually(lambda: payloads(api, sigfox), bool) == ["00ff"]
    assert {step["act"] for step in connect(api, sigfox)["steps"]} == {"leave"}


def test_an_outage_leaves_no_gap(api: httpx.Client, local_stack: Stack, sigfox: Sigfox) -> None:
    connect(api, sigfox)
    now = int(time.time())
    queue = (
        f"/api/v3/as/applications/{local_stack.application_id}/devices/{sigfox.device_id.lower()}/down/push"
    )
    sigfox.transmit("01", time=now - 3 * HOUR)
    eventually(lambda: payloads(api, sigfox), bool)
    for minutes in range(0, 120, 30):
        sigfox.transmit(f"{minutes:04x}", time=now - 2 * HOUR + minutes * 60, ack=True, outage=True)
    pushed = {"downlinks": [{"f_port": 1, "frm_payload": DOWNLINK}]}
    assert api.post(queue, json=pushed).is_success

    job = recover(api, local_stack)

    assert job["state"] == "done", job
    expected = ["005a", "003c", "001e", "0000", "01"]
    assert eventually(lambda: payloads(api, sigfox), lambda each: len(each) == 5) == expected
    assert len(api.get(queue.removesuffix("/push")).json()["downlinks"]) == 1
    recover(api, local_stack)
    assert payloads(api, sigfox) == expected
