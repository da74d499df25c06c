"""The main job, end to end on the deployed local stack with IAM enforced."""

import base64
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import boto3
import httpx
import pytest

from sigbridge_local.stack import Stack

A, B = "AQIDBAUGBwg=", "ERITFBUWFxg="
A_HEX, B_HEX = "0102030405060708", "1112131415161718"
CALLERS = 16


@pytest.fixture
def device() -> str:
    """A Sigfox id that no other test uses."""
    return f"{secrets.randbelow(0xE0000000) + 0x10000000:X}"


@pytest.fixture
def messages(local_stack: Stack) -> Callable[[str], list[dict[str, Any]]]:
    """Reads the stored messages of a device from the table itself."""
    session = boto3.Session("test", "test", region_name=local_stack.region)
    table = session.resource("dynamodb", endpoint_url=local_stack.aws_endpoint_url).Table(local_stack.table)

    def read(device: str) -> list[dict[str, Any]]:
        return table.query(  # type: ignore[return-value]
            KeyConditionExpression="pk = :pk AND begins_with(sk, :messages)",
            ExpressionAttributeValues={
                ":pk": f"DEVICE#{local_stack.application_id}#{device}",
                ":messages": "MSG#",
            },
        )["Items"]

    return read


def test_the_address_is_the_same_in_every_stack_of_a_port(local_stack: Stack) -> None:
    assert local_stack.base_url == f"{local_stack.aws_endpoint_url}/_aws/execute-api/sigbridge/$default"


def queue_path(stack: Stack, device: str, operation: str = "", webhook: bool = True) -> str:
    by_webhook = "/webhooks/wh1" if webhook else ""
    root = f"/api/v3/as/applications/{stack.application_id}{by_webhook}/devices/{device.lower()}/down"
    return f"{root}/{operation}" if operation else root


def bidir(device: str, seq_number: int = 1) -> dict[str, Any]:
    return {"device": device, "time": int(time.time()), "data": "01", "seqNumber": seq_number, "ack": "true"}


def downlinks(*payloads: str) -> dict[str, Any]:
    return {
        "downlinks": [{"frm_payload": payload, "f_port": 15, "priority": "NORMAL"} for payload in payloads]
    }


def test_a_message_is_stored_and_answered_with_what_was_pushed_a_moment_before(
    api: httpx.Client, local_stack: Stack, device: str, messages: Callable[[str], list[dict[str, Any]]]
) -> None:
    uplink = bidir(device, 1) | {"ack": False, "rssi": "-123.10"}
    assert api.post("/uplink", json=uplink).json()["accepted"] == 1
    pushed = api.post(queue_path(local_stack, device, "push"), json=downlinks(A, B))
    assert (pushed.status_code, pushed.content) == (200, b"")
    assert len(pushed.headers["X-Downlink-Ids"].split(",")) == 2

    asking = bidir(device, 2)
    first, again = api.post("/downlink", json=asking), api.post("/downlink", json=asking)

    assert first.json() == again.json() == {device: {"downlinkData": A_HEX}}
    assert first.headers["Content-Type"] == "application/json"
    listed = api.get(queue_path(local_stack, device, webhook=False)).json()["downlinks"]
    assert [item["frm_payload"] for item in listed] == [B]
    assert [message["seq_number"] for message in messages(device)] == [1, 2]


