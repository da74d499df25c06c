"""What real senders were seen to write, and what must come of it. Each case names its source.

The `*.jsonl` files beside this one hold the cases, a kind each; all ids in them are made up. Placeholders:
`{DEV}` a Sigfox device, `{EUI}` an EUI-64, `{ADDR}` and `{ROWN}` other ids, `{DEV_LC}`, `{EUI_LC}` in
lower case, `{APP}` the application, `{KEY}` its key, `{MAPPED_KEY}` one with an Additional Parameter,
`{RND}` digits, `{NOW}` the present in epoch seconds, with an offset as in `{NOW-90}`.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from sigbridge.clock import now_ms
from sigbridge.credentials import authenticate, issue_key
from sigbridge.credentials.authentication import forget_cached_keys
from sigbridge.model.api_key import Right
from tests.functional.lambdas import Answer, Event, handler, send

CASES = [
    json.loads(line)
    for file in sorted(Path(__file__).parent.glob("*.jsonl"))
    for line in file.read_text().splitlines()
]
WEBHOOK = r"(/webhooks/(?P<webhook_id>[^/]+))?"
QUEUE = rf"/api/v3/as/applications/(?P<application_id>[^/]+){WEBHOOK}/devices/(?P<device_id>[^/]+)"
ROUTES = (
    (r"/uplink", "uplink"),
    (r"/uplink/batch", "batch_uplink"),
    (r"/downlink", "bidir_downlink"),
    (r"/sigfox/(?P<service>[^/]+)", "sigfox_service"),
    (QUEUE + "/down", "queue_list"),
    (QUEUE + "/state", "device_api"),
    (QUEUE + "/down/push", "queue_push"),
    (QUEUE + "/down/replace", "queue_replace"),
    (r"/v1/.*", "management"),
)
# Of the functions of these cases one alone asks which of its routes was called.
STATE = "/api/v3/as/applications/{application_id}/devices/{device_id}/state"
MAPPING = "serial=devaddr;payload=data;port=fport"
MAPPING_OF_NETWORK = "serial=meta.device;payload=params.payload;port=params.port;time=meta.time"


@dataclass
class World:
    """The application that a case is played against, and what its placeholders stand for."""

    key: str
    mapped_key: str
    names: dict[str, str]
    seconds: int = field(default_factory=lambda: now_ms() // 1000)

    def send(self, request: Mapping[str, Any]) -> Answer:
        """Send a request of a case."""
        filled = json.loads(self._fill(json.dumps({**request, "body": None, "query": None})))
        query = request.get("query") or ""
        if isinstance(query, dict):
            query = urlencode({name: self._fill(value) for name, value in query.items()}, quote_via=quote)
        return self._call(
            filled["method"], filled["path"], self._fill(query), filled["headers"], self._body(request)
        )

    def ask(self, path: str) -> Any:
        """Read something back."""
        answer = self._call("GET", path, "", {"Authorization": self.key}, None)
        assert answer.status == 200, (path, answer)
        return json.loads(answer.text or "null")

    def _body(self, request: Mapping[str, Any]) -> bytes | None:
        body = request.get("body")
        if body is None:
            return None
        if isinstance(body, dict) and list(body) == ["base64"]:
            return base64.b64decode(body["base64"])
        if isinstance(body, dict) and list(body) == ["gzip"]:
            return gzip.compress(self._fill(body["gzip"]).encode())
        return self._fill(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()

    def _fill(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        seconds = self.seconds
        text = re.sub(r'"\{NOW([+-]\d+)?\}"', lambda found: str(seconds + int(found[1] or 0)), text)
        return re.sub(r"\{NOW([+-]\d+)?\}", lambda found: str(seconds + int(found[1] or 0)), text)

    def _call(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        function, variables = route(path)
        request: Event = {
            "version": "2.0",
            "routeKey": f"{method} {STATE}",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {name.lower(): value for name, value in headers.items()},
            "pathParameters": variables,
            "requestContext": {
                "requestId": "public-case",
                "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
                "stage": "$default",
            },
            "isBase64Encoded": body is not None,
        }
        if body is not None:
            request["body"] = base64.b64encode(body).decode()
        return send(handler(function), request, function)


def route(path: str) -> tuple[str, dict[str, str]]:
    """Find the function that answers a path, and the path's variables."""
    for pattern, function in ROUTES:
        found = re.fullmatch(pattern, path)
        if found:
            return function, {name: value for name, value in found.groupdict().items() if value is not None}
    raise LookupError(path)


