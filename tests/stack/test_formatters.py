"""Payload formatters on the deployed local stack, whose scripts run in processes that a function forks."""

import csv
import io
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sigbridge.applications import create_application
from sigbridge.credentials import issue_key
from sigbridge.model.api_key import Right
from sigbridge_admin.formatter_library import find_example
from sigbridge_local.stack import Stack, configured

SENSIT = find_example("sensit-v3").source
PAYLOAD_PARSER = """
const item = payload.find((each) => each.variable === "payload");
if (item) {
  const bytes = Buffer.from(item.value, "hex");
  payload.push({ variable: "temperature", value: bytes.readInt16BE(0) / 10, unit: "°C" });
}
"""
NEVER_ENDS = (
    "function decodeUplink(input) { if (input.bytes[0] === 1) for (;;) {} return { data: { ok: true } }; }"
)


@dataclass(frozen=True)
class Owner:
    """A device with a type of its own, seen by its owner."""

    api: httpx.Client
    application_id: str
    device: str

    def formats_with(self, kind: str, source: str) -> None:
        """Puts a formatter and has the device's messages read by it, and its downlinks written."""
        formatter = {"kind": kind} | ({"source": source} if source else {})
        assert self.api.put(f"/v1/formatters/{self.name}", json=formatter).status_code == 201
        named = {"id": self.name, "uplink_formatter": self.name, "downlink_formatter": self.name}
        assert self.api.post("/v1/device-types", json=named).status_code == 201
        device = {"id": self.device, "type": self.name}
        assert self.api.post("/v1/devices", json=device).status_code == 201

    @property
    def name(self) -> str:
        """Name of the device's formatter and type."""
        return f"type-{self.device.lower()}"

    def uplink(self, payload: str, path: str = "/uplink", seq_number: int = 1) -> httpx.Response:
        """Has Sigfox call back for a message of the device."""
        message = {"device": self.device, "time": int(time.time()), "data": payload}
        return self.api.post(path, json=message | {"seqNumber": seq_number, "ack": path == "/downlink"})

    def messages(self) -> list[dict[str, Any]]:
        """Lists the device's messages, the earliest first."""
        answer = self.api.get(f"/v1/devices/{self.device}/messages", params={"order": "asc"})
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


@pytest.fixture
def owner(local_stack: Stack) -> Iterator[Owner]:
    """The owner of an application of their own: of one that is in use, functions remember the types."""
    application_id = f"app-{secrets.token_hex(4)}"
    with configured(local_stack.table, local_stack.aws_endpoint_url):
        create_application(application_id)
        key = issue_key(application_id, "owner", tuple(Right)).token
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=local_stack.base_url, headers=headers, timeout=60, trust_env=False) as api:
        yield Owner(api, application_id, f"{secrets.randbelow(0xE0000000) + 0x10000000:X}")


DECODED = {
    "grammar": (
        *("sigfox_grammar", "temperature::int:16:/10 humidity::uint:8:/2", "00d74f"),
        {"temperature": 21.5, "humidity": 39.5},
    ),
    "LPP": ("cayenne_lpp", "", "036700d704684f", {"temperature_3": 21.5, "relative_humidity_4": 39.5}),
    "JavaScript": (
        *("javascript", SENSIT, "f609744f"),
        {
            "mode": "temperature",
            "button": False,
            "battery": {"value": 4200, "unit": "mV"},
            "temperature": {"value": 21.5, "unit": "°C"},
            "humidity": {"value": 39.5, "unit": "%"},
        },
    ),
    "payload parser": (
        *("javascript", PAYLOAD_PARSER, "00d7"),
        [{"variable": "temperature", "value": 21.5, "unit": "°C"}],
    ),
}


@pytest.mark.parametrize("case", DECODED)
def test_a_payload_is_read_by_each_kind_of_formatter(case: str, owner: Owner) -> None:
    kind, source, payload, decoded = DECODED[case]
    owner.formats_with(kind, source)

    assert owner.uplink(payload).json()["accepted"] == 1

    [message] = owner.messages()
    assert (message["payload"], message.get("decode_error")) == (payload, None)
    assert message["decoded_payload"] == decoded
    assert message["formatter"] == {"id": owner.name, "version": 1}


def test_decoded_values_are_data(owner: Owner) -> None:
    owner.formats_with("javascript", SENSIT)
    owner.uplink("f609744f")

    address = f"/v1/devices/{owner.device}/data"
    listed = owner.api.get(address, params={"variables": "temperature,humidity"}).json()["data"]
    table = owner.api.get(address, params={"variables": "temperature"}, headers={"Accept": "text/csv"})
    mean = {"variables": "temperature", "query": "avg", "start_date": "1 hour"}
    [average] = owner.api.get(address, params=mean).json()["data"]

    assert {item["variable"]: (item["value"], item["unit"]) for item in listed} == {
        "temperature": (21.5, "°C"),
        "humidity": (39.5, "%"),
    }
    [row] = csv.DictReader(io.StringIO(table.text))
    assert (row["variable"], row["value"], row["unit"]) == ("temperature", "21.5", "°C")
    assert average["value"] == 21.5


def test_a_message_that_came_before_its_formatter_is_read_too(owner: Owner) -> None:
    owner.uplink("00d74f")
    assert "decoded_payload" not in owner.messages()[0]
    owner.api.put(f"/v1/formatters/{owner.name}", json={"kind": "sigfox_grammar", "source": "t::int:16:/10"})
    owner.api.post("/v1/device-types", json={"id": owner.name, "uplink_formatter": owner.name})

    assert owner.api.patch(f"/v1/devices/{owner.device}", json={"type": owner.name}).status_code == 200

    assert owner.messages()[0]["decoded_payload"] == {"t": 21.5}


def test_a_downlink_written_as_json_reaches_the_device_as_8_bytes(owner: Owner) -> None:
    owner.formats_with(
        "javascript",
        "function encodeDownlink(i) { return { bytes: [i.data.interval, 0, 0, 0, 0, 0, 0, 1] }; }",
    )
    queue = f"/api/v3/as/applications/{owner.application_id}/devices/{owner.device.lower()}/down"
    item = {"f_port": 1, "decoded_payload": {"interval": 15}}

    assert owner.api.post(f"{queue}/push", json={"downlinks": [item]}).status_code == 200

    [queued] = owner.api.get(queue).json()["downlinks"]
    frm_payload = b64encode(bytes.fromhex("0f00000000000001")).decode()
    assert queued == item | {"frm_payload": frm_payload, "id": queued["id"]}
    assert owner.uplink("01", "/downlink").json() == {owner.device: {"downlinkData": "0f00000000000001"}}


def test_a_script_that_never_ends_costs_its_own_message_only(owner: Owner) -> None:
    owner.formats_with("javascript", NEVER_ENDS)
    for seq_number, payload in enumerate(("01", "02")):
        assert owner.uplink(payload, seq_number=seq_number).status_code == 200

    slow, quick = sorted(owner.messages(), key=lambda message: message["payload"])

    assert "takes too long" in slow["decode_error"]
    assert quick["decoded_payload"] == {"ok": True}
