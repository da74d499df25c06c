"""The Lambda functions, called as API Gateway calls them."""

import base64
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from sigbridge.api.http.endpoint import LambdaHandler

ROOT = Path(__file__).parents[2]
PLACEHOLDER_KEY = "sbk_demo"

type Event = dict[str, Any]


class _AsInFile:
    """Stands for: leave this part of the event as its file has it."""


AS_IN_FILE = _AsInFile()


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about itself."""

    function_name: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:sigbridge"
    aws_request_id: str = "9b1e3a6c-0000-4000-8000-000000000000"
    remaining_ms: int = 55_000

    def get_remaining_time_in_millis(self) -> int:
        """How much of the function's time is left."""
        return self.remaining_ms


@dataclass(frozen=True)
class Answer:
    """What API Gateway would send back."""

    status: int
    text: str | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        assert self.headers["Content-Type"] == "application/json"
        assert self.text is not None
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        """The error of The Things Stack's form: the detail that names it."""
        content = self.json
        assert set(content) == {"code", "message", "details"}
        [details] = content["details"]
        assert details["code"] == content["code"]
        return dict(details)


# Operations that share a function; every other one has the function of its name.
_OF_A_DEVICE = (
    "queue_delete",
    "downlink_show",
    "downlink_history",
    "device_state",
    "storage_application",
    "storage_device",
)
_FUNCTION_OF = dict.fromkeys(_OF_A_DEVICE, "device_api")


@cache
def handler(operation: str) -> LambdaHandler:
    """The `lambda_handler` of an operation, from its folder in `functions/`."""
    function = _FUNCTION_OF.get(operation, operation)
    spec = importlib.util.spec_from_file_location(
        f"functions_{function}", ROOT / "functions" / function / "app.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded: LambdaHandler = module.lambda_handler
    return loaded


def call(function: str, request: Event, key: str) -> Answer:
    """Calls a function with an event, in which `key` takes the place of the placeholder."""
    prepared: Event = json.loads(json.dumps(request).replace(PLACEHOLDER_KEY, key))
    return send(handler(function), prepared, function)


def send(handle: LambdaHandler, request: Event, function: str) -> Answer:
    """Hands an event to a handler as it is."""
    answer = handle(request, Context(function))  # type: ignore[arg-type]
    json.dumps(answer)
    return Answer(answer["statusCode"], answer.get("body"), answer.get("headers", {}))


def event(
    name: str,
    *,
    body: object = AS_IN_FILE,
    headers: Mapping[str, str | None] | None = None,
    query: str | Mapping[str, str] | _AsInFile = AS_IN_FILE,
    path: Mapping[str, str] | None = None,
    method: str | None = None,
) -> Event:
    """Reads an event of `events/` and changes it where asked.

    Args:
        name: Name of the file.
        body: Another body: text as it is, bytes in base64 as API Gateway hands over what is not text,
            None for no body, anything else as JSON.
        headers: Headers to set, or to leave out where None.
        query: Another query, as text or as variables.
        path: Path variables to set.
        method: Another method.
    """
    request: Event = json.loads((ROOT / "events" / name).read_text())
    if not isinstance(body, _AsInFile):
        _set_body(request, body)
    for header, value in (headers or {}).items():
        request["headers"].pop(header.lower(), None)
        if value is not None:
            request["headers"][header.lower()] = value
    if not isinstance(query, _AsInFile):
        _set_query(request, query if isinstance(query, str) else urlencode(query, quote_via=quote))
    if path is not None:
        request["pathParameters"] = request.get("pathParameters", {}) | path
    if method is not None:
        request["requestContext"]["http"]["method"] = method
    return request


def _set_body(request: Event, body: object) -> None:
    request["isBase64Encoded"] = isinstance(body, bytes)
    if isinstance(body, bytes):
        request["body"] = base64.b64encode(body).decode()
    elif body is None:
        request.pop("body", None)
    else:
        request["body"] = body if isinstance(body, str) else json.dumps(body)


def _set_query(request: Event, query: str) -> None:
    request["rawQueryString"] = query
    request.pop("queryStringParameters", None)
    if query:
        request["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
