"""What Swagger UI fills in works at once on a stack on which the demonstration was played."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from openapi.fragments import EXAMPLE_DEVICE
from openapi.management_examples import BODY_EXAMPLES, PATH_EXAMPLES
from sigbridge.api.openapi.routes import DOCUMENT
from sigbridge.formatters import scripts
from sigbridge.webhooks import checking, trial
from sigbridge.webhooks.posting import Outcome
from sigbridge_local.demonstration import scenes
from sigfox_simulator.sigfox_api import SigfoxBackend
from tests.functional.lambdas import Answer, Context, call, handler
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.sigfox_api import CONTRACT, GROUP

DESCRIBED: dict[str, Any] = json.loads(DOCUMENT.read_text())

# Operations whose example is refused with 404, and why.
ONLY_AFTER_ANOTHER: Mapping[str, str] = {
    "get_downlink": "the server makes the id when a downlink is pushed",
    "delete_downlink": "the server makes the id when a downlink is pushed",
    "get_formatter": "no formatter is made before it is put, which comes further down the page",
    "get_sigfox_device": "a job imports what Sigfox knows",
    "get_sigfox_drift": "a dry run connects nothing",
    "get_job": "the server makes the id when a job is ordered",
    "list_job_errors": "the server makes the id when a job is ordered",
    "delete_job": "the server makes the id when a job is ordered",
    "update_key": "the server makes the id when a key is made",
    "delete_key": "the server makes the id when a key is made",
}
# With 409.
NOTHING_TO_DO: Mapping[str, str] = {"redecode_messages": "the page's formatter is no script"}


FUNCTIONS = {
    "/uplink": "uplink",
    "/uplink/batch": "batch_uplink",
    "/downlink": "bidir_downlink",
    "/sigfox/{service}": "sigfox_service",
    "push": "queue_push",
    "replace": "queue_replace",
    "down": "queue_list",
}


@dataclass(frozen=True)
class Prefilled:
    """A request as Swagger UI fills it in.

    Attributes:
        id: Of the operation.
        method, route, path, query, headers, body: The request.
    """

    id: str
    method: str
    route: str
    path: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    body: str | None


def prefilled() -> Iterator[Prefilled]:
    """One request for each operation and media type, in the order of the page."""
    for route, methods in DESCRIBED["paths"].items():
        for method, operation in methods.items():
            contents = operation.get("requestBody", {}).get("content", {None: {}})
            for media_type, content in contents.items():
                yield _request(method.upper(), route, operation, media_type, content)


def _request(
    method: str, route: str, operation: Any, media_type: str | None, content: Mapping[str, Any]
) -> Prefilled:
    filled: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", ()):
        value = parameter.get("example", parameter["schema"].get("default"))
        if value is not None:
            values = value if isinstance(value, dict) else {parameter["name"]: value}
            filled[parameter["in"]] |= values
    headers = filled["header"] | ({"content-type": media_type} if media_type else {})
    return Prefilled(
        id=operation["operationId"],
        method=method,
        route=route,
        path=filled["path"],
        query=urlencode(filled["query"], doseq=True),
        headers=headers,
        body=None if media_type is None else _body(media_type, content),
    )


def _body(media_type: str, content: Mapping[str, Any]) -> str:
    examples = [example["value"] for example in content.get("examples", {}).values()]
    example = content["example"] if "example" in content else examples[0]
    if media_type == "application/x-www-form-urlencoded":
        return urlencode(example)
    return example if isinstance(example, str) else json.dumps(example)


def sent(
    key: str, method: str, route: str, path: str, query: str, headers: Mapping[str, str], body: str | None
) -> Answer:
    """Sends a request to the function of its route."""
    last = route.rpartition("/")[2]
    of_last = FUNCTIONS.get(last, "device_api") if route.startswith("/api/") else "management"
    function = FUNCTIONS.get(route, of_last)
    event = {
        "version": "2.0",
        "routeKey": f"{method} {route}" if function != "management" else "ANY /v1/{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"authorization": f"Bearer {key}", **headers},
        "pathParameters": _path_variables(route, path),
        "requestContext": {
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    return call(function, event if body is None else {**event, "body": body}, key)


def _path_variables(route: str, path: str) -> dict[str, str]:
    steps = zip(route.split("/"), path.split("/"), strict=True)
    return {name[1:-1]: value for name, value in steps if name.startswith("{")}


@pytest.fixture
def played(
    management: Management,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    sigfox_backend: SigfoxBackend,
    sigfox_api_url: str,  # noqa: ARG001 - nobody else is asked
) -> Management:
    """The application on which the demonstration was played, its scripts in this process.

    It is connected to Sigfox, where its devices are.
    """
    credentials = BODY_EXAMPLES["update_sigfox_connection"]
    sigfox_backend.users[credentials["login"]] = credentials["password"]
    sigfox_type = str(PATH_EXAMPLES["sigfox_type_id"])
    sigfox_backend.add_device_type(GROUP, sigfox_type, "Cold rooms", CONTRACT)
    for id_ in (EXAMPLE_DEVICE, str(BODY_EXAMPLES["replace_sigfox_device"]["target_device_id"])):
        sigfox_backend.add_device(sigfox_type, id_, "AABBCCDDEEFF0011")
    assert management.put("/v1/sigfox", credentials).status == 200
    run: Any = handler("formatter")
    monkeypatch.setattr(scripts, "invoke", lambda _, event, **__: run(event, Context("formatter")))
    # Nobody answers at the page's example of a webhook, which its reader replaces.
    monkeypatch.setattr(checking, "resolve", lambda *_: ["93.184.216.34"])
    monkeypatch.setattr(trial, "post", lambda *_, **__: Outcome(200, "answered 200"))
    for scene in scenes("demo", clock.seconds):
        if scene.path.endswith("/downlinks"):
            continue  # The history follows the change stream, which is not here.
        route = re.sub("/demo/devices/[^/]+", "/{application_id}/devices/{device_id}", scene.path)
        route = "/sigfox/{service}" if route.startswith("/sigfox/") else route
        body = None if scene.body is None else json.dumps(scene.body)
        headers = {"content-type": "application/json"} if body else {}
        answer = sent(management.key, scene.method, route, scene.path, urlencode(scene.query), headers, body)
        assert answer.status < 300, (scene.title, answer.text)
    return management


def test_what_the_pages_fill_in_works_at_once(played: Management) -> None:
    """All are sent in the order of the page; what deletes comes last, a device's end as the very last."""
    requests = sorted(prefilled(), key=lambda each: (each.method == "DELETE", each.id == "delete_device"))
    refused = {}
    for each in requests:
        path = each.route.format(**{name: quote(str(value)) for name, value in each.path.items()})
        answer = sent(played.key, each.method, each.route, path, each.query, each.headers, each.body)
        if answer.status >= 400:
            refused[each.id] = (answer.status, answer.text)

    expected = dict.fromkeys(ONLY_AFTER_ANOTHER, 404) | dict.fromkeys(NOTHING_TO_DO, 409)
    assert {id_: status for id_, (status, _) in refused.items()} == expected, refused


def test_no_header_is_filled_in() -> None:
    filled = [each for each in prefilled() if each.headers.keys() - {"content-type"}]

    assert filled == []
