"""The life of a downlink on the deployed local stack, and every callback of Sigfox's services."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from sigbridge_local.stack import Stack
from tests.stack.waiting import eventually

PAYLOAD, HEX = "AQIDBAUGBwg=", "0102030405060708"


class Device:
    """A device that has sent one message, as its user and Sigfox Cloud see it."""

    def __init__(self, api: httpx.Client, stack: Stack) -> None:
        self.api = api
        self.id = f"{secrets.randbelow(0xE0000000) + 0x10000000:X}"
        self.path = f"/api/v3/as/applications/{stack.application_id}/devices/{self.id.lower()}"
        self.now = int(time.time())
        self.seq_number = 1
        assert api.post("/uplink", json=self.message(ack=False)).status_code == 200

    def message(self, *, ack: bool) -> dict[str, Any]:
        """The callback of its present message."""
        return {"device": self.id, "time": self.now, "data": "17", "seqNumber": self.seq_number, "ack": ack}

    def push(self, **item: Any) -> str:
        """Pushes a downlink and returns its id."""
        body = {"downlinks": [{"frm_payload": PAYLOAD} | item]}
        answer = self.api.post(f"{self.path}/down/push", json=body)
        assert answer.status_code == 200
        return answer.headers["X-Downlink-Ids"]

    def ask(self) -> httpx.Response:
        """Lets it ask for a downlink."""
        self.now = int(time.time())
        self.seq_number += 1
        return self.api.post("/downlink", json=self.message(ack=True))

    def acknowledge(self, code: int) -> None:
        """Lets Sigfox acknowledge the last answer."""
        body = {"device": self.id, "time": self.now, "infoCode": code, "infoMessage": "so it was"}
        assert self.api.post("/sigfox/acknowledge", json=body).status_code == 200

    def show(self, downlink_id: str) -> Any:
        """Reads one downlink."""
        answer = self.api.get(f"{self.path}/down/{downlink_id}")
        assert answer.status_code == 200
        return answer.json()

    def becomes(self, downlink_id: str, state: str) -> Any:
        """Waits until a downlink is in a state, and reads it."""
        return eventually(lambda: self.show(downlink_id), lambda shown: shown["state"] == state)

    def delete(self, downlink_id: str) -> httpx.Response:
        """Deletes one downlink."""
        return self.api.delete(f"{self.path}/down/{downlink_id}")


@pytest.fixture
def device(api: httpx.Client, local_stack: Stack) -> Device:
    """A device that no other test uses."""
    return Device(api, local_stack)


def states(shown: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What happened to a downlink, in which attempt."""
    return [(step["state"], step["attempt"]) for step in shown["history"]]


def test_a_downlink_is_followed_from_the_queue_to_the_radio(device: Device) -> None:
    downlink_id = device.push(f_port=15, correlation_ids=["order-7"])
    assert states(device.show(downlink_id)) == [("queued", 1)]

    assert device.ask().json() == {device.id: {"downlinkData": HEX}}
    assert states(device.show(downlink_id)) == [("queued", 1), ("answered", 1)]

    device.acknowledge(0)
    shown = device.becomes(downlink_id, "sent")
    queued, answered, sent = shown["history"]
    assert states(shown) == [("queued", 1), ("answered", 1), ("sent", 1)]
    assert queued["at"] == shown["queued_at"]
    assert answered["uplink"]["seq_number"] == device.seq_number
    assert sent.items() >= {"info_code": 0, "info_message": "so it was"}.items()
    assert (shown["frm_payload"], shown["f_port"], shown["correlation_ids"]) == (PAYLOAD, 15, ["order-7"])


def test_a_confirmed_downlink_that_failed_is_handed_out_again(device: Device) -> None:
    downlink_id = device.push(confirmed=True, confirmed_retry={"max_attempts": 2})
    assert device.ask().status_code == 200

    device.acknowledge(4)
    # That it waits again is seen in the device's state, a moment before its history says why.
    shown = eventually(lambda: device.show(downlink_id), lambda shown: "failed" in dict(states(shown)))
    assert states(shown) == [("queued", 1), ("answered", 1), ("failed", 1), ("queued", 2)]
    assert shown["state"] == "queued"

    assert device.ask().json() == {device.id: {"downlinkData": HEX}}
    assert device.show(downlink_id)["attempt"] == 2


def test_the_downlinks_of_a_device_are_listed_page_by_page(device: Device) -> None:
    pushed = [device.push() for _ in range(3)]
    device.ask()

    first = device.api.get(f"{device.path}/downlinks", params={"limit": 2}).json()
    rest = device.api.get(f"{device.path}/downlinks", params={"cursor": first["next_cursor"]}).json()

    listed = first["downlinks"] + rest["downlinks"]
    assert [shown["id"] for shown in listed] == pushed[::-1]
    assert [shown["state"] for shown in listed] == ["queued", "queued", "answered"]
    assert len(first["downlinks"]) == 2
    assert "next_cursor" not in rest


