"""The main job played once over HTTP, each request and its answer printed and checked."""

import base64
import json
import time
from http import HTTPStatus
from typing import Any

import httpx
from rich.markup import escape

from sigbridge_local.failures import LocalStackError
from sigbridge_local.functions import invoke
from sigbridge_local.progress import console
from sigbridge_local.scene import Scene
from sigbridge_local.sigfox_scenes import sigfox_scenes
from sigbridge_local.stack import Stack

_DEVICE = "1A2B45"
_BATCH_DEVICE = "1A2B46"
_CLIMATE_DEVICE = "1A2B4C"
_CLIMATE = "demo-climate"
_CLIMATE_SCRIPT = """\
function decodeUplink(input) {
  return { data: { temperature: { value: (input.bytes[1] * 256 + input.bytes[2]) / 10, unit: "°C" } } };
}
function encodeDownlink(input) {
  return { bytes: [input.data.interval, 0, 0, 0, 0, 0, 0, 0] };
}
"""
_INTERVAL = {"interval": 15}
_INTERVAL_BYTES = "0f00000000000000"
# Where the application was in use before, functions remember the types that it had.
_TYPES_SETTLE_S = 70
_FIRST = "0102030405060708"
_SECOND = "1112131415161718"
_TIMEOUT_S = 20
# The history follows the table's changes; its function may have to start first.
_HISTORY_SETTLES_S = 20


def play(stack: Stack) -> None:
    """Play every scene against the stack.

    Raises:
        LocalStackError: The API does not answer, or otherwise than it should.
    """
    now_s = int(time.time())
    played = [*scenes(stack.application_id, now_s), *sigfox_scenes(stack.sigfox_url, now_s)]
    with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
        for number, scene in enumerate(played, start=1):
            _play(client, stack, number, scene)
    console.print("\n[green]✓[/green] every answer is right")


def scenes(application_id: str, now_s: int) -> list[Scene]:
    """The demonstration as seen from Sigfox's and the user's side, at a moment in epoch seconds."""
    return [*_formatter_scenes(application_id, now_s), *_queue_scenes(application_id, now_s)]


def _formatter_scenes(application_id: str, now_s: int) -> list[Scene]:
    queue = f"/api/v3/as/applications/{application_id}/devices/{_CLIMATE_DEVICE.lower()}/down"
    callback = {"device": _CLIMATE_DEVICE, "time": now_s, "data": "1700d7", "seqNumber": 100, "ack": True}
    return [
        Scene(
            "A formatter says what the bytes of some devices mean",
            "PUT",
            f"/v1/formatters/{_CLIMATE}",
            lambda answer: answer.is_success,
            {"kind": "javascript", "source": _CLIMATE_SCRIPT},
        ),
        Scene(
            "It is for the devices of a type",
            "POST",
            "/v1/device-types",
            _is_there,
            {"id": _CLIMATE, "uplink_formatter": _CLIMATE, "downlink_formatter": _CLIMATE},
        ),
        Scene(
            "A device is of that type",
            "POST",
            "/v1/devices",
            _is_there,
            {"id": _CLIMATE_DEVICE, "type": _CLIMATE},
        ),
        Scene(
            "A downlink for it is written as JSON",
            "POST",
            f"{queue}/push",
            lambda answer: _is(answer, HTTPStatus.OK),
            {"downlinks": [{"f_port": 1, "decoded_payload": _INTERVAL}]},
            settles_within_s=_TYPES_SETTLE_S,
        ),
        Scene(
            "The device sends 3 bytes, asks for a downlink, and gets 8 bytes",
            "POST",
            "/downlink",
            lambda answer: answer.json() == {_CLIMATE_DEVICE: {"downlinkData": _INTERVAL_BYTES}},
            callback,
        ),
        Scene(
            "Its message shows the temperature",
            "GET",
            f"/v1/devices/{_CLIMATE_DEVICE}/messages",
            lambda answer: _temperatures(answer)[:1] == [{"value": 21.5, "unit": "°C"}],
            settles_within_s=_TYPES_SETTLE_S,
        ),
    ]


