"""Prism finds nothing in what the program asks of Sigfox, nor in what the simulated API answers."""

from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sigbridge.jobs import due_jobs
from sigbridge.provisioning.api_client import ApiClient, Credentials, Surroundings
from sigbridge.provisioning.errors import SigfoxError
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.lambdas import Answer, Context, handler
from tests.functional.management import Management
from tests.functional.played_device import MINUTE, Clock
from tests.functional.sigfox_api import CONTRACT, DEVICE_TYPE, GROUP, LOGIN, PASSWORD
from tests.prism.conftest import Prism

PAC = "0123456789ABCDEF"
CALLBACKS = f"/device-types/{DEVICE_TYPE}/callbacks"
BIDIR = {
    "channel": "URL",
    "callbackType": 0,
    "callbackSubtype": 3,
    "enabled": True,
    "url": "https://bridge.example/sigfox/bidir",
    "httpMethod": "POST",
    "headers": {"Authorization": "Bearer key"},
    "sendSni": True,
    "bodyTemplate": '{"device":"{device}","time":{time}}',
    "contentType": "application/json",
}
LISTS = (
    "/groups/",
    f"/groups/{GROUP}/callbacks-not-delivered",
    "/contract-infos/",
    "/device-types/",
    f"/device-types/{DEVICE_TYPE}/messages",
    f"/device-types/{DEVICE_TYPE}/callbacks-not-delivered",
    CALLBACKS,
    "/devices/",
    "/devices/00A1/messages",
    "/devices/00A1/callbacks-not-delivered",
)
RESOURCES = (
    f"/groups/{GROUP}",
    f"/contract-infos/{CONTRACT}",
    f"/device-types/{DEVICE_TYPE}",
    "/devices/00A1",
    "/devices/00A1/messages/metric",
    "/devices/00A1/consumption/2030",
    "/devices/00A1/consumption/2030/3",
    "/coverages/global/predictions?lat=48.8&lng=2.3",
    "/coverages/operators/redundancy?lat=48.8&lng=2.3",
)


@pytest.fixture
def client(prism: Prism) -> ApiClient:
    """The program's client, which waits for nothing when it repeats a request."""
    impatient = Surroundings(sleep=lambda _seconds: None)
    return ApiClient(prism.url, Credentials(LOGIN, PASSWORD), surroundings=impatient)


@pytest.fixture
def sent(sigfox_backend: SigfoxBackend) -> None:
    """A device has sent, and nothing was delivered."""
    sigfox_backend.add_callback(DEVICE_TYPE, BIDIR)
    for id_ in ("A1", "A2", "A3"):
        sigfox_backend.add_device(DEVICE_TYPE, id_, PAC, lat=48.8, lng=2.3)
    sigfox_backend.transmit("A1", "00ff", ack=True, deliver=lambda _request: 503)
    sigfox_backend.page_size = 2


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("path", LISTS)
def test_lists(client: ApiClient, path: str) -> None:
    assert client.list(path)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("path", RESOURCES)
def test_resources(client: ApiClient, path: str) -> None:
    assert client.get(path)


@pytest.mark.usefixtures("table")
def test_callbacks_and_device_types(client: ApiClient) -> None:
    id_ = client.post(CALLBACKS, BIDIR)["id"]
    client.put(f"{CALLBACKS}/{id_}", {"sendSni": False, "contentType": None})
    client.put(f"{CALLBACKS}/{id_}/enable", query={"enabled": True})
    client.put(f"{CALLBACKS}/{id_}/downlink")
    client.delete(f"{CALLBACKS}/{id_}")
    client.put(f"/device-types/{DEVICE_TYPE}", {"downlinkMode": 1, "keepAlive": 3600})
    assert client.post("/device-types/", {"groupId": GROUP, "name": "Doors", "contracts": [{"id": CONTRACT}]})


def test_devices(client: ApiClient, sigfox_backend: SigfoxBackend) -> None:
    for id_ in ("B1", "B2"):
        sigfox_backend.add_unregistered(id_, PAC)
    device = {"id": "00B1", "name": "Barn", "pac": PAC, "deviceTypeId": DEVICE_TYPE}
    client.post("/devices/", device)
    with pytest.raises(SigfoxError):
        client.post("/devices/", device)
    client.put("/devices/00B1", {"name": "Stable", "lat": None, "automaticRenewal": False})
    client.post("/devices/00B1/disengage")
    client.put("/devices/00B1/unsubscribe", {"unsubscriptionTime": 1_900_000_000_000})
    jobs = [
        client.post("/devices/bulk", {"deviceTypeId": DEVICE_TYPE, "data": [{"id": "00B2", "pac": "wrong"}]}),
        client.put("/devices/bulk", {"data": [{"id": "00B1", "name": "Barn"}]}, {"groupId": GROUP}),
        client.post(
            "/devices/bulk/transfer",
            {"deviceTypeId": DEVICE_TYPE, "data": [{"id": "00B1", "keepHistory": True}]},
        ),
    ]
    for job in jobs:
        answers = [client.get(f"/devices/bulk/{job['jobId']}") for _ in range(2)]
        assert [answer["jobDone"] for answer in answers] == [False, True]
    for action in ("suspend", "resume", "restart"):
        job = client.post(f"/devices/bulk/{action}", {"data": ["00B1"]})
        assert client.get(f"/devices/bulk/{action}/{job['jobId']}")["status"]["total"] == 1
    client.delete("/devices/00B1")


