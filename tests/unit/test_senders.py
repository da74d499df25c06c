"""Known senders: the samples of docs/reference/network-servers.md, and what is no sender's."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigbridge.api.ingest.sender import Sender
from sigbridge.api.ingest.senders import KNOWN_SENDERS, recognize
from sigbridge.api.ingest.senml import read_senml
from sigbridge.model.field_mapping import Field
from sigbridge.model.message import Network
from sigbridge.model.settings import PayloadEncoding

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "reference" / "network-servers.md").read_text()
HEX = PayloadEncoding.HEX
BASE64 = PayloadEncoding.BASE64
EUI = "A1B2C3D4E5F60718"
HERE = {"latitude": 45.19, "longitude": 5.71}
FIELDS = (Field.SERIAL, Field.PAYLOAD, Field.PORT, Field.TIME, Field.SEQ_NUMBER)

# Device, payload, port, time and counter as the sample has them, the payload's encoding, the position.
EXPECTED: dict[str, tuple[object, ...]] = {
    "The Things Stack v3": (EUI, "AWcBGg==", 2, "2026-03-04T05:06:07.123456789Z", 57, BASE64, HERE),
    "The Things Stack v3 (location solved)": (
        *(EUI, None, None, "2026-03-04T05:06:07.123456789Z", None, BASE64),
        {**HERE, "radius": 120},
    ),
    "The Things Network v2": (EUI, "AWcBGg==", 2, "2026-03-04T05:06:07.123456789Z", 57, BASE64, HERE),
    "ChirpStack v4": (EUI, "AWcBGg==", 2, "2026-03-04T05:06:07.123456+00:00", 57, BASE64, HERE),
    "ChirpStack v3": (EUI, "AWcBGg==", 2, "2026-03-04T05:06:07.123456Z", 57, BASE64, None),
    "Helium Console": (EUI, "AWcBGg==", 2, 1772600767123, 57, BASE64, None),
    "LORIOT": (EUI, "0167011A", 2, 1772600767123, 57, HEX, None),
    "Actility ThingPark": (
        *(EUI, "0167011a", "2", "2026-03-04T06:06:07.123+01:00", "57", HEX),
        {"latitude": "45.19", "longitude": "5.71", "radius": "120"},
    ),
    "Actility ThingPark (location)": (
        *(EUI, None, None, "2026-03-04T06:06:07.123+01:00", None, HEX),
        {"latitude": "45.19", "longitude": "5.71", "radius": "120"},
    ),
    "Actility ThingPark (flat)": (EUI, "0167011a", 2, 1772600767123, 57, HEX, None),
    "MachineQ": (
        *(EUI, "0167011a", "2", "2026-03-04T05:06:07.123Z", "57", HEX),
        {"latitude": "45.19", "longitude": "5.71"},
    ),
    "Everynet": (EUI, "AWcBGg==", 2, 1772600767.123456, 57, BASE64, None),
    "Kerlink Wanesy": (EUI, "0167011A", 2, 1772600767123, 57, HEX, HERE),
    "OrbiWise": (EUI, "AWcBGg==", 2, "2026-03-04T05:06:07.123Z", 57, BASE64, None),
    "Firefly": (EUI, "0167011A", 2, "2026-03-04T05:06:07.123456", 57, HEX, None),
    "Firefly (packets)": (EUI, "0167011A", 2, "2026-03-04T05:06:07.123456", 57, HEX, None),
    "KPN Things": (EUI, "0167011a", 2, "1772600767.123", 57, HEX, {**HERE, "radius": 120}),
    "Netmore": (EUI, "0167011a", "2", "2026-03-04T05:06:07.123456Z", 57, HEX, None),
    "Proximus EnCo": (
        *(EUI, "0167011A", "2", "1772600767", "57", HEX),
        {"latitude": "45.19", "longitude": "5.71"},
    ),
    "Orange Live Objects": (EUI, "0167011a", 2, "2026-03-04T05:06:07.123Z", 57, HEX, HERE),
    "Senet": (EUI, "0167011a", 2, "2026-03-04T05:06:07.123Z", 57, HEX, None),
    "Tektelic": (EUI, "0167011a", 2, "2026-03-04T05:06:07.123Z", 57, HEX, None),
    "Objenious SPOT": (
        *(EUI, "0167011a", 2, "2026-03-04T05:06:07.123Z", 57, HEX),
        {**HERE, "radius": 120},
    ),
    "MultiTech Conduit": (
        *("a1-b2-c3-d4-e5-f6-07-18", "AWcBGg==", 2, "2026-03-04T05:06:07.123456Z", 57, BASE64),
        None,
    ),
    "AWS IoT Core for LoRaWAN": (EUI, "AWcBGg==", 2, "2026-03-04T05:06:07Z", 57, BASE64, None),
    "Sigfox API v2": ("1A2B45", "0167011a", None, 1772600767000, 57, HEX, {**HERE, "radius": 2400}),
}


def sections() -> dict[str, str]:
    _, *texts = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    return {text.partition("\n")[0]: text for text in texts}


SECTIONS = sections()


def sample(name: str) -> dict[str, Any]:
    block = re.search(r"```json\n(.+?)```", SECTIONS[name], flags=re.DOTALL)
    assert block is not None
    content = json.loads(block[1])
    return unpacked(content) if isinstance(content, list) else content


def unpacked(records: list[Any]) -> dict[str, Any]:
    items = read_senml(records)
    assert items is not None
    return {str(item["variable"]): item["value"] for item in items}


def name_of(content: Mapping[str, object]) -> str | None:
    sender = recognize(content)
    return None if sender is None else sender.name


def test_every_sender_is_documented_and_expected() -> None:
    names = [sender.name for sender in KNOWN_SENDERS]
    assert sorted(names) == sorted(SECTIONS) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_recognized_and_read(name: str) -> None:
    content = sample(name)
    sender = recognize(content)
    assert sender is not None
    assert sender.name == name
    found = [sender.find(content, field) for field in FIELDS]
    serial, *others = [None if field is None else field[1] for field in found]
    encoding = sender.payload_encoding(content)
    position = sender.find_position(content)
    device, *expected = EXPECTED[name]
    assert str(serial).upper() == str(device).upper()
    assert [*others, encoding, None if position is None else position.values] == expected


@pytest.mark.parametrize("sender", KNOWN_SENDERS, ids=lambda sender: sender.name)
def test_the_page_names_every_path(sender: Sender) -> None:
    text = SECTIONS[sender.name]
    for path in {*sender.marks, *(path for paths in sender.fields.values() for path in paths)}:
        assert f"`{'.'.join(path)}`" in text


@pytest.mark.parametrize("sender", KNOWN_SENDERS, ids=lambda sender: sender.name)
def test_a_sample_without_one_of_its_marks_is_not_the_senders(sender: Sender) -> None:
    for mark in sender.marks:
        content = sample(sender.name)
        holder: Any = content
        for name in mark[:-1]:
            holder = holder[name]
        del holder[mark[-1]]
        assert name_of(content) != sender.name


def test_only_sigfoxs_own_messages_are_sigfoxs() -> None:
    networks = {sender.name: sender.network for sender in KNOWN_SENDERS}
    assert networks.pop("Sigfox API v2") is Network.SIGFOX
    assert set(networks.values()) == {Network.GENERIC}


CHANGES: list[tuple[str, Callable[[dict[str, Any]], object], Field, object]] = [
    ("ChirpStack v3", lambda c: c.update(devEUI="obLD1OX2Bxg="), Field.SERIAL, EUI.lower()),
    ("ChirpStack v3", lambda c: c.update(time="2026-01-01T00:00:00Z"), Field.TIME, "2026-01-01T00:00:00Z"),
    ("ChirpStack v3", lambda c: c.update(rxInfo=[], publishedAt="2026-01-01"), Field.TIME, "2026-01-01"),
    ("ChirpStack v3", lambda c: c.update(data={"latitudeDeg": 45.19}), Field.PAYLOAD, None),
    ("ChirpStack v3", lambda c: c.update(data=""), Field.PAYLOAD, ""),
    ("The Things Stack v3", lambda c: c["end_device_ids"].pop("dev_eui"), Field.SERIAL, "cold-room-7"),
    ("The Things Stack v3", lambda c: c["uplink_message"].pop("f_port"), Field.PORT, None),
    ("The Things Network v2", lambda c: c.update(payload_raw=None), Field.PAYLOAD, None),
    ("Netmore", lambda c: c.update(Payload=c.pop("payload")), Field.PAYLOAD, "0167011a"),
    ("Tektelic", lambda c: c.update(payload={"bytes": []}), Field.PAYLOAD, ""),
    ("Tektelic", lambda c: c.update(payload={"bytes": [256]}), Field.PAYLOAD, None),
    ("Tektelic", lambda c: c.update(payload={"bytes": ["01"]}), Field.PAYLOAD, None),
    ("Tektelic", lambda c: c.update(payload={"temperature": 28.2}), Field.PAYLOAD, None),
    ("Everynet", lambda c: c["params"].pop("payload"), Field.PAYLOAD, None),
    ("Everynet", lambda c: c["meta"].update(time=None), Field.TIME, 1772600767.1),
    ("Senet", lambda c: c.update(gwRxTime=" "), Field.TIME, "2026-03-04T05:06:07.200Z"),
    ("AWS IoT Core for LoRaWAN", lambda c: c["WirelessMetadata"].update(LoRaWAN={"Fport": 7}), Field.PORT, 7),
]


@pytest.mark.parametrize(("name", "change", "field", "value"), CHANGES)
def test_a_field_is_found_at_its_first_path_that_has_a_value(
    name: str, change: Callable[[dict[str, Any]], object], field: Field, value: object
) -> None:
    content = sample(name)
    change(content)
    sender = recognize(content)
    assert sender is not None
    assert sender.name == name
    found = sender.find(content, field)
    assert (None if found is None else found[1]) == value


@pytest.mark.parametrize(
    ("name", "path", "stated", "encoding"),
    [
        ("Kerlink Wanesy", "encodingType", "HEXA", HEX),
        ("Kerlink Wanesy", "encodingType", "BASE64", BASE64),
        ("Kerlink Wanesy", "encodingType", None, HEX),
        ("OrbiWise", "data_format", "hex", HEX),
        ("OrbiWise", "data_format", "base64", BASE64),
        ("OrbiWise", "data_format", 7, BASE64),
    ],
)
def test_the_message_may_name_the_encoding(
    name: str, path: str, stated: object, encoding: PayloadEncoding
) -> None:
    content = sample(name) | {path: stated}
    sender = recognize(content)
    assert sender is not None
    assert sender.payload_encoding(content) is encoding


def test_a_decoded_position_goes_before_a_registered_one() -> None:
    content = sample("The Things Stack v3")
    content["uplink_message"]["decoded_payload"] = {"lat": 1.5, "lng": 2.5}
    sender = recognize(content)
    assert sender is not None
    position = sender.find_position(content)
    assert position is not None
    assert position.values == {"latitude": 1.5, "longitude": 2.5}
    decoded = ("uplink_message", "decoded_payload")
    assert position.paths == {(*decoded, "lat"), (*decoded, "lng")}


@pytest.mark.parametrize("name", [name for name, row in EXPECTED.items() if row[-1] is None])
def test_a_gateways_position_is_never_the_devices(name: str) -> None:
    content = sample(name)
    sender = recognize(content)
    assert sender is not None
    assert sender.find_position(content) is None


def test_half_a_position_is_none() -> None:
    content = sample("Kerlink Wanesy")
    content["endDevice"]["longitude"] = ""
    sender = recognize(content)
    assert sender is not None
    assert sender.find_position(content) is None


JOIN = {"device_id": "cold-room-7", "dev_eui": EUI}
INFO = {"deviceName": "cold-room-7", "devEui": EUI}
OTHER_EVENTS: list[dict[str, Any]] = [
    {"end_device_ids": JOIN, "join_accept": {"session_key_id": "AX"}},
    {"end_device_ids": JOIN, "downlink_ack": {"f_port": 15, "frm_payload": "vu8="}},
    {"end_device_ids": JOIN, "downlink_failed": {"downlink": {"frm_payload": "vu8="}, "error": {}}},
    {"end_device_ids": JOIN, "service_data": {"service": "x", "data": {}}},
    {"time": "2026-03-04T05:06:07Z", "deviceInfo": INFO, "devAddr": "01ab23cd"},
    {"time": "2026-03-04T05:06:07Z", "deviceInfo": INFO, "acknowledged": True, "fCntDown": 12},
    {"time": "2026-03-04T05:06:07Z", "deviceInfo": INFO, "margin": 7, "batteryLevel": 75.3},
    {"applicationID": "7", "devEUI": EUI, "devAddr": "01ab23cd", "rxInfo": [], "txInfo": {}, "dr": 5},
    {"type": "join", "dev_eui": EUI, "hotspots": [], "payload": "", "reported_at": 1772600767123},
    {"cmd": "join", "EUI": EUI, "ts": 1772600767123, "data": "0167011A"},
    {"cmd": "tx", "EUI": EUI, "ts": 1772600767123, "success": "Data enqueued"},
    {"DevEUI_downlink_Sent": {"DevEUI": EUI, "FPort": "2", "payload_hex": "beef"}},
    {"DevEUI_notification": {"DevEUI": EUI, "Type": "reset"}},
    {"type": "join_request", "meta": {"device": EUI}, "params": {"dev_eui": EUI}},
    {"type": "downlink_request", "meta": {"device": EUI}, "params": {"payload": "vu8="}},
    {"type": "join_accept", "device_eui": EUI, "direction": "down", "frame_counter": None},
    {"deveui": EUI, "data_format": "hex", "fcnt": "57", "port": 2},
    {"type": "join", "id": "join-1", "device_properties": {"deveui": EUI}, "payload_cleartext": None},
]


@pytest.mark.parametrize("content", OTHER_EVENTS, ids=str)
def test_other_events_of_the_same_senders_are_nobodys_uplinks(content: dict[str, Any]) -> None:
    assert name_of(content) is None


def test_a_join_at_live_objects_is_no_uplink() -> None:
    content = sample("Orange Live Objects")
    content["metadata"]["network"]["lora"]["messageType"] = "JOIN"
    assert name_of(content) is None


def ordinary_bodies() -> Iterator[Any]:
    for event in sorted((PROJECT / "events").glob("*.json")):
        body = json.loads(event.read_text()).get("body")
        if isinstance(body, str) and body.startswith(("{", "[")):
            content = json.loads(body)
            yield from content if isinstance(content, list) else [content]
    yield from (
        {"device": "1A2B45", "time": "1772600767", "data": "0167011a", "seqNumber": "57", "lat": "1"},
        {"device": {"id": "1A2B45"}, "time": 1772600767, "data": "00", "seqNumber": 57},
        {"deviceId": "B4A5C9", "deviceTypeId": "5e74c318aa8aec41f9cc6b00", "data": "00", "rssi": -128.0},
        {"device": "1A2B45", "data": "00", "computedLocation": {"lat": 45.0, "lng": 5.5, "status": 1}},
        {"variable": "temperature", "value": 28.2, "metadata": {"rxInfo": []}},
        {"serial": "AA-BB", "payload": "0011AA", "port": 10, "latitude": 45.2, "longitude": 5.7},
        {"deviceInfo": {"serial": "AA-BB"}, "payload_raw": "0011AA", "fport": 10},
        {"devEui": EUI, "payload": "0167011a"},
        {"type": "uplink", "device": "1A2B45", "params": {"temperature": 1}, "meta": {}},
        {"hotspots": 3, "payload": "0011AA", "serial": "AA-BB"},
        {"bn": "a house", "bt": 7, "serial": "AA-BB"},
        {"uplink_message": None, "serial": "AA-BB"},
    )


@pytest.mark.parametrize("content", list(ordinary_bodies()), ids=str)
def test_an_ordinary_body_is_nobodys(content: dict[str, Any]) -> None:
    assert name_of(content) is None


NAMES = sorted({name for sender in KNOWN_SENDERS for mark in sender.marks for name in mark} | {"0", "type"})
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(KNOWN_SENDERS), st.dictionaries(st.sampled_from(NAMES), json_values, max_size=6))
def test_no_object_is_too_odd_to_look_at(some_sender: Sender, content: dict[str, object]) -> None:
    for sender in filter(None, (recognize(content), some_sender)):
        for field in Field:
            sender.find(content, field)
        sender.find_position(content)
        assert sender.payload_encoding(content) in PayloadEncoding


@given(st.sampled_from(list(EXPECTED)), st.data(), json_values)
def test_a_sample_may_have_anything_anywhere(name: str, data: st.DataObject, value: object) -> None:
    content = sample(name)
    content[data.draw(st.sampled_from(sorted(content)))] = value
    sender = recognize(content)
    if sender is not None:
        for field in Field:
            sender.find(content, field)
        sender.find_position(content)
