"""Bodies of the management API: every route that takes one takes JSON, and nothing that looks like it."""

import json
from typing import Any

import pytest

from sigbridge.api.openapi.routes import DOCUMENT
from tests.functional.management import Management

JSON = "application/json"
IN_PATH = {
    "device_id": "153FA",
    "type_id": "tracker",
    "key_id": "abcdefghijklmnop",
    "key": "interval",
    "formatter_id": "climate",
    "webhook_id": "my-server",
    "sigfox_type_id": "5a1b2c3d4e5f60718293a4b7",
}


def routes_with_json() -> list[tuple[str, str]]:
    """Method and path of each route whose body must be JSON."""
    paths: dict[str, dict[str, Any]] = json.loads(DOCUMENT.read_text())["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/v1/") and list(operation.get("requestBody", {}).get("content", ())) == [JSON]
    ]


@pytest.mark.parametrize(("method", "path"), routes_with_json())
@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/jsonp",
    ],
)
def test_a_body_of_another_type_is_refused(
    management: Management, method: str, path: str, content_type: str
) -> None:
    answer = management.request(method, path.format(**IN_PATH), {}, "{}", {"content-type": content_type})

    assert answer.status == 415
    assert answer.json == {"status": False, "message": "The body must be application/json"}


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", ""])
def test_json_is_read_however_its_type_is_written(management: Management, content_type: str) -> None:
    body = '{"name": "Garden"}'
    answer = management.request("PATCH", "/v1/application", {}, body, {"content-type": content_type})

    assert answer.json["name"] == "Garden"
