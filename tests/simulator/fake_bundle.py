"""A tiny bundle in memory, sound or broken in one way: what the simulator's checks are tried on."""

import asyncio
import base64
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

import httpx

from sigbridge.model.device_id import sigfox_device_id
from sigfox_simulator.fates import Patience
from sigfox_simulator.payload_formats import PayloadFormat, Sample, payload_formats
from sigfox_simulator.readback import StoredMessage
from sigfox_simulator.scenario import Scenario, Target
from sigfox_simulator.simulation import Outcome, simulate

START = 1_795_300_000.0
RADIO_WINDOW_S = 30
ACKNOWLEDGE_WAIT_S = 10
_REQUEST_S = 0.002
_TURNS_OF_A_REQUEST = 40
_FAILURES = {1, 2, 3, 4, 6, 7, 8}


class Flaw(StrEnum):
    """A way to be broken."""

    LOSES_DOWNLINKS = "loses every third downlink"
    REPEATS_DOWNLINKS = "hands a downlink out and keeps it"
    ANSWERS_ANEW = "gives a repeated callback another downlink"
    REORDERS = "hands out the newest downlink"
    STARVES_DEVICES = "answers every third one that asks with nothing"
    RETRIES_LAST = "puts a failed confirmed downlink at the end"
    RETRIES_SENT = "tries again what was acknowledged"
    RETRIES_FOR_EVER = "never gives up a confirmed downlink"
    RETRIES_AT_ONCE = "does not wait for the acknowledgement"
    CLEARS_NOTHING = "accepts replacements and adds to the queue"
    DELETES_NOTHING = "accepts deletions and keeps the downlink"
    REFUSES_TO_DELETE = "refuses every deletion"
    IGNORES_EXPIRY = "hands out what has expired"
    PUSHES_TWICE = "ignores the Idempotency-Key"
    INVENTS_DOWNLINKS = "answers with a payload that nobody pushed"
    CUTS_PAYLOADS = "answers with 7 bytes"
    ANSWERS_UNASKED = "answers messages that do not ask"
    ANSWERS_STRANGERS = "names a device that is not in the callback"
    ANSWERS_LATE = "answers late callbacks"
    STORES_TWICE = "stores every repeat"
    COUNTS_REPEATS = "tells repeats to be new"
    STORES_NOTHING = "accepts every fifth message without storing it"
    STORES_WRONG = "stores another payload"
    STORES_MORE = "stores messages that were never sent"
    TAKES_ALL_FOR_SENT = "takes every acknowledgement for a success"
    FORGETS_ACKNOWLEDGEMENTS = "ignores acknowledgements"
    CONFUSES_UPLINKS = "tells another uplink in the history"
    TELLS_TWICE = "tells downlinks twice"
    DECODES_WRONG = "reads every payload as the first of its type"
    DECODES_NOTHING = "reads no payload"
    LOSES_VALUES = "shows values in messages and not in data"
    REFUSES_FORMS = "refuses form bodies"
    LOSES_IDS = "accepts pushes without ids"


class FakeWall:
    """A real clock that stands still while anything happens."""

    def __init__(self) -> None:
        self._now = START
        self._happened = 0
        self._wakes: list[float] = []

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._happened += 1

    async def pause(self, seconds: float, unless: asyncio.Event) -> None:
        wake = self._now + seconds
        self._wakes.append(wake)
        self._happened += 1
        try:
            while not unless.is_set():
                if await self._is_quiet(unless) and min(self._wakes) >= wake:
                    self._now = max(self._now, wake)
                    return
        finally:
            self._wakes.remove(wake)
            self._happened += 1

    async def _is_quiet(self, unless: asyncio.Event) -> bool:
        happened = self._happened
        for _ in range(_TURNS_OF_A_REQUEST):
            await asyncio.sleep(0)
            if unless.is_set() or self._happened != happened:
                return False
        return True


@dataclass
class Step:
    state: str
    attempt: int
    at: float
    uplink: tuple[int, int] | None = None
    info_code: int | None = None