def mapped_key(case: Mapping[str, Any]) -> str:
    """Make a key whose Additional Parameter fits the sender of a case."""
    body = case["request"].get("body")
    mapping = MAPPING_OF_NETWORK if isinstance(body, dict) and "meta" in body else MAPPING
    mapping = case.get("mapping", mapping)
    return str(issue_key("demo", "mapped", Right, additional_parameter=mapping).token)


@pytest.fixture
def world(key: str) -> World:
    authenticate(key)
    forget_cached_keys()
    names = {
        "DEV": "C5A0B1",
        "DEV_LC": "c5a0b1",
        "EUI": "70B3D5A1C2E30401",
        "EUI_LC": "70b3d5a1c2e30401",
        "ADDR": "260B41A7",
        "ROWN": "1000042",
        "RND": "4711",
        "APP": "demo",
        "KEY": key,
    }
    return World(key, "", names)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_public_case(case: Mapping[str, Any], world: World) -> None:
    if "{MAPPED_KEY}" in json.dumps(case["request"]):
        world.names["MAPPED_KEY"] = mapped_key(case)
    expected = case["expected"]
    for request in case.get("before") or ():
        assert world.send(request).status in {200, 204}
    answer = world.send(case["request"])
    statuses = expected["status"] if isinstance(expected["status"], list) else [expected["status"]]
    assert answer.status in statuses, answer
    if "answer" in expected:
        assert_holds(json.loads(answer.text or "null"), filled(world, expected["answer"]), "answer")
    if "not_answer" in expected:
        assert json.loads(answer.text or "null") != filled(world, expected["not_answer"])
    if answer.status < 300:
        assert_device(world, expected)
    if "queue" in expected:
        path = f"/api/v3/as/applications/demo/devices/{world.names['DEV_LC']}/down"
        queued = world.ask(path).get("downlinks", [])
        assert [base64.b64decode(item["frm_payload"]).hex() for item in queued] == expected["queue"]


READ_BACK = frozenset(
    ("newest", "all", "messages", "no_location", "absent_variables", "state", "device", "warned")
)


def assert_device(world: World, expected: Mapping[str, Any]) -> None:
    """Check what was stored of a case's device."""
    if READ_BACK.isdisjoint(expected):
        return
    device = filled(world, expected.get("device", "{DEV}"))
    messages = world.ask(f"/v1/devices/{device}/messages")["messages"]
    if "messages" in expected:
        assert len(messages) == expected["messages"]
    for wanted in expected.get("all", ()):
        assert any(holds(message, filled(world, wanted)) for message in messages), (wanted, messages)
    if "newest" in expected:
        assert_holds(messages[0], filled(world, expected["newest"]), "newest")
    if expected.get("no_location"):
        assert "location" not in messages[0]
    if "warned" in expected:
        assert [warning["field"] for warning in messages[0]["warnings"]] == expected["warned"]
    variables = {variable["variable"] for message in messages for variable in message["variables"]}
    assert variables.isdisjoint(expected.get("absent_variables", ()))
    if "state" in expected:
        path = f"/api/v3/as/applications/demo/devices/{device.lower()}/state"
        assert_holds(world.ask(path), filled(world, expected["state"]), "state")


def filled[T](world: World, content: T) -> T:
    """Fill the placeholders of what is expected."""
    result: T = json.loads(world._fill(json.dumps(content)))
    return result


def assert_holds(found: Any, expected: Any, where: str) -> None:
    """Check that what is expected is there, whatever else is."""
    if isinstance(expected, dict):
        if where.endswith("variables") and isinstance(found, list):
            found = {variable["variable"]: variable["value"] for variable in found}
        for name, value in expected.items():
            assert isinstance(found, dict), (where, found)
            if value is None:
                assert found.get(name) is None, f"{where}.{name}: {found[name]!r}"
                continue
            assert name in found, f"{where}.{name} is missing in {found}"
            assert_holds(found[name], value, f"{where}.{name}")
    elif isinstance(expected, float):
        assert Decimal(str(found)) == Decimal(str(expected)), where
    else:
        assert found == expected, f"{where}: {found!r}"


def holds(found: Any, expected: Any) -> bool:
    """Tell whether what is expected is there."""
    try:
        assert_holds(found, expected, "all")
    except AssertionError:
        return False
    return True
