"""Sigfox's description as the judge of requests: what it lets pass, and what it finds."""

import json
from typing import Any

import pytest

from sigfox_simulator.sigfox_api.requests import Request
from tests.contract.sigfox_api.judge import violations
from tests.contract.sigfox_api.reduction import HERE, reduced

CALLBACK = {
    "channel": "URL",
    "callbackType": 0,
    "callbackSubtype": 3,
    "enabled": True,
    "url": "https://bridge.example/bidir",
    "httpMethod": "POST",
    "headers": {"Authorization": "Bearer key"},
    "sendSni": True,
    "bodyTemplate": "{}",
    "contentType": "application/json",
}
DEVICE = {"id": "00FF", "name": "Barn", "pac": "A" * 16, "deviceTypeId": "T1"}
CALLBACKS, DEVICES = "/device-types/T1/callbacks", "/devices/"


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in body.items() if each != name}


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", CALLBACKS, {}, CALLBACK),
        Request("PUT", f"{CALLBACKS}/C1", {}, {"sendSni": True, "contentType": None}),
        Request("PUT", f"{CALLBACKS}/C1/enable", {"enabled": "true"}, None),
        Request("PUT", f"{CALLBACKS}/C1/downlink", {}, None),
        Request("POST", DEVICES, {}, DEVICE),
        Request("PUT", "/devices/00FF", {}, {"lat": None}),
        Request("PUT", "/devices/bulk", {"groupId": "G1"}, {"data": [{"id": "00FF", "name": "Barn"}]}),
        Request("GET", DEVICES, {"groupIds": "G1,G2", "deep": "true", "sort": "id", "limit": "100"}, None),
        Request("GET", "/devices/00FF/messages", {"fields": "device(name),ackRequired"}, None),
        Request("PUT", "/device-types/T1", {}, {"downlinkMode": 1, "geolocPayloadConfigId": None}),
    ],
    ids=lambda request: f"{request.method} {request.path}",
)
def test_what_sigfox_describes_passes(request_: Request) -> None:
    assert violations(request_) == []


@pytest.mark.parametrize(
    ("request_", "finding"),
    [
        (Request("POST", CALLBACKS, {}, without(CALLBACK, "url")), "'url' is a required property"),
        (Request("POST", CALLBACKS, {}, CALLBACK | {"channel": "FTP"}), "channel: 'FTP'"),
        (Request("POST", CALLBACKS, {}, CALLBACK | {"httpMethod": "PATCH"}), "httpMethod: 'PATCH'"),
        (Request("POST", CALLBACKS, {}, CALLBACK | {"headers": []}), "headers: []"),
        (Request("POST", CALLBACKS, {}, CALLBACK | {"downlinkHook": True}), "'downlinkHook' was unexpected"),
        (Request("PUT", f"{CALLBACKS}/C1", {}, {"dead": False}), "'dead' was unexpected"),
        (Request("PUT", f"{CALLBACKS}/C1", {}, {"url": None}), "url: None"),
        (Request("PUT", f"{CALLBACKS}/C1/enable", {}, None), "parameter enabled is missing"),
        (Request("PUT", f"{CALLBACKS}/C1/enable", {"enabled": "True"}, None), "parameter enabled is 'True'"),
        (Request("PUT", f"{CALLBACKS}/C1/downlink", {}, {}), "has a body"),
        (Request("POST", DEVICES, {}, without(DEVICE, "pac")), "'pac' is a required property"),
        (Request("POST", DEVICES, {}, DEVICE | {"keep_history": True}), "'keep_history' was unexpected"),
        (Request("PUT", "/devices/00FF", {}, {"pac": "A" * 16}), "'pac' was unexpected"),
        (
            Request("POST", "/devices/bulk/transfer", {}, {"deviceTypeId": "T1", "data": [{"keep": 1}]}),
            "'keep' was unexpected",
        ),
        (Request("GET", "/devices", {}, None), "is no operation"),
        (Request("GET", "/devicetypes/", {}, None), "is no operation"),
        (Request("GET", DEVICES, {"limit": "1000"}, None), "parameter limit is '1000'"),
        (Request("GET", DEVICES, {"limit": "abc"}, None), "parameter limit is 'abc'"),
        (Request("GET", DEVICES, {"sort": "pac"}, None), "parameter sort is 'pac'"),
        (Request("GET", DEVICES, {"group": "G1"}, None), "unknown parameter group"),
        (Request("POST", DEVICES, {}, None), "has no body"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_sigfox_does_not_describe_is_found(request_: Request, finding: str) -> None:
    assert any(finding in each for each in violations(request_))


def test_prose_goes_and_what_is_called_like_it_stays() -> None:
    original = {
        "info": {"title": "API", "version": "2", "description": "Long"},
        "host": "api.example",
        "basePath": "/v2",
        "schemes": ["https"],
        "security": [],
        "definitions": {
            "named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "thing": {
                "allOf": [
                    {"$ref": "#/definitions/named"},
                    {"properties": {"description": {"type": "string", "example": "Big"}}},
                ]
            },
            "createUrlCallback": {},
            "updateUrlCallback": {},
        },
        "paths": {
            "/things/": {
                "parameters": [],
                "post": {
                    "summary": "Make one",
                    "parameters": [
                        {"in": "body", "name": "thing", "schema": {"$ref": "#/definitions/thing"}}
                    ],
                    "responses": {"201": {"description": "Made", "schema": {"$ref": "#/definitions/named"}}},
                },
            }
        },
    }

    document = reduced(original, {"thing": {"properties": {"name": {"x-nullable": True}}}})

    [parameter] = document["paths"]["/things/"]["post"]["parameters"]
    assert parameter["schema"] == {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {"name": {"type": "string", "x-nullable": True}, "description": {"type": "string"}},
    }
    assert list(document["definitions"]) == ["named"]
    assert "Make one" not in json.dumps(document)


def test_what_is_committed_holds_the_overlay() -> None:
    overlay = json.loads((HERE / "overlay.json").read_text())
    document = json.loads((HERE / "description.json").read_text())

    [_, body] = document["paths"]["/device-types/{id}/callbacks"]["post"]["parameters"]
    assert body["schema"]["required"] == overlay["createCallback"]["required"]
    assert "type" not in document["definitions"]["groupErrorMessages"]["properties"]["status"]