@dataclass
class FakeDownlink:
    id: str
    payload: str
    confirmed: bool
    max_attempts: int
    expires_at: float | None
    attempt: int = 1
    generation: int = 0
    answered: tuple[int, int] | None = None
    answered_at: float = 0
    over: bool = False
    steps: list[Step] = field(default_factory=list)

    @property
    def state(self) -> str:
        states = [step.state for step in self.steps if step.state != "unacknowledged"]
        return "sent" if "sent" in states else states[-1]


@dataclass
class FakeDevice:
    queue: list[FakeDownlink] = field(default_factory=list)
    lives: list[FakeDownlink] = field(default_factory=list)
    answers: dict[tuple[int, int], str | None] = field(default_factory=dict)
    given: list[tuple[tuple[int, int], FakeDownlink, int]] = field(default_factory=list)
    pushed: dict[str, list[str]] = field(default_factory=dict)
    messages: list[StoredMessage] = field(default_factory=list)
    generation: int = 0


class FakeBundle:
    """Speaks the bundle's HTTP."""

    def __init__(self, wall: FakeWall, flaw: Flaw | None = None) -> None:
        self.wall = wall
        self.flaw = flaw
        self.devices: dict[str, FakeDevice] = defaultdict(FakeDevice)
        self.requests: list[httpx.Request] = []
        self.types: dict[str, PayloadFormat] = {}
        self._ids = 0
        self._claims = 0

    @property
    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="https://bundle", transport=httpx.MockTransport(self._handle))

    @property
    def target(self) -> Target:
        patience = Patience(ACKNOWLEDGE_WAIT_S, 1)
        return Target("https://bundle", "demo", "key", patience, self.keep_time)

    async def keep_time(self) -> None:
        """Ends what time ends."""
        for device in self.devices.values():
            self._drop_expired(device)
            for _, downlink, attempt in device.given:
                waits = not downlink.over and downlink.attempt == attempt
                if waits and downlink.answered_at + ACKNOWLEDGE_WAIT_S <= self.wall.now():
                    exhausted = downlink.attempt >= downlink.max_attempts
                    if downlink.confirmed and exhausted and self.flaw is not Flaw.RETRIES_FOR_EVER:
                        self._end(downlink, "failed")
                    else:
                        self._try_again(device, downlink, "unacknowledged")

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.wall.advance(_REQUEST_S)
        self.requests.append(request)
        path = request.url.path
        query = dict(request.url.params)
        if not query.get("authorization") and "Authorization" not in request.headers:
            return httpx.Response(401)
        if path.startswith("/api/v3/as/applications/demo/devices/"):
            return self._handle_queue(
                request, *path.removeprefix("/api/v3/as/applications/demo/devices/").split("/", 1)
            )
        if request.method in {"PUT", "POST"} and path.startswith("/v1/"):
            return self._set_up(path, json.loads(request.content))
        if path.startswith("/v1/devices/"):
            return self._show(path.split("/")[3], path.split("/")[4], query)
        return self._handle_callback(request, path, query)

    def _handle_callback(self, request: httpx.Request, path: str, query: Mapping[str, str]) -> httpx.Response:
        is_form = request.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        if self.flaw is Flaw.REFUSES_FORMS and is_form and "pattern" not in query:
            return httpx.Response(400)
        if request.content == b"{}":
            return httpx.Response(400)
        messages = read_messages(request)
        if path == "/downlink":
            return self._answer(messages)
        if path == "/sigfox/acknowledge":
            self._acknowledge(messages[0])
        new = sum([self._store(message) for message in messages]) if path.startswith("/uplink") else 1
        accepted = len(messages) if self.flaw is Flaw.COUNTS_REPEATS else new
        return httpx.Response(200, json={"status": True, "accepted": accepted})

    def _store(self, message: Mapping[str, str]) -> bool:
        device = self.devices[sigfox_device_id(message["device"])]
        payload = message["data"] if self.flaw is not Flaw.STORES_WRONG else message["data"] + "00"
        stored = StoredMessage(int(message["time"]) * 1000, int(message["seqNumber"]), payload)
        if self.flaw is Flaw.STORES_NOTHING and stored.time // 1000 % 5 == 0:
            return True
        if self.flaw is Flaw.STORES_MORE:
            device.messages.append(StoredMessage(stored.time + 1, stored.seq_number, payload))
        if stored in device.messages and self.flaw is not Flaw.STORES_TWICE:
            return False
        device.messages.append(stored)
        return True

    def _answer(self, messages: list[dict[str, str]]) -> httpx.Response:
        answers: dict[str, Any] = {}
        for message in messages:
            self._store(message)
            data = self._answer_one(message)
            if data is not None:
                answers[message["device"]] = {"downlinkData": data}
        if self.flaw is Flaw.ANSWERS_STRANGERS:
            answers["ABC"] = {"downlinkData": "00" * 8}
        return httpx.Response(200, json=answers) if answers else httpx.Response(204)

    def _answer_one(self, message: Mapping[str, str]) -> str | None:
        device = self.devices[sigfox_device_id(message["device"])]
        uplink = (int(message["time"]), int(message["seqNumber"]))
        if message.get("ack", "true") != "true" and self.flaw is not Flaw.ANSWERS_UNASKED:
            return None
        if uplink in device.answers and self.flaw is not Flaw.ANSWERS_ANEW:
            return device.answers[uplink]
        if self.wall.now() - uplink[0] > RADIO_WINDOW_S and self.flaw is not Flaw.ANSWERS_LATE:
            return None
        device.answers[uplink] = self._claim(device, uplink)
        return device.answers[uplink]

    def _claim(self, device: FakeDevice, uplink: tuple[int, int]) -> str | None:
        self._claims += 1
        self._drop_expired(device)
        if self.flaw is Flaw.INVENTS_DOWNLINKS and self._claims % 3 == 0:
            return f"{self._claims:016x}"
        if self.flaw is Flaw.LOSES_DOWNLINKS and device.queue and self._claims % 3 == 0:
            device.lives.remove(device.queue.pop(0))
        starves = self.flaw is Flaw.STARVES_DEVICES and self._claims % 3 == 0
        if starves or not device.queue:
            return None
        downlink = device.queue[-1 if self.flaw is Flaw.REORDERS else 0]
        if self.flaw is not Flaw.REPEATS_DOWNLINKS:
            device.queue.remove(downlink)
        downlink.answered, downlink.answered_at = uplink, self.wall.now()
        downlink.generation, downlink.over = device.generation, False
        told = (uplink[0], 0) if self.flaw is Flaw.CONFUSES_UPLINKS else uplink
        downlink.steps.append(Step("answered", downlink.attempt, self.wall.now(), told))
        device.given.append((uplink, downlink, downlink.attempt))
        if (
            self.flaw is Flaw.RETRIES_AT_ONCE
            and downlink.confirmed
            and downlink.attempt < downlink.max_attempts
        ):
            self._try_again(device, downlink, "unacknowledged")
        return downlink.payload[:14] if self.flaw is Flaw.CUTS_PAYLOADS else downlink.payload

    def _acknowledge(self, message: Mapping[str, str]) -> None:
        device = self.devices[sigfox_device_id(message["device"])]
        moment, code = int(message["time"]), int(message["infoCode"])
        if self.flaw is Flaw.FORGETS_ACKNOWLEDGEMENTS:
            return
        if self.flaw is Flaw.TAKES_ALL_FOR_SENT:
            code = 0
        for uplink, downlink, attempt in reversed(device.given):
            if not moment - 60 <= uplink[0] <= moment:
                continue
            if code == 0:
                downlink.steps.append(Step("sent", attempt, self.wall.now(), info_code=0))
                downlink.over = True
                if self.flaw is Flaw.RETRIES_SENT and downlink.confirmed:
                    self._try_again(device, downlink, "unacknowledged")
                elif downlink in device.queue:
                    device.queue.remove(downlink)
            elif code in _FAILURES and attempt == downlink.attempt and not downlink.over:
                self._try_again(device, downlink, "failed", code)
            elif code in _FAILURES and not downlink.confirmed:
                self._end(downlink, "failed", code)
            return

    def _try_again(
        self, device: FakeDevice, downlink: FakeDownlink, why: str, code: int | None = None
    ) -> None:
        """Ends an attempt, and makes another one where one is due."""
        self._end(downlink, why, code)
        for_ever = self.flaw in {Flaw.RETRIES_FOR_EVER, Flaw.RETRIES_SENT}
        if not downlink.confirmed or (downlink.attempt >= downlink.max_attempts and not for_ever):
            return
        if downlink.generation != device.generation:
            self._end(downlink, "superseded")
        elif downlink.expires_at is not None and downlink.expires_at <= self.wall.now():
            self._end(downlink, "expired")
        else:
            downlink.attempt += 1
            downlink.steps.append(Step("queued", downlink.attempt, self.wall.now()))
            device.queue.insert(len(device.queue) if self.flaw is Flaw.RETRIES_LAST else 0, downlink)

    def _end(self, downlink: FakeDownlink, state: str, code: int | None = None) -> None:
        downlink.over = True
        downlink.steps.append(Step(state, downlink.attempt, self.wall.now(), info_code=code))

    def _drop_expired(self, device: FakeDevice) -> None:
        for downlink in list(device.queue):
            expires_at = None if self.flaw is Flaw.IGNORES_EXPIRY else downlink.expires_at
            if expires_at is not None and expires_at <= self.wall.now():
                device.queue.remove(downlink)
                self._end(downlink, "expired")

    def _handle_queue(self, request: httpx.Request, device_id: str, operation: str) -> httpx.Response:
        device = self.devices.get(sigfox_device_id(device_id))
        if device is None:
            return httpx.Response(404)
        if operation == "down":
            waiting = [{"id": downlink.id} for downlink in device.queue]
            return httpx.Response(200, json={"downlinks": waiting} if waiting else {})
        if operation == "downlinks":
            return self._tell(device, dict(request.url.params))
        if request.method == "DELETE":
            return self._delete(device, operation.removeprefix("down/"))
        key = request.headers.get("Idempotency-Key")
        if key in device.pushed and self.flaw is not Flaw.PUSHES_TWICE:
            return _accepted(device.pushed[key])
        downlinks = [self._read(item) for item in json.loads(request.content).get("downlinks", [])]
        if operation == "down/replace" and self.flaw is not Flaw.CLEARS_NOTHING:
            for downlink in device.queue:
                self._end(downlink, "removed")
            device.queue = []
            device.generation += 1
        device.queue += downlinks
        device.lives += downlinks
        ids = [downlink.id for downlink in downlinks]
        if key is not None:
            device.pushed[key] = ids
        return httpx.Response(200) if self.flaw is Flaw.LOSES_IDS else _accepted(ids)

    def _read(self, item: Mapping[str, Any]) -> FakeDownlink:
        self._ids += 1
        expires_at = item.get("expires_at")
        confirmed = item.get("confirmed", False)
        downlink = FakeDownlink(
            id=f"{self._ids:024x}",
            payload=base64.b64decode(item["frm_payload"]).hex(),
            confirmed=confirmed,
            max_attempts=item.get("confirmed_retry", {}).get("max_attempts", 8) if confirmed else 1,
            expires_at=None if expires_at is None else datetime.fromisoformat(expires_at).timestamp(),
        )
        downlink.steps.append(Step("queued", 1, self.wall.now()))
        return downlink

    def _delete(self, device: FakeDevice, downlink_id: str) -> httpx.Response:
        downlink = next((downlink for downlink in device.lives if downlink.id == downlink_id), None)
        if downlink is None:
            return httpx.Response(404)
        if downlink not in device.queue or self.flaw is Flaw.REFUSES_TO_DELETE:
            return httpx.Response(409)
        if self.flaw is not Flaw.DELETES_NOTHING:
            device.queue.remove(downlink)
            self._end(downlink, "removed")
        return httpx.Response(200, json={})

    def _set_up(self, path: str, content: Mapping[str, str]) -> httpx.Response:
        if path == "/v1/device-types":
            return httpx.Response(201 if content["id"] not in self.types else 409)
        if path == "/v1/devices":
            formats = {each.id: each for each in payload_formats()}
            self.types[content["id"]] = formats[content["type"]]
        return httpx.Response(201)

    def _show(self, device_id: str, what: str, query: Mapping[str, str]) -> httpx.Response:
        if device_id not in self.devices and device_id not in self.types:
            return httpx.Response(404)
        messages = self.devices[device_id].messages
        if what == "data":
            items = [item for message in messages for item in self._values(device_id, message)]
        else:
            items = [_shown(message) | self._decoded(device_id, message) for message in messages]
        # Small pages, so that there are several.
        start = int(query.get("cursor", 0))
        page: dict[str, Any] = {what: items[start : start + 3]}
        if start + 3 < len(items):
            page["next_cursor"] = str(start + 3)
        return httpx.Response(200, json=page)

    def _decoded(self, device_id: str, message: StoredMessage) -> dict[str, Any]:
        sample = self._sample(device_id, message)
        if sample is None or self.flaw is Flaw.DECODES_NOTHING:
            return {}
        return {"decoded_payload": sample.decoded}

    def _values(self, device_id: str, message: StoredMessage) -> list[dict[str, Any]]:
        sample = self._sample(device_id, message)
        if sample is None or self.flaw is Flaw.LOSES_VALUES:
            return []
        time = _rfc3339(message.time / 1000)
        return [{"time": time, "variable": name, "value": value} for name, value in sample.data.items()]

    def _sample(self, device_id: str, message: StoredMessage) -> Sample | None:
        samples = self.types[device_id].samples if device_id in self.types else ()
        if self.flaw is Flaw.DECODES_WRONG and samples:
            return samples[0]
        return next((sample for sample in samples if sample.payload == message.payload), None)

    def _tell(self, device: FakeDevice, query: Mapping[str, str]) -> httpx.Response:
        start, limit = int(query.get("cursor", 0)), int(query["limit"])
        lives = [_told(downlink) for downlink in reversed(device.lives)]
        if self.flaw is Flaw.TELLS_TWICE:
            lives += lives
        page: dict[str, Any] = {"downlinks": lives[start : start + limit]} if lives else {}
        if start + limit < len(lives):
            page["next_cursor"] = str(start + limit)
        return httpx.Response(200, json=page)


