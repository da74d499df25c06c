"""Which spellings name one device: Sigfox's ids have no leading zeros, all others are what they are."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management

A = "AQIDBAUGBwg="
OF_SIGFOX = {"time": 1763770827, "data": "17", "seqNumber": 241}


def devices(management: Management) -> list[str]:
    """Ids of the listed devices."""
    return [device["id"] for device in management.get("/v1/devices").json["devices"]]


def messages(management: Management, device_id: str) -> int:
    """How many messages a device has."""
    return len(management.get(f"/v1/devices/{device_id}/messages").json["messages"])


def uplink(invoke: Invoke, *bodies: dict[str, Any]) -> Answer:
    """Sends messages."""
    return invoke("uplink", event("uplink.json", body=list(bodies)))


def push(invoke: Invoke, device_id: str) -> int:
    """Pushes a downlink and gives the status."""
    body = {"downlinks": [{"frm_payload": A}]}
    return invoke("queue_push", event("queue_push.json", path={"device_id": device_id}, body=body)).status


def queue(management: Management, device_id: str) -> int:
    """How many downlinks wait for a device."""
    length: int = management.get(f"/v1/devices/{device_id}").json["queue_length"]
    return length


@pytest.fixture
def numbered(invoke: Invoke, management: Management) -> Sequence[str]:
    """Two generic devices whose serials differ by a leading zero."""
    serials = ("0012", "12")
    uplink(invoke, *({"serial": serial, "temperature": 20} for serial in serials))
    assert devices(management) == list(serials)
    return serials


@pytest.mark.usefixtures("numbered")
def test_generic_serials_that_differ_by_zeros_are_two_devices(management: Management) -> None:
    assert [messages(management, serial) for serial in ("0012", "12")] == [1, 1]


@pytest.mark.usefixtures("numbered")
def test_a_path_names_the_device_of_exactly_its_id(invoke: Invoke, management: Management) -> None:
    assert push(invoke, "0012") == 200

    assert [queue(management, serial) for serial in ("0012", "12")] == [1, 0]


@pytest.mark.parametrize("spelling", ["153FA", "153fa", "0153FA", "000153fa"])
def test_messages_of_sigfox_are_one_device_s_however_its_id_is_spelt(
    spelling: str, invoke: Invoke, management: Management
) -> None:
    uplink(invoke, OF_SIGFOX | {"device": "153FA"}, OF_SIGFOX | {"device": spelling, "seqNumber": 242})

    assert devices(management) == ["153FA"]
    assert messages(management, "153FA") == 2


def test_a_report_of_sigfox_is_of_the_device_without_zeros(invoke: Invoke, stored: Stored) -> None:
    body = {"device": "000153FA", "time": 1763770827, "seqNumber": 4, "batt": 3.1, "temp": 21.0}
    callback = event("sigfox_status.json", body=body, path={"service": "status"})

    assert invoke("sigfox_service", callback).status == 200

    assert {item["id"] for item in stored(sk="DEVICE")} == {"153FA"}


def test_a_header_that_names_another_generic_serial_is_refused(invoke: Invoke) -> None:
    body = {"serial": "12", "temperature": 20}

    assert invoke("uplink", event("uplink.json", body=body, headers={"device": "0012"})).status == 400


@pytest.mark.parametrize("path", ["", "/messages", "/data", "/parameters"])
def test_a_padded_id_of_sigfox_finds_its_device(path: str, invoke: Invoke, management: Management) -> None:
    uplink(invoke, OF_SIGFOX | {"device": "153FA"})

    assert (
        management.get(f"/v1/devices/000153FA{path}").json == management.get(f"/v1/devices/153FA{path}").json
    )


@pytest.mark.parametrize("spelling", ["0a2", "00A2", "000000a2"])
def test_a_short_id_is_filled_up_for_the_queue(spelling: str, invoke: Invoke, management: Management) -> None:
    uplink(invoke, OF_SIGFOX | {"device": "A2"})

    assert push(invoke, spelling) == 200

    assert queue(management, "A2") == 1


def test_a_device_is_changed_and_deleted_by_its_padded_id(management: Management) -> None:
    management.post("/v1/devices", {"id": "153FA"})

    assert management.patch("/v1/devices/000153FA", {"name": "Door"}).json["id"] == "153FA"
    assert management.delete("/v1/devices/000153FA").status == 202
    assert devices(management) == []


def test_a_device_that_neither_spelling_lists_is_told_as_it_was_asked_for(
    invoke: Invoke, management: Management
) -> None:
    shown = management.get("/v1/devices/000153FA")
    pushed = invoke("queue_push", event("queue_push.json", path={"device_id": "000153fa"}))

    assert (shown.status, shown.json["message"]) == (404, "Device 000153FA is not known")
    assert pushed.error["attributes"] == {"device_uid": "demo.000153fa"}


@pytest.mark.parametrize("spelling", ["12AB", "0012AB", "000012AB"])
def test_a_device_that_was_entered_as_sigfox_s_gets_its_messages(
    spelling: str, invoke: Invoke, management: Management
) -> None:
    assert management.post("/v1/devices", {"id": spelling}).json["id"] == "12AB"

    uplink(invoke, OF_SIGFOX | {"device": "12AB"})

    assert devices(management) == ["12AB"]
    assert messages(management, spelling) == 1


def test_an_import_of_padded_ids_of_sigfox_gets_their_messages(
    invoke: Invoke, management: Management
) -> None:
    text = "id,name\n000012AB,Door\n00C0FFEE,Gate\n"
    imported = management.request("POST", "/v1/devices/import", {}, text, {"content-type": "text/csv"})
    uplink(invoke, *(OF_SIGFOX | {"device": device} for device in ("12AB", "C0FFEE")))

    assert imported.json == {"created": 2, "existing": 0}
    assert devices(management) == ["12AB", "C0FFEE"]


def test_generic_devices_are_entered_as_they_are(invoke: Invoke, management: Management) -> None:
    text = json.dumps([{"id": id_, "network": "generic"} for id_ in ("0012", "012", "12")])
    imported = management.request("POST", "/v1/devices/import", {}, text)
    uplink(invoke, {"serial": "0012", "temperature": 20})

    assert imported.json == {"created": 3, "existing": 0}
    assert devices(management) == ["0012", "012", "12"]
    assert [messages(management, id_) for id_ in ("0012", "012", "12")] == [1, 0, 0]


def test_generic_serials_are_not_merged_in_silence_where_nobody_said_that_they_are(
    management: Management,
) -> None:
    answer = management.request("POST", "/v1/devices/import", {}, [{"id": "0012"}, {"id": "12"}])

    assert answer.status == 400
    assert answer.json["errors"] == [
        {"field": "devices[1].id", "message": "is the same device as devices[0]"}
    ]


@pytest.mark.parametrize("network", ["lorawan", "", None, 1])
def test_there_are_two_networks(network: object, management: Management) -> None:
    answer = management.post("/v1/devices", {"id": "0012", "network": network})

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "network")


# In capitals these would be SS1, I1, FI1 and K1.
@pytest.mark.parametrize("id_", ["\u00df1", "\u01311", "\ufb011", "\u212a1"])
def test_an_id_is_ascii_before_its_letters_are_made_capitals(
    id_: str, invoke: Invoke, management: Management
) -> None:
    assert uplink(invoke, OF_SIGFOX | {"device": id_}).status == 400
    assert management.post("/v1/devices", {"id": id_}).status == 400
    assert management.get(f"/v1/devices/{id_}").status == 400
    assert push(invoke, id_) == 400
    assert devices(management) == []
