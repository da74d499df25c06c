"""The management API on the deployed local stack: a device from its registration to its erasure."""

import secrets
import time
from typing import Any

import httpx
import pytest

from sigbridge_local.functions import invoke
from sigbridge_local.stack import Stack
from tests.stack.waiting import eventually

DATA = "00000000ada1b2c3"


def uplink(api: httpx.Client, device_id: str, path: str = "/uplink", **fields: object) -> httpx.Response:
    body = {"device": device_id, "time": int(time.time()), "data": "0102", "seqNumber": 7, **fields}
    return api.post(path, json=body)


@pytest.fixture
def device_type(api: httpx.Client) -> str:
    """A device type that expects to hear of its devices each minute."""
    type_id = f"type_{secrets.token_hex(4)}"
    asked = {"id": type_id, "name": "Tracker", "keep_alive_seconds": 60}
    assert api.post("/v1/device-types", json=asked).status_code == 201
    return type_id


@pytest.fixture
def device_id(api: httpx.Client, device_type: str) -> str:
    """A device of that type."""
    device_id = secrets.token_hex(4).upper().lstrip("0") or "1"
    answer = api.post("/v1/devices", json={"id": device_id, "name": "North door", "type": device_type})
    assert answer.status_code == 201
    return device_id


def test_what_a_device_said_and_what_was_set_is_read_back(api: httpx.Client, device_id: str) -> None:
    assert uplink(api, device_id, temperature=21.5).status_code == 200
    assert api.post(f"/v1/devices/{device_id}/data", json={"variable": "note", "value": "ok"}).is_success

    told = api.get(f"/v1/devices/{device_id}/data", params={"variables": "temperature,note,payload"}).json()
    listed = api.get(f"/v1/devices/{device_id}/messages").json()
    table = api.get(f"/v1/devices/{device_id}/data", headers={"Accept": "text/csv"})
    mean = {"variables": "temperature", "query": "avg", "start_date": "1 hour"}

    assert {item["variable"]: item["value"] for item in told["data"]} == {
        "temperature": 21.5,
        "note": "ok",
        "payload": "0102",
    }
    assert [message["seq_number"] for message in listed["messages"]] == [7]
    assert table.headers["content-type"].startswith("text/csv")
    [average] = api.get(f"/v1/devices/{device_id}/data", params=mean).json()["data"]
    assert average["value"] == 21.5


def test_the_parameter_downlink_data_answers_the_device(api: httpx.Client, device_id: str) -> None:
    parameter = f"/v1/devices/{device_id}/parameters/downlinkData"
    assert api.put(parameter, json={"value": DATA}).status_code == 201

    assert uplink(api, device_id, "/downlink").json() == {device_id: {"downlinkData": DATA}}
    assert api.delete(parameter).status_code == 204
    assert uplink(api, device_id, "/downlink", seqNumber=8).status_code == 204


def test_a_key_is_made_used_and_revoked(api: httpx.Client, local_stack: Stack) -> None:
    made = api.post("/v1/keys", json={"name": "reader", "rights": ["devices:read"]}).json()
    headers = {"Authorization": made["token"]}

    with httpx.Client(base_url=local_stack.base_url, headers=headers, timeout=60, trust_env=False) as reader:
        assert reader.get("/v1/devices").status_code == 200
        assert reader.get("/v1/keys").status_code == 403
    [listed] = [key for key in api.get("/v1/keys").json()["keys"] if key["id"] == made["id"]]
    assert made["token"].endswith(listed["ends_with"])
    assert "last_used_on" in listed
    assert api.delete(f"/v1/keys/{made['id']}").status_code == 204


def test_a_silent_device_is_found_and_a_deleted_one_is_erased(
    api: httpx.Client, local_stack: Stack, device_id: str, device_type: str
) -> None:
    silent_since = int(time.time()) - 120
    assert uplink(api, device_id, time=silent_since).status_code == 200

    def silent_ones() -> Any:
        invoke(local_stack, "EveryMinuteFunction")
        return api.get("/v1/devices", params={"state": "silent", "type": device_type}).json()["devices"]

    [silent] = eventually(silent_ones, bool)
    assert (silent["id"], silent["state"]) == (device_id, "silent")

    assert api.delete(f"/v1/devices/{device_id}").status_code == 202
    assert api.delete(f"/v1/devices/{device_id}").status_code == 404
    invoke(local_stack, "EveryMinuteFunction")
    assert api.get(f"/v1/devices/{device_id}").status_code == 404
    assert api.post("/v1/devices", json={"id": device_id}).status_code == 201
    assert api.get(f"/v1/devices/{device_id}/messages").json()["messages"] == []


def test_the_documentation_needs_no_key(local_stack: Stack) -> None:
    with httpx.Client(base_url=local_stack.base_url, timeout=60, trust_env=False) as anybody:
        assert anybody.get("/openapi.json").json()["openapi"].startswith("3.1")
        page = anybody.get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-encoding"] == "gzip"
    assert "swagger" in page.text.lower()


@pytest.mark.parametrize("path", ["/api/v3/as/applications/demo/devices/153fa/down/push", "/v1/devices"])
def test_a_page_in_a_browser_may_call_the_api(path: str, local_stack: Stack) -> None:
    origin = {"Origin": "https://dash.example.com"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with httpx.Client(base_url=local_stack.base_url, timeout=60, trust_env=False) as browser:
        preflight = browser.options(path, headers=origin | asked)
        refused = browser.post(path, headers=origin)

    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "*"