def read_messages(request: httpx.Request) -> list[dict[str, str]]:
    """Reads a callback of any template."""
    query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    body = request.content.decode()
    if request.headers.get("Content-Type") == "application/x-www-form-urlencoded":
        query |= dict(parse_qsl(body, keep_blank_values=True))
    elif body:
        document = json.loads(body)
        if isinstance(document, list):
            items = {item["variable"]: item.get("value", "") for item in document}
            return [items | {"time": document[0]["serie"]}]
        query |= {name: _text(value) for name, value in document.items()}
    if "id" in query:
        query["device"] = query["id"]
    if "pattern" not in query:
        return [query]
    names = query["pattern"].split(";")
    return [dict(zip(names, line.split(";"), strict=True)) for line in query["batch"].split("\n")]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _accepted(ids: list[str]) -> httpx.Response:
    return httpx.Response(200, json={}, headers={"X-Downlink-Ids": ",".join(ids)})


def _told(downlink: FakeDownlink) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": downlink.id,
        "state": downlink.state,
        "attempt": downlink.attempt,
        "frm_payload": base64.b64encode(bytes.fromhex(downlink.payload)).decode(),
        "history": [_told_step(step) for step in downlink.steps],
    }
    if downlink.steps[-1].state == "unacknowledged":
        told["outcome"] = "handed to Sigfox, outcome unknown"
    return told


def _told_step(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {"state": step.state, "attempt": step.attempt, "at": _rfc3339(step.at)}
    if step.uplink is not None:
        told["uplink"] = {"time": _rfc3339(step.uplink[0]), "seq_number": step.uplink[1]}
    if step.info_code is not None:
        told["info_code"] = step.info_code
    return told


def _shown(message: StoredMessage) -> dict[str, Any]:
    told = {"time": _rfc3339(message.time / 1000), "payload": message.payload or None}
    return told | {"seq_number": message.seq_number}


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


class _NoWatch:
    def warming_up(self) -> None:
        pass

    def begin(self, messages: int) -> None:
        pass

    def message_done(self, simulated_s: float, requests: int) -> None:
        pass

    def settling(self, devices: int) -> None:
        pass

    def awaiting_webhooks(self) -> None:
        pass

    def recovering(self) -> None:
        pass


def simulated(bundle: FakeBundle, scenario: Scenario) -> Outcome:
    """Plays a scenario against a bundle in memory."""

    async def play() -> Outcome:
        async with bundle.client as client:
            return await simulate(scenario, bundle.target, client, bundle.wall, _NoWatch())

    return asyncio.run(play())
