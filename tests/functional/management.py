"""The management API as its users call it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.functional.lambdas import Answer, Event, call


@dataclass(frozen=True)
class Management:
    """Calls routes of the management API with a key.

    Attributes:
        key: The key.
    """

    key: str

    def get(self, path: str, /, **query: object) -> Answer:
        return self.request("GET", path, query)

    def post(self, path: str, body: object = None, /, **query: object) -> Answer:
        return self.request("POST", path, query, body)

    def put(self, path: str, body: object = None, /) -> Answer:
        return self.request("PUT", path, {}, body)

    def patch(self, path: str, body: object = None, /) -> Answer:
        return self.request("PATCH", path, {}, body)

    def delete(self, path: str, /, **query: object) -> Answer:
        return self.request("DELETE", path, query)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Calls a route; a body that is no text is sent as JSON, a query value may be a list."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        sent = {"authorization": f"Bearer {self.key}"} | (
            {"content-type": "application/json"} if text else {}
        )
        event = management_event(method, path, query or {}, text, sent | dict(headers or {}))
        return call("management", event, self.key)


def management_event(
    method: str, path: str, query: Mapping[str, object], body: str | None, headers: Mapping[str, str]
) -> Event:
    """Makes the event that API Gateway makes of a request."""
    values = {name: value if isinstance(value, list) else [value] for name, value in query.items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": path,
        "rawQueryString": urlencode(values, doseq=True),
        "headers": dict(headers),
        "requestContext": {
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": False,
    }
    if values:
        event["queryStringParameters"] = {name: ",".join(map(str, value)) for name, value in values.items()}
    if body is not None:
        event["body"] = body
    return event
