"""Callbacks that Sigfox could not deliver, as its API would list them."""

import base64
from collections.abc import Mapping
from typing import Any

from sigbridge.api.ingest.recovered import replay_callback
from sigbridge.model.sigfox_connection import ConnectionState, SigfoxConnection
from sigbridge.provisioning.replay import Replayed
from sigbridge.sigfox.rest.undelivered import read_undelivered
from tests.functional.lambdas import PLACEHOLDER_KEY, Event

BASE_URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
GROUP = "5a1b2c3d4e5f60718293a4b6"
TYPE = "5a1b2c3d4e5f60718293a4b7"


def connected(base_url: str = BASE_URL) -> SigfoxConnection:
    """How `demo` is connected."""
    return SigfoxConnection("demo", "login", GROUP, base_url, 0, ConnectionState.CONNECTED, 0)


def undelivered(request: Event, key: str, base_url: str = BASE_URL) -> dict[str, Any]:
    """What Sigfox would list of a callback, had the request of this event not been answered."""
    query = f"?{request['rawQueryString']}" if request.get("rawQueryString") else ""
    body = request.get("body")
    if request.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    callback = {
        "url": (base_url + request["rawPath"] + query).replace(PLACEHOLDER_KEY, key),
        "headers": {name: value.replace(PLACEHOLDER_KEY, key) for name, value in request["headers"].items()},
        "body": body,
        "contentType": request["headers"].get("content-type"),
        "method": request["requestContext"]["http"]["method"],
        "error": "Connection refused",
    }
    return entry_of(callback)


def entry_of(callback: Mapping[str, Any], time: int | None = None) -> dict[str, Any]:
    """An entry of the list of a group."""
    return {
        "device": "153FA",
        "deviceType": TYPE,
        "time": time,
        "status": "600",
        "message": "Connection refused",
        "callback": dict(callback),
    }


def replay(entry: Mapping[str, Any], connection: SigfoxConnection | None = None) -> Replayed:
    """Have an entry recovered."""
    callback = read_undelivered(entry)
    assert callback is not None
    return replay_callback(connection or connected(), callback)