def test_a_queued_downlink_can_be_deleted_and_an_answered_one_can_not(device: Device) -> None:
    first, second = device.push(), device.push()

    assert device.delete(second).status_code == 200
    again = device.delete(second)
    assert (again.status_code, device.show(second)["state"]) == (409, "removed")
    eventually(lambda: device.show(second)["history"][-1], lambda step: step.get("cause") == "deleted")

    assert device.ask().status_code == 200
    refused = device.delete(first)
    assert refused.status_code == 409
    assert refused.json()["details"][0]["attributes"]["state"] == "answered"
    assert device.delete("0" * 24).status_code == 404


def test_a_cleared_queue_is_removed_downlink_by_downlink(device: Device) -> None:
    pushed = [device.push(), device.push()]

    assert device.api.post(f"{device.path}/down/replace", json={"downlinks": []}).status_code == 200

    for downlink_id in pushed:
        shown = eventually(
            lambda each=downlink_id: device.show(each),
            lambda shown: shown["history"][-1].get("cause") == "cleared",
        )
        assert states(shown) == [("queued", 1), ("removed", 1)]


EVENT = {"severity": "WARN", "sourceType": "DEVICE", "eventType": "OUT_OF_SEQUENCE", "groupId": "628fd74f"}
PLACE = {"lat": 45.19, "lng": 5.71, "radius": 2447, "source": 2, "status": 1, "placeIds": []}
CALLBACKS: dict[str, dict[str, Any]] = {
    "acknowledge": {
        "infoCode": "0",
        "infoMessage": "Acked",
        "downlinkAck": "true",
        "downlinkOverusage": "false",
    },
    "status": {"seqNumber": 17, "batt": "3.05", "temp": "21.50"},
    "error": {"info": "No message received since 2025-11-20 15:36:21", "severity": "ERROR"},
    "event": EVENT | {"deviceLastSeqnumber": "25", "deviceMessageSeqnumber": "18"},
    "data-advanced": {
        "seqNumber": 1,
        "data": "17",
        "lqi": "Good",
        "linkQuality": "2",
        "computedLocation": PLACE,
    },
    "geoloc": {"lat": "45.19", "lng": "5.71", "radius": "2447", "geolocSource": "2", "station": "1D44"},
    "repeater": {"batt": "3.05", "whitelistDevices": "4", "repeatedMsg": "120", "unwantedDevices": "15"},
}


@pytest.mark.parametrize("service", CALLBACKS)
def test_every_callback_of_sigfoxs_services_is_taken_once(service: str, device: Device) -> None:
    body = {"device": device.id, "time": str(device.now)} | CALLBACKS[service]
    form = {name: value for name, value in body.items() if isinstance(value, str)}

    first, again = (device.api.post(f"/sigfox/{service}", json=body) for _ in range(2))
    as_form = device.api.post(f"/sigfox/{service}", data=form)
    as_query = device.api.get(f"/sigfox/{service}", params=form)

    assert [answer.status_code for answer in (first, again, as_form, as_query)] == [200] * 4
    assert (first.json()["accepted"], again.json()["duplicates"]) == (1, 1)


def test_an_event_names_its_device_as_its_source(device: Device) -> None:
    body = {"time": str(device.now), "sourceId": device.id} | EVENT

    assert device.api.post("/sigfox/event", json=body).json()["accepted"] == 1


def test_acknowledgements_come_in_batches_too(device: Device, local_stack: Stack) -> None:
    downlink_id = device.push()
    assert device.ask().status_code == 200
    line = f"{device.id};{device.now};0;Acked;true;false;"
    pattern = "device;time;infoCode;infoMessage;downlinkAck;downlinkOverusage;"

    answer = httpx.post(
        f"{local_stack.base_url}/sigfox/acknowledge",
        params={"authorization": local_stack.key, "pattern": pattern, "batch": line},
        timeout=60,
        trust_env=False,
    )

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert device.becomes(downlink_id, "sent")["history"][-1]["downlink_ack"] is True


def test_there_is_no_other_service(device: Device) -> None:
    assert device.api.post("/sigfox/weather", json={"device": device.id}).status_code == 404


def test_the_state_of_a_device_tells_what_was_reported(device: Device) -> None:
    body = {"device": device.id, "time": device.now} | CALLBACKS["status"]
    assert device.api.post("/sigfox/status", json=body).status_code == 200

    told = eventually(lambda: device.api.get(f"{device.path}/state").json(), lambda told: "battery" in told)

    assert (told["state"], told["battery"]["volts"], told["temperature"]["celsius"]) == ("ok", 3.05, 21.5)
    assert told["last_message"]["seq_number"] == device.seq_number
