"""Wherever a request holds a key, nobody reads it in a log, in an answer or in the table."""

import gzip
import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.model.api_key import Right
from sigbridge.telemetry import logger
from tests.functional.conftest import Stored
from tests.functional.lambdas import Answer, Event, call, event
from tests.functional.management import management_event
from tests.unit.test_events import EVENTS, OF_THE_API

JSON = {"content-type": "application/json"}
KEY = "{KEY}"

# Function of each route, as `template.yaml` names it and as its folder is called.
FUNCTIONS = {
    "POST /uplink": "uplink",
    "GET /uplink": "uplink",
    "POST /uplink/batch": "batch_uplink",
    "GET /uplink/batch": "batch_uplink",
    "POST /downlink": "bidir_downlink",
    "GET /downlink": "bidir_downlink",
    "POST /sigfox/{service}": "sigfox_service",
    "GET /sigfox/{service}": "sigfox_service",
}


def function_of(name: str) -> str:
    """The function that an event of `events/` is for."""
    route = EVENTS[name]["routeKey"]
    if "/v1/" in route:
        return "management"
    return FUNCTIONS.get(route) or (
        name.removesuffix("_as").removesuffix("_decoded").replace("clear", "replace")
    )


spellings = st.sampled_from(
    [
        "{KEY}",
        "Bearer {KEY}",
        "a {KEY}, and more",
        "x{KEY}",
        "{KEY}y",
        "https://api.example.com/uplink?authorization={KEY}&x=1",
        '"{KEY}"',
        "{CAPITALS}",
        "{CUT}",
        "{PERCENT}",
    ]
)
names = st.sampled_from(
    ["device", "data", "time", "temperature", "station", "pattern", "batch", "name", "x", KEY]
)
headers = st.sampled_from(
    ["device", "content-type", "idempotency-key", "accept", "user-agent", "x-api-key", KEY]
)
places = st.one_of(
    st.tuples(st.just("header"), headers),
    st.tuples(
        st.just("query"), names | st.sampled_from(["Authorization", "AUTHORIZATION", "limit", "cursor"])
    ),
    st.tuples(st.just("path"), st.integers(0, 2)),
    st.tuples(st.just("field"), names),
    st.tuples(st.just("inner"), names),
    st.tuples(st.just("escaped"), names),
    st.tuples(st.just("text"), st.just("")),
    st.tuples(st.just("packed"), names),
)


def read_body(request: Event) -> Any:
    """The JSON of a request, or an object where it has another body."""
    try:
        return json.loads(request["body"])
    except (KeyError, ValueError):
        return {"device": "153FA"}


def with_field(body: Any, name: str, value: object) -> Any:
    """The body with one field more in every object that is no list's."""
    if isinstance(body, list):
        return [with_field(item, name, value) for item in body]
    return body | {name: value} if isinstance(body, dict) else body


def put(request: Event, place: str, where: Any, text: str) -> Event:
    """Puts a text somewhere into a request."""
    match place:
        case "header":
            return request | {"headers": request["headers"] | {where: text}}
        case "query":
            # The first one of a name counts.
            query = f"{quote(where)}={quote(text)}&{request['rawQueryString']}".rstrip("&")
            variables = {where: text} | request.get("queryStringParameters", {})
            return request | {"rawQueryString": query, "queryStringParameters": variables}
        case "path":
            return with_path(request, where, text)
        case "text":
            return request | {"body": text, "isBase64Encoded": False}
    field = {"inner": {"deeper": [text, {text: 1}]}}.get(place, text)
    body = with_field(read_body(request), where, field)
    written = json.dumps(body)
    if place == "escaped":
        written = written.replace("sbk_", "\\u0073bk\\u005f")
    changed = request | {"headers": request["headers"] | JSON, "body": written, "isBase64Encoded": False}
    if place == "packed":
        whole = event("uplink.json", body=gzip.compress(written.encode(), 1))
        changed |= {"body": whole["body"], "isBase64Encoded": True}
        changed["headers"] = changed["headers"] | {"content-encoding": "gzip"}
    return changed