def _queue_scenes(application_id: str, now_s: int) -> list[Scene]:
    device = f"/api/v3/as/applications/{application_id}/devices/{_DEVICE.lower()}"
    queue = f"{device}/down"
    callback = {"device": _DEVICE, "time": now_s, "data": "00a1b2c3", "seqNumber": 101, "ack": True}
    later = callback | {"time": now_s + 1, "seqNumber": 102}
    answered = {_DEVICE: {"downlinkData": _FIRST}}
    lines = [f"{_BATCH_DEVICE};{now_s + second};0{second};{200 + second}" for second in range(3)]
    return [
        Scene(
            "A device's message arrives: Sigfox calls back, the message is stored",
            "POST",
            "/uplink",
            lambda answer: _is(answer, HTTPStatus.OK) and answer.json()["accepted"] == 1,
            {"device": _DEVICE, "time": now_s - 60, "data": "17012c", "seqNumber": 100},
        ),
        Scene(
            "Three messages arrive in one batch callback, which carries its key in the URL",
            "POST",
            "/uplink/batch",
            lambda answer: _is(answer, HTTPStatus.OK) and answer.json()["accepted"] == 3,
            query={"pattern": "device;time;data;seqNumber", "batch": "\n".join(lines)},
        ),
        Scene(
            "A downlink is pushed to the device's queue",
            "POST",
            f"{queue}/push",
            lambda answer: _is(answer, HTTPStatus.OK),
            _downlinks(_FIRST),
        ),
        Scene(
            "The device asks for a downlink and gets the one pushed a moment ago",
            "POST",
            "/downlink",
            lambda answer: _is(answer, HTTPStatus.OK) and answer.json() == answered,
            callback,
        ),
        Scene(
            "Sigfox retries the same callback and gets the same answer",
            "POST",
            "/downlink",
            lambda answer: _is(answer, HTTPStatus.OK) and answer.json() == answered,
            callback,
        ),
        Scene(
            "The device asks again: the downlink went out once, there is nothing left",
            "POST",
            "/downlink",
            lambda answer: _is(answer, HTTPStatus.NO_CONTENT),
            later,
        ),
        Scene(
            "Sigfox acknowledges: a base station has sent it",
            "POST",
            "/sigfox/acknowledge",
            lambda answer: _is(answer, HTTPStatus.OK) and answer.json()["accepted"] == 1,
            {"device": _DEVICE, "time": now_s + 35, "infoCode": 0, "infoMessage": "Acked"},
        ),
        Scene(
            "The queue is replaced by two downlinks",
            "POST",
            f"{queue}/replace",
            lambda answer: _is(answer, HTTPStatus.OK),
            _downlinks(_FIRST, _SECOND),
        ),
        Scene(
            "The queue is listed",
            "GET",
            queue,
            lambda answer: _is(answer, HTTPStatus.OK) and len(answer.json()["downlinks"]) == 2,
        ),
        Scene(
            "The queue is cleared: replaced by nothing",
            "POST",
            f"{queue}/replace",
            lambda answer: _is(answer, HTTPStatus.OK),
            _downlinks(),
        ),
        Scene(
            "The queue is empty",
            "GET",
            queue,
            lambda answer: _is(answer, HTTPStatus.OK) and answer.json() == {},
        ),
        Scene(
            "What became of each downlink",
            "GET",
            f"{device}/downlinks",
            lambda answer: _is(answer, HTTPStatus.OK) and _states(answer) == ["removed", "removed", "sent"],
            settles_within_s=_HISTORY_SETTLES_S,
        ),
    ]


def curl_lines(stack: Stack) -> list[str]:
    """Commands to go on with by hand, ready to be pasted into a shell."""
    queue = f"$API/api/v3/as/applications/{stack.application_id}/devices/{_DEVICE.lower()}/down"
    headers = '-H "Authorization: Bearer $KEY" -H "Content-Type: application/json"'
    push = json.dumps(_downlinks(_SECOND), separators=(",", ":"))
    now, number = "'$(date +%s)'", "'$RANDOM'"
    callback = f'{{"device":"{_DEVICE}","time":{now},"data":"00a1b2c3","seqNumber":{number},"ack":true}}'
    return [
        "Push a downlink, let the device ask for it, look at the queue:",
        f"  API='{stack.base_url}'",
        f"  KEY='{stack.key}'",
        f"""  curl -i "{queue}/push" {headers} -d '{push}'""",
        f"""  curl -i "$API/downlink" {headers} -d '{callback}'""",
        f"""  curl -i "{queue}" {headers}""",
    ]


def _play(client: httpx.Client, stack: Stack, number: int, scene: Scene) -> None:
    if scene.after is not None:
        invoke(stack, scene.after)
    request = client.build_request(
        scene.method,
        (scene.base_url or stack.base_url) + scene.path,
        params={**scene.query, "authorization": stack.key} if scene.query else None,
        headers={} if scene.query or scene.base_url else {"Authorization": f"Bearer {stack.key}"},
        json=scene.body,
    )
    console.print(f"\n[bold]{number}. {escape(scene.title)}[/bold]")
    shown_query = f"?{request.url.query.decode()}".replace(stack.key, "sbk_...") if scene.query else ""
    console.print(f"[cyan]→ {scene.method} {escape(scene.path + shown_query)}[/cyan]")
    if scene.body is not None:
        console.print(f"  {json.dumps(scene.body)}", markup=False)
    answer = _send(client, request)
    patience_ends = time.monotonic() + scene.settles_within_s
    while not scene.expected(answer) and time.monotonic() < patience_ends:
        time.sleep(0.2)
        answer = _send(client, request)
    console.print(f"[magenta]← {answer.status_code} {HTTPStatus(answer.status_code).phrase}[/magenta]")
    if answer.content:
        console.print(f"  {answer.text}", markup=False)
    if not scene.expected(answer):
        message = f"step {number} of the demonstration got a wrong answer"
        raise LocalStackError(message)


def _send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    try:
        return client.send(request)
    except httpx.TransportError as failure:
        message = f"the API did not answer {request.method} {request.url.path}: {failure}"
        raise LocalStackError(message) from failure


def _is_there(answer: httpx.Response) -> bool:
    return answer.status_code in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}


def _temperatures(answer: httpx.Response) -> list[Any]:
    return [message.get("decoded_payload", {}).get("temperature") for message in answer.json()["messages"]]


def _states(answer: httpx.Response) -> list[str]:
    return [downlink["state"] for downlink in answer.json()["downlinks"][:3]]


def _is(answer: httpx.Response, status: HTTPStatus) -> bool:
    return answer.status_code == status


def _downlinks(*payloads: str) -> dict[str, Any]:
    encoded = [base64.b64encode(bytes.fromhex(payload)).decode() for payload in payloads]
    return {"downlinks": [{"f_port": 1, "frm_payload": payload} for payload in encoded]}
