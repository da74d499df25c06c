"""Sigfox's API in the simulator: what it answers, what it refuses, and how it fails on command."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from sigbridge.provisioning.api_client import ApiClient, Credentials, Surroundings
from sigbridge.provisioning.errors import (
    CredentialsRefused,
    SigfoxConflict,
    SigfoxForbids,
    SigfoxNotFound,
    SigfoxRefuses,
    SigfoxUnreachable,
)
from sigfox_simulator.sigfox_api import CallbackRequest, SigfoxBackend, serve

NOW_MS = 1_900_000_000_000
CALLBACKS = "/device-types/T1/callbacks"
UPLINK = {
    "channel": "URL",
    "callbackType": 0,
    "callbackSubtype": 2,
    "enabled": True,
    "url": "https://bridge.example/sigfox/uplink",
    "httpMethod": "POST",
    "headers": {"Authorization": "Bearer key"},
    "sendSni": True,
    "bodyTemplate": '{"device":"{device}","time":{time},"data":"{data}","seqNumber":{seqNumber},'
    '"ack":{ack},"temperature":{customData#temperature}}',
    "contentType": "application/json",
}
BIDIR = UPLINK | {"callbackSubtype": 3, "url": "https://bridge.example/sigfox/bidir"}
ADVANCED = UPLINK | {
    "callbackType": 1,
    "callbackSubtype": 6,
    "bodyTemplate": '{"duplicates":{duplicates},"computedLocation":{computedLocation}}',
}


class Moment:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def backend(moment: Moment) -> SigfoxBackend:
    backend = SigfoxBackend(moment)
    backend.add_group("G1", "Farms")
    backend.add_group("G2", "Barns", parent="G1")
    backend.add_contract("G1", "C1", "Platinum", options=("networkMetadata", "geolocation"))
    backend.add_contract("G2", "C2", "Silver", max_tokens=1)
    backend.add_device_type("G1", "T1", "Weather", "C1")
    backend.add_device_type("G2", "T2", "Doors", "C2", downlink_mode=2)
    return backend


@pytest.fixture
def url(backend: SigfoxBackend) -> Iterator[str]:
    with serve(backend) as url:
        yield url


@pytest.fixture
def client(url: str) -> ApiClient:
    """The program's client, which waits for nothing when it repeats a request."""
    impatient = Surroundings(sleep=lambda _seconds: None)
    return ApiClient(url, Credentials("login", "password"), surroundings=impatient)


def made(client: ApiClient, callback: dict[str, Any]) -> str:
    return str(client.post(CALLBACKS, callback)["id"])


def test_a_wrong_password_is_answered_without_a_body(url: str) -> None:
    answer = urllib3.request(
        "GET", f"{url}/groups/G1", headers=urllib3.util.make_headers(basic_auth="login:other")
    )

    assert (answer.status, answer.data) == (401, b"")
    with pytest.raises(CredentialsRefused):
        ApiClient(url, Credentials("nobody", "password")).get("/groups/G1")


def test_lists_follow_groups_downwards_when_asked_to(client: ApiClient) -> None:
    def names(**query: str | bool) -> list[str]:
        return [each["name"] for each in client.list("/device-types/", query)]

    assert names() == ["Doors", "Weather"]
    assert names(groupIds="G1") == ["Weather"]
    assert names(groupIds="G1", deep=True) == ["Doors", "Weather"]
    contracts = client.list("/contract-infos/", {"groupId": "G2", "up": True})
    assert [each["id"] for each in contracts] == ["C1", "C2"]


def test_paths_are_written_as_the_description_has_them(client: ApiClient) -> None:
    assert client.get("/devices/")["data"] == []
    with pytest.raises(SigfoxNotFound):
        client.get("/devices")


def test_a_list_is_cut_into_pages_with_absolute_addresses(
    backend: SigfoxBackend, client: ApiClient, url: str
) -> None:
    for number in range(1, 251):
        backend.add_device("T1", f"{number:X}", "00" * 8)

    first = client.get("/devices/", {"sort": "id"})

    assert first["paging"]["next"] == f"{url}/devices/?sort=id&offset=100"
    assert len(client.list("/devices/", {"sort": "id"})) == 250
    backend.next_host = "elsewhere.example"
    with pytest.raises(SigfoxUnreachable):
        client.list("/devices/")