def test_replace_and_clear_on_both_families_of_paths(
    api: httpx.Client, local_stack: Stack, device: str
) -> None:
    api.post("/uplink", json=bidir(device))
    listing = queue_path(local_stack, device, webhook=False)

    api.post(queue_path(local_stack, device, "push"), json=downlinks(A))
    replaced = api.post(queue_path(local_stack, device, "replace", webhook=False), json=downlinks(B))
    assert (replaced.status_code, replaced.json()) == (200, {})
    assert [item["frm_payload"] for item in api.get(listing).json()["downlinks"]] == [B]

    cleared = api.post(queue_path(local_stack, device, "replace"), json={"downlinks": []})
    assert (cleared.status_code, cleared.content) == (200, b"")
    assert api.get(listing).json() == {}
    empty = api.post("/downlink", json=bidir(device, 2))
    assert (empty.status_code, empty.content) == (204, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize("route", ["/uplink", "/uplink/batch", "/downlink"])
def test_every_method_of_sigfox_reaches_every_callback(
    method: str, route: str, api: httpx.Client, device: str
) -> None:
    variables = {"device": device, "time": int(time.time()), "data": "00ff", "seqNumber": 4, "ack": "false"}
    answer = api.request(method, route, params=variables)

    assert answer.status_code == (204 if route == "/downlink" else 200), answer.text


def test_batch_lines_with_the_key_in_the_query(
    local_stack: Stack,
    device: str,
    messages: Callable[[str], list[dict[str, Any]]],
) -> None:
    lines = "".join(f"{device};{int(time.time())};0{number};{number};\n" for number in range(5))
    answer = httpx.post(
        f"{local_stack.base_url}/uplink/batch",
        params={"authorization": local_stack.key, "pattern": "device;time;data;seqNumber;", "batch": lines},
        timeout=60,
        trust_env=False,
    )

    assert answer.json()["accepted"] == 5, answer.text
    assert [message["payload"] for message in messages(device)] == ["00", "01", "02", "03", "04"]


def shapes() -> Iterator[tuple[str, dict[str, Any]]]:
    quoted = {"device": "{}", "data": "b051", "time": "1763770827", "duplicate": "false", "snr": "18.86"}
    quoted |= {"station": "1D44", "avgSnr": "15.54", "lat": "1", "lng": "104", "rssi": "-123.00"}
    yield "quoted", {"json": quoted | {"seqNumber": "1508", "ack": "false", "longPolling": "false"}}
    yield "renamed id", {"json": {"time": 1763770364, "deviceId": "{}", "data": "ce20", "seqNumber": 49}}
    yield "empty payload", {"json": {"device": "{}", "time": 1763770401, "data": "", "seqNumber": 3}}
    yield "form", {"data": {"device": "{}", "time": "1763770402", "data": "17", "seqNumber": "4"}}
    yield "query", {"params": {"id": "{}", "time": "1763770402", "data": "000000020000000000230c6f"}}
    items = [("device", "{}"), ("data", "0109611395000df9011eb9"), ("seqNumber", "5")]
    tagoio = [{"variable": name, "value": value, "serie": "1763770403"} for name, value in items]
    yield "tagoio", {"json": tagoio, "headers": {"device": "{}"}}
    yield (
        "generic",
        {"json": {"serial": "{}", "payload": "0011AA", "port": 10, "latitude": 45.2, "longitude": 5.7}},
    )


def filled(content: Any, device: str) -> Any:
    if isinstance(content, dict):
        return {name: filled(value, device) for name, value in content.items()}
    if isinstance(content, list):
        return [filled(value, device) for value in content]
    return device if content == "{}" else content


@pytest.mark.parametrize("shape", [pytest.param(shape, id=name) for name, shape in shapes()])
def test_every_shape_of_uplink_is_accepted_and_stored(
    shape: dict[str, Any],
    api: httpx.Client,
    device: str,
    messages: Callable[[str], list[dict[str, Any]]],
) -> None:
    answer = api.post("/uplink", **filled(shape, device))

    assert answer.json()["accepted"] == 1, answer.text
    assert len(messages(device)) == 1


def test_i2_16_concurrent_deliveries_of_one_callback_get_16_equal_answers(
    api: httpx.Client, local_stack: Stack, device: str
) -> None:
    api.post("/uplink", json=bidir(device))
    payloads = [base64.b64encode(number.to_bytes(8)).decode() for number in range(1, 6)]
    api.post(queue_path(local_stack, device, "push"), json=downlinks(*payloads))
    asking, barrier = bidir(device, 2), Barrier(CALLERS)

    def deliver(_: int) -> httpx.Response:
        barrier.wait()
        return api.post("/downlink", json=asking)

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(deliver, range(CALLERS)))

    assert Counter(answer.text for answer in answers) == {
        f'{{"{device}":{{"downlinkData":"{1:016x}"}}}}': CALLERS
    }
    waiting = api.get(queue_path(local_stack, device, webhook=False)).json()["downlinks"]
    assert [item["frm_payload"] for item in waiting] == payloads[1:]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "nonsense"}, {"Authorization": f"Bearer sbk_{'a' * 16}_{'a' * 52}"}],
    ids=["no key", "malformed", "unknown"],
)
def test_nothing_is_let_in_without_a_good_key(
    headers: dict[str, str], local_stack: Stack, device: str
) -> None:
    for url in ("/uplink", "/downlink", queue_path(local_stack, device, "push")):
        answer = httpx.post(local_stack.base_url + url, json=bidir(device), headers=headers, trust_env=False)
        assert answer.status_code == 401


def test_another_applications_path_is_forbidden(api: httpx.Client, device: str) -> None:
    path = f"/api/v3/as/applications/other-app/devices/{device.lower()}/down"

    assert api.get(path).status_code == 403
    assert api.post(f"{path}/push", json=downlinks(A)).status_code == 403


def test_an_unknown_device_has_no_queue(api: httpx.Client, local_stack: Stack, device: str) -> None:
    answer = api.post(queue_path(local_stack, device, "push"), json=downlinks(A))

    assert answer.status_code == 404
    assert answer.json()["details"][0]["name"] == "device_not_found"


def test_a_push_repeated_under_its_idempotency_key_is_queued_once(
    api: httpx.Client, local_stack: Stack, device: str
) -> None:
    api.post("/uplink", json=bidir(device))
    path, name = queue_path(local_stack, device, "push"), {"Idempotency-Key": device}

    first, again = (api.post(path, json=downlinks(A), headers=name) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["X-Downlink-Ids"] == again.headers["X-Downlink-Ids"]
    listed = api.get(queue_path(local_stack, device, webhook=False)).json()["downlinks"]
    assert [item["frm_payload"] for item in listed] == [A]