def with_path(request: Event, position: int, text: str) -> Event:
    """Puts a text in place of a variable of the path, or of a part of it where Powertools reads it."""
    variables = request.get("pathParameters", {})
    if not variables:
        return request
    name = list(variables)[position % len(variables)]
    if name != "proxy":
        return request | {"pathParameters": variables | {name: text}}
    parts = request["rawPath"].split("/")
    parts = [*parts[:2], *[*parts[2:], "devices", "153FA"][: position + 1], quote(text)]
    return request | {"rawPath": "/".join(parts), "pathParameters": {"proxy": "/".join(parts[2:])}}


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the functions log, line by line."""
    stream = StringIO()
    handler = logger.registered_handler
    before = handler.setStream(stream)  # type: ignore[attr-defined]
    yield stream
    handler.setStream(before)  # type: ignore[attr-defined]


def read_out(log: StringIO) -> str:
    """What was logged since it was asked last."""
    text = log.getvalue()
    log.seek(0)
    log.truncate()
    return text


type Leaked = Callable[[str, Event], str]


@pytest.fixture
def leaked(key: str, log: StringIO, capfd: pytest.CaptureFixture[str], stored: Stored) -> Iterator[Leaked]:
    """Calls a function with another key that is somewhere in its request, and tells where that one shows."""
    register_device("demo", "153FA")
    other = str(issue_key("demo", "elsewhere", Right).token)
    secret = other.split("_")[2]
    forms = {
        "{KEY}": other,
        "{CAPITALS}": other.upper(),
        "{CUT}": other[:-7],
        "{PERCENT}": other.replace("_", "%5F"),
    }

    def leaked(function: str, request: Event) -> str:
        text = json.dumps(request)
        for placeholder, form in forms.items():
            text = text.replace(placeholder, form)
        answer: Answer = call(function, json.loads(text), key)
        assert answer.status < 500
        told = {
            "answer": f"{answer.text} {answer.headers}",
            "log": read_out(log),
            "output": "".join(capfd.readouterr()),
        }
        return ", ".join(where for where, text in told.items() if secret[:30] in text.lower())

    yield leaked
    # Once, as it takes long: of the items that hold a secret the keys and names are enough to find out why.
    assert [item for item in stored() if secret[:30] in json.dumps(item, default=str).lower()] == []


@given(name=st.sampled_from(OF_THE_API), place=places, text=spellings)
@example(name="uplink", place=("query", "Authorization"), text=KEY)
@example(name="uplink", place=("header", "device"), text=KEY)
@example(name="uplink", place=("escaped", "temperature"), text=KEY)
@example(name="uplink", place=("packed", "temperature"), text=KEY)
@example(name="uplink_form", place=("text", ""), text=f"device=153FA&data=00&temperature={KEY}")
@example(name="uplink_tagoio", place=("inner", "metadata"), text=KEY)
@example(name="bidir_downlink", place=("field", KEY), text=KEY)
@example(name="queue_push", place=("inner", "decoded_payload"), text=KEY)
@example(name="device_state", place=("path", 1), text=KEY)
@example(name="storage_application", place=("path", 0), text=KEY)
@example(name="storage_device", place=("path", 1), text=KEY)
@example(name="sigfox_status", place=("path", 0), text=KEY)
@example(name="management_device", place=("path", 1), text=KEY)
def test_of_a_request_with_a_key_somewhere(
    name: str, place: tuple[str, Any], text: str, leaked: Leaked
) -> None:
    request = put(EVENTS[name], *place, text)

    assert leaked(function_of(name), request) == ""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/devices", {"id": "77AA", "name": KEY, "tags": [{"key": "site", "value": KEY}]}),
        ("PATCH", "/v1/devices/153FA", {"name": f"door {KEY}"}),
        ("PUT", "/v1/devices/153FA/parameters/interval", {"value": KEY}),
        ("PUT", f"/v1/devices/153FA/parameters/{KEY}", {"value": "1"}),
        ("POST", "/v1/device-types", {"id": "door", "name": KEY}),
        ("POST", "/v1/keys", {"name": KEY, "rights": ["devices:read"]}),
        (
            "POST",
            "/v1/keys",
            {"name": "n", "rights": ["devices:read"], "additional_parameter": f"serial={KEY}"},
        ),
        ("POST", "/v1/devices/153FA/data", [{"variable": "level", "value": KEY}]),
        ("PATCH", "/v1/application", {"name": KEY}),
        ("PATCH", f"/v1/keys/{KEY}", {"name": "n"}),
        ("DELETE", f"/v1/keys/{KEY}", None),
    ],
)
def test_of_what_is_managed(method: str, path: str, body: object, leaked: Leaked) -> None:
    text = None if body is None else json.dumps(body)

    assert (
        leaked("management", management_event(method, path, {}, text, JSON | {"authorization": "sbk_demo"}))
        == ""
    )


def test_of_a_line_of_the_log_with_all_that_one_can_have(log: StringIO, key: str) -> None:
    secret = key.split("_")[2]
    try:
        raise ValueError(key)
    except ValueError as failure:
        logger.error(f"it was {key}", extra_field={"deep": [key]}, exc_info=failure)
    logger.info({"message": {key: key}}, where=ValueError(key))

    lines = [json.loads(line) for line in log.getvalue().splitlines()]

    assert len(lines) == 2
    assert "Traceback" in lines[0]["exception"]
    assert secret not in log.getvalue()


def test_of_a_long_text_a_beginning_is_logged_and_told(key: str, log: StringIO) -> None:
    request = event("uplink.json", body={"device": "x" * 3000 + "/"})

    answer = call("uplink", request, key)
    logger.info("m" * 3000, field={"deep": ["f" * 3000]}, other=ValueError("o" * 3000))

    assert answer.status == 400
    for text in (answer.json["message"], *(error["message"] for error in answer.json["errors"])):
        assert len(text) <= 500
    for line in map(json.loads, log.getvalue().splitlines()):
        assert max(len(str(value)) for value in line.values()) <= 520