@pytest.fixture
def connected(
    prism: Prism,  # noqa: ARG001 - it is Sigfox's API
    sigfox_waits: None,  # noqa: ARG001
    sigfox_backend: SigfoxBackend,
    management: Management,
) -> SigfoxBackend:
    """Sigfox's backend, to which the application is connected."""
    credentials = {"login": LOGIN, "password": PASSWORD, "group_id": GROUP}
    answer = management.request("PUT", "/v1/sigfox", body=credentials, headers={"host": "api.example.com"})
    assert answer.json["state"] == "connected"
    sigfox_backend.device_types[DEVICE_TYPE]["downlinkMode"] = 2
    return sigfox_backend


def ended(ordered: Answer, clock: Clock, management: Management) -> dict[str, Any]:
    """Do a job that was ordered, and return how it ended."""
    assert ordered.status == 202, ordered.text
    lambda_handler: Any = handler("jobs")
    while True:
        for due in due_jobs(clock.now_ms):
            lambda_handler(asdict(due), Context("jobs", remaining_ms=200_000))
        job: dict[str, Any] = management.get(f"/v1/jobs/{ordered.json['id']}").json
        if job["state"] not in {"waiting", "running"}:
            return job
        clock.wait(MINUTE)


@pytest.mark.parametrize("mode", ["bidir", "uplink", "advanced"])
def test_connecting_and_mending(connected: SigfoxBackend, management: Management, mode: str) -> None:
    path = f"/v1/sigfox/device-types/{DEVICE_TYPE}"

    assert management.post(f"{path}/connect", {"mode": mode}).status == 200
    for callback in connected.callbacks(DEVICE_TYPE):
        callback |= {"enabled": False, "sendSni": False, "bodyTemplate": "{}"}
    mended = management.post(f"{path}/connect", {"mode": mode})

    assert {step["state"] for step in mended.json["steps"]} <= {"done", "left"}
    assert management.get(f"{path}/drift").json["drift"] == []


def test_importing_and_recovering(connected: SigfoxBackend, management: Management, clock: Clock) -> None:
    management.post(f"/v1/sigfox/device-types/{DEVICE_TYPE}/connect", {"mode": "bidir"})
    for number in range(3):
        connected.add_device(DEVICE_TYPE, f"A{number}", PAC, lat=48.8, lng=2.3)
        connected.transmit(f"A{number}", "00ff", ack=True, deliver=lambda _request: 503)
    connected.page_size = 2
    clock.wait(MINUTE)

    imported = ended(management.post("/v1/sigfox/import"), clock, management)
    recovered = ended(management.post("/v1/sigfox/recover", {}), clock, management)

    assert (imported["state"], recovered["state"]) == ("done", "done")
    assert len(management.get("/v1/devices/A1/messages").json["messages"]) == 1
    for path in (
        "/v1/sigfox/contracts",
        "/v1/sigfox/coverage?lat=48.8&lng=2.3",
        "/v1/devices/A1/sigfox?refresh=true",
        "/v1/devices/A1/sigfox/metrics",
        "/v1/devices/A1/sigfox/consumption?year=2030&month=3",
    ):
        place, _, query = path.partition("?")
        assert management.get(place, **dict(parse_qsl(query))).status == 200


def test_registering_and_changing(connected: SigfoxBackend, management: Management, clock: Clock) -> None:
    connected.add_device_type(GROUP, "type2", "Trackers", CONTRACT)
    connected.add_device("type2", "A1", PAC)
    connected.add_unregistered("A2", PAC)
    devices = [
        {"id": id_, "pac": PAC, "name": "Barn", "lat": 45.5, "lng": 4.75} for id_ in ("A1", "A2", "A3")
    ]
    orders: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "", {"device_type_id": DEVICE_TYPE, "devices": devices}),
        ("PATCH", "", {"devices": [{"id": "A1", "name": "Stable", "automatic_renewal": False}]}),
        ("POST", "/transfer", {"device_type_id": "type2", "ids": ["A1"]}),
        ("POST", "/suspend", {"ids": ["A1"]}),
        ("POST", "/resume", {"ids": ["A1"]}),
        ("POST", "/restart", {"ids": ["A1"]}),
        ("POST", "/unsubscribe", {"ids": ["A1"], "at": "2040-01-31T12:00:00Z"}),
    ]

    jobs = [
        ended(management.request(method, f"/v1/sigfox/devices{path}", {}, body), clock, management)
        for method, path, body in orders
    ]

    assert [job["progress"]["failed"] for job in jobs] == [1, 0, 0, 0, 0, 0, 0]
    assert management.patch("/v1/devices/A1/sigfox", {"name": "Shed"}).status in {200, 202}
    assert management.post("/v1/devices/A1/sigfox/disengage").status == 204
    assert management.post("/v1/devices/A1/sigfox/replace", {"target_device_id": "A2"}).status == 204


def test_what_does_not_fit_the_description_is_found(
    prism: Prism, client: ApiClient, sigfox_backend: SigfoxBackend
) -> None:
    with pytest.raises(SigfoxError, match="422"):
        client.post("/devices/", {"id": "00B1", "name": "Barn", "deviceTypeId": DEVICE_TYPE})
    prism.provoked += 1

    sigfox_backend.groups[GROUP]["name"] = 7
    with pytest.raises(SigfoxError, match="500"):
        client.get(f"/groups/{GROUP}")
    prism.provoked += sum(request.path == f"/groups/{GROUP}" for request in sigfox_backend.requests)