@pytest.mark.parametrize("query", [{"limit": 101}, {"limit": "abc"}, {"limit": 0}, {"offset": 40_001}])
def test_a_page_that_nobody_has_is_refused(client: ApiClient, query: dict[str, str | int]) -> None:
    with pytest.raises(SigfoxRefuses):
        client.get("/devices/", query)


def test_one_callback_at_most_is_selected_for_downlinks(backend: SigfoxBackend, client: ApiClient) -> None:
    first, second = made(client, BIDIR), made(client, BIDIR)

    client.put(f"{CALLBACKS}/{first}/downlink")
    client.put(f"{CALLBACKS}/{second}/downlink")

    assert [each["downlinkHook"] for each in backend.callbacks("T1")] == [False, True]
    uplink = made(client, UPLINK)
    with pytest.raises(SigfoxRefuses):
        client.put(f"{CALLBACKS}/{uplink}/downlink")


def test_a_callback_is_changed_in_what_is_named(backend: SigfoxBackend, client: ApiClient) -> None:
    id_ = made(client, UPLINK)

    client.put(f"{CALLBACKS}/{id_}", {"sendSni": False, "contentType": None, "bodyTemplate": None})
    client.put(f"{CALLBACKS}/{id_}/enable", query={"enabled": False})

    [callback] = backend.callbacks("T1")
    assert (callback["sendSni"], callback["enabled"], callback["url"]) == (False, False, UPLINK["url"])
    assert "contentType" not in callback
    client.delete(f"{CALLBACKS}/{id_}")
    assert client.get(CALLBACKS)["data"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"url": None},
        {"httpMethod": "PATCH"},
        {"channel": "FTP"},
        {"headers": ["Authorization"]},
        {"id": "mine"},
        {"downlinkHook": True},
        {"bodyTemplate": '{"device":{device}'},
        {"httpMethod": "GET"},
        {"callbackType": 1, "callbackSubtype": 0},
        {"callbackType": 1, "callbackSubtype": 1},
    ],
    ids=str,
)
def test_a_callback_that_can_not_be_made(client: ApiClient, change: dict[str, Any]) -> None:
    with pytest.raises(SigfoxRefuses) as refused:
        made(client, UPLINK | change)

    assert refused.value.errors


def test_status_callbacks_that_are_there_can_be_changed(backend: SigfoxBackend, client: ApiClient) -> None:
    status = backend.add_callback("T1", UPLINK | {"callbackType": 1, "callbackSubtype": 0})

    client.put(f"{CALLBACKS}/{status['id']}", {"sendSni": False})

    assert backend.callbacks("T1")[0]["sendSni"] is False


@pytest.mark.parametrize("change", [{"keepAlive": 10}, {"downlinkMode": 4}, {"contracts": [{"id": "C2"}]}])
def test_a_device_type_that_can_not_be(client: ApiClient, change: dict[str, Any]) -> None:
    with pytest.raises(SigfoxRefuses):
        client.put("/device-types/T1", change)


