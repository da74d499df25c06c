"""Bodies that come with `Content-Encoding: gzip`, on every kind of route."""

import gzip
import json
from typing import Any

import pytest

from sigbridge.devices import register_device
from tests.functional.conftest import Invoke, Stored
from tests.functional.lambdas import Answer, Event, call, event
from tests.functional.management import management_event

GZIP = {"content-encoding": "gzip", "content-type": "application/json"}


def packed(name: str, body: object, encoding: str = "gzip") -> Event:
    """An event whose body is packed."""
    content = gzip.compress(json.dumps(body).encode())
    return event(name, body=content, headers=GZIP | {"content-encoding": encoding})


def create_device(key: str, body: object, encoding: str = "gzip") -> Answer:
    """Makes a device by the management API with a packed body."""
    sent = packed("uplink.json", body, encoding)
    headers = sent["headers"] | {"authorization": key}
    request = management_event("POST", "/v1/devices", {}, sent["body"], headers)
    return call("management", request | {"isBase64Encoded": True}, key)


def test_a_packed_uplink_is_stored(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("uplink", packed("uplink.json", {"device": "1A2B45", "data": "00ff"}))

    assert answer.status == 200
    [message] = stored("DEVICE#demo#1A2B45", "MSG#")
    assert message["payload"] == "00ff"


def test_a_packed_push_is_queued(invoke: Invoke) -> None:
    register_device("demo", "153FA")
    body = {"downlinks": [{"frm_payload": "AQIDBAUGBwg="}]}

    assert invoke("queue_push", packed("queue_push.json", body)).status == 200
    assert invoke("queue_list", event("queue_list.json")).json["downlinks"]


def test_the_management_api_reads_packed_bodies(key: str) -> None:
    answer = create_device(key, {"id": "77AA", "name": "door"})

    assert answer.status == 201
    assert answer.json["name"] == "door"


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [("br", {"device": "1A"}, 415), ("gzip, gzip", {"device": "1A"}, 415), ("gzip", " " * 60_000, 413)],
)
def test_what_is_not_read_is_refused_in_the_words_of_the_route(
    encoding: str, body: Any, status: int, key: str, invoke: Invoke, stored: Stored
) -> None:
    before = stored()

    ingest = invoke("uplink", packed("uplink.json", body, encoding))
    queue = invoke("queue_push", packed("queue_push.json", body, encoding))
    management = create_device(key, body, encoding)

    assert ingest.status == management.status == status
    assert ingest.json["status"] is False
    assert queue.status == 400
    assert queue.error["name"] in {"content_encoding", "request_body_too_large", "invalid_input"}
    assert stored() == before


def test_the_limit_of_what_arrives_holds_for_packed_bodies_too(invoke: Invoke) -> None:
    request = packed("uplink.json", {"device": "1A"})
    oversized = request | {"body": "A" * 4 * (512 * 1024 // 3 + 1)}

    assert invoke("uplink", oversized).status == 413