def test_a_device_is_registered_once_with_its_pac(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.add_unregistered("ff", "A" * 16)
    device = {"id": "00FF", "name": "Barn", "pac": "A" * 16, "deviceTypeId": "T1", "lat": 1.5, "lng": 2}

    with pytest.raises(SigfoxRefuses):
        client.post("/devices/", device | {"pac": "B" * 16})
    with pytest.raises(SigfoxRefuses):
        client.post("/devices/", device | {"id": "ABC"})
    assert client.post("/devices/", device) == {"id": "00FF"}
    with pytest.raises(SigfoxConflict):
        client.post("/devices/", device)

    assert backend.device("FF")["location"] == {"lat": 1.5, "lng": 2}
    client.put("/devices/00FF", {"name": "Stable", "lat": None})
    assert backend.device("FF")["name"] == "Stable"
    assert "location" not in backend.device("FF")
    with pytest.raises(SigfoxRefuses):
        client.put("/devices/00FF", {"pac": "B" * 16})


def test_a_contract_without_tokens_leaves_a_device_without_one(backend: SigfoxBackend) -> None:
    backend.add_device("T2", "A1", "A" * 16)
    backend.add_device("T2", "A2", "A" * 16)

    assert [backend.device(id_)["token"]["state"] for id_ in ("A1", "A2")] == [0, 1]


def test_a_bulk_job_is_asked_for_until_it_is_done(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.add_unregistered("A1", "A" * 16)
    backend.add_unregistered("A2", "A" * 16)
    data = [{"id": "A1", "pac": "A" * 16, "name": "One"}, {"id": "A2", "pac": "B" * 16}]

    job = client.post("/devices/bulk", {"deviceTypeId": "T1", "prefix": "Barn ", "data": data})

    assert job["total"] == 2
    assert client.get(f"/devices/bulk/{job['jobId']}")["jobDone"] is False
    done = client.get(f"/devices/bulk/{job['jobId']}")
    assert done["jobDone"] is True
    assert done["status"]["success"] == 1
    [error] = done["status"]["errors"]
    assert (error["entity"], error["type"]) == ("00A2", 0)
    assert backend.device("A1")["name"] == "Barn One"


@pytest.mark.parametrize(("keep_history", "kept"), [({}, 0), ({"keepHistory": True}, 1)], ids=str)
def test_a_transfer_keeps_the_history_where_it_is_told_to(
    backend: SigfoxBackend, client: ApiClient, keep_history: dict[str, bool], kept: int
) -> None:
    backend.job_polls = 1
    backend.add_device("T1", "A1", "A" * 16)
    backend.transmit("A1", "00")

    job = client.post(
        "/devices/bulk/transfer", {"deviceTypeId": "T2", "data": [{"id": "A1", **keep_history}]}
    )
    client.get(f"/devices/bulk/{job['jobId']}")

    assert backend.device("A1")["deviceType"]["id"] == "T2"
    assert len(client.list("/devices/A1/messages")) == kept


def test_devices_are_suspended_resumed_and_restarted(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.job_polls = 1
    backend.add_device("T1", "A1", "A" * 16)

    def act(action: str, *ids: str) -> dict[str, Any]:
        job = client.post(f"/devices/bulk/{action}", {"data": list(ids)})
        return client.get(f"/devices/bulk/{action}/{job['jobId']}")

    assert act("suspend", "A1", "FFF")["status"]["nbErrors"] == 1
    assert backend.device("A1")["state"] == 6
    assert act("resume", "A1")["status"]["nbSuccess"] == 1
    assert act("resume", "A1")["status"]["nbSuccess"] == 0
    assert act("restart", "A1")["jobDone"] is True


def test_a_message_calls_the_callbacks_that_were_made(backend: SigfoxBackend, client: ApiClient) -> None:
    for callback in (UPLINK, ADVANCED):
        made(client, callback)
    backend.add_device("T1", "00A1", "A" * 16)
    called: list[CallbackRequest] = []

    def deliver(request: CallbackRequest) -> int:
        called.append(request)
        return 204

    backend.transmit("A1", "00FF", time=1_900_000_000, seq_number=7, deliver=deliver)

    uplink, advanced = called
    assert uplink.body == (
        '{"device":"A1","time":1900000000,"data":"00ff","seqNumber":7,'
        '"ack":false,"temperature":{customData#temperature}}'
    )
    assert json.loads(advanced.body)["computedLocation"]["status"] == 1
    assert backend.undelivered() == []


def test_what_is_not_delivered_is_listed_newest_first(backend: SigfoxBackend, client: ApiClient) -> None:
    callback = UPLINK | {"bodyTemplate": '{"device":"{device}","data":"{data}"}'}
    id_ = made(client, callback)
    backend.add_device("T1", "00A1", "A" * 16)

    def refuse(_request: CallbackRequest) -> int:
        raise ConnectionRefusedError

    backend.transmit("A1", "01", time=NOW_MS // 1000 - 60, deliver=lambda _request: 500)
    backend.transmit("A1", "02", time=NOW_MS // 1000, deliver=refuse)

    last, first = client.list("/groups/G1/callbacks-not-delivered")
    assert (last["device"], last["deviceType"], last["status"]) == ("A1", "T1", 0)
    assert first["callback"]["body"] == {"device": "A1", "data": "01"}
    assert first["callback"]["headers"] == {"Authorization": "Bearer key"}
    assert first["status"] == 500
    since = client.list("/device-types/T1/callbacks-not-delivered", {"since": NOW_MS})
    assert [each["deviceId"] for each in since] == ["A1"]
    assert client.list("/devices/A1/callbacks-not-delivered", {"before": NOW_MS})[0]["data"] == "01"
    assert client.get(f"{CALLBACKS}/{id_}/callbacks-not-delivered")["data"] == "02"
    assert client.list("/groups/G2/callbacks-not-delivered") == []


def test_messages_say_more_where_they_are_asked_to(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.add_device("T1", "00A1", "A" * 16)
    backend.transmit("A1", "01", ack=True)

    [plain] = client.list("/device-types/T1/messages")
    [full] = client.list("/device-types/T1/messages", {"fields": "ackRequired,rinfos(cbStatus,rep)"})

    assert "ackRequired" not in plain
    assert (full["ackRequired"], full["time"], full["device"]["id"]) == (True, NOW_MS, "00A1")
    assert isinstance(full["computedLocation"], list)


def test_answers_drift_from_the_description(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.add_device("T1", "00A1", "A" * 16, lat=1.5, lng=2.5)
    backend.drifting = True

    device = client.get("/devices/A1")

    assert device["location"] == {"lat": "1.5", "lng": "2.5", "addedLater": {"by": ["Sigfox", 1]}}


def test_limits_are_in_force_by_the_clock(backend: SigfoxBackend, url: str, moment: Moment) -> None:
    backend.add_device("T1", "A1", "A" * 16)
    backend.limit("messages of a device")
    headers = urllib3.util.make_headers(basic_auth="login:password")

    def status() -> int:
        return urllib3.request("GET", f"{url}/devices/00A1/messages", headers=headers, retries=False).status

    assert [status(), status()] == [200, 429]
    moment.now_ms += 1_000
    assert status() == 200
    with pytest.raises(ValueError, match="no such"):
        backend.limit("messages")


def test_faults_come_on_command(backend: SigfoxBackend, client: ApiClient) -> None:
    made(client, UPLINK)
    backend.fail_next(500, "POST", CALLBACKS, skip=1)
    made(client, UPLINK)
    with pytest.raises(SigfoxUnreachable):
        made(client, UPLINK)
    assert len(backend.callbacks("T1")) == 2

    backend.fail_next(0, "POST", before=False)
    with pytest.raises(SigfoxUnreachable):
        made(client, UPLINK)
    assert len(backend.callbacks("T1")) == 3

    backend.forbid("/groups/G2*")
    with pytest.raises(SigfoxForbids):
        client.get("/groups/G2")
    assert backend.requests[-1][:2] == ("GET", "/groups/G2")


def test_a_crash_loses_an_answer_and_all_that_follows(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.crash_after(2)

    made(client, UPLINK)
    for _ in range(2):
        with pytest.raises(SigfoxUnreachable):
            made(client, UPLINK)

    assert len(backend.callbacks("T1")) == 2
    backend.mend()
    made(client, UPLINK)


def test_coverage_and_consumption(backend: SigfoxBackend, client: ApiClient) -> None:
    backend.add_device("T1", "A1", "A" * 16)
    backend.transmit("A1", "01", ack=True)

    assert client.get("/coverages/global/predictions", {"lat": "48.8", "lng": "2.3"})["locationCovered"]
    assert client.get("/devices/A1/messages/metric") == {"lastDay": 1, "lastWeek": 1, "lastMonth": 1}
    month = client.get("/devices/A1/consumption/2030/3")["deviceConsumptions"]
    assert sum(day["frameCount"] for day in month) == 1
    year = client.get("/devices/A1/consumption/2030")["deviceConsumptions"]
    assert year[2]["downlinkFrameCount"] == 1


def test_it_is_played_on_over_http(backend: SigfoxBackend, url: str) -> None:
    def play(act: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        answer = urllib3.request("POST", f"{url.removesuffix('/v2')}/simulator/{act}", json=arguments)
        return answer.status, answer.json()

    assert play("add_device", device_type_id="T1", id_="A1", pac="A" * 16)[0] == 200
    backend.add_callback("T1", UPLINK | {"url": f"{url}/nothing", "bodyTemplate": "{}"})

    lost = play("transmit", device_id="A1", data="01", outage=True)
    failed = play("transmit", device_id="A1", data="02")

    assert [status for status, _ in (lost, failed)] == [200, 200]
    assert [each["status"] for each in backend.undelivered("A1")] == [503, 401]
    assert play("transmit", device_id="FFF", data="01")[0] == 404
    assert play("transmit", device="A1")[0] == 400
    assert play("answer")[0] == 404
