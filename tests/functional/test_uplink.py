"""`/uplink`: what is answered, and what is stored."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sigbridge.applications import SettingsChange, change_application
from sigbridge.credentials import issue_key
from sigbridge.devices import register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.model.api_key import Right
from sigbridge.model.application import Application
from sigbridge.model.settings import PayloadEncoding, UnknownDevices
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.lambdas import Event, call, event

SECONDS = 1763770827
MS = SECONDS * 1000
SIGFOX = {"device": "1A2B45", "time": SECONDS, "data": "17", "seqNumber": 241}
FORM = "application/x-www-form-urlencoded"


def variables(message: dict[str, Any]) -> dict[str, Any]:
    """The variables of a stored message by name."""
    return {variable["variable"]: variable["value"] for variable in message.get("variables", [])}


# What each event of `events/` leaves behind: partition, sort key, and these attributes.
EVENTS = {
    "uplink.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#1508",
        {
            "device": "1A2B45",
            "network": "sigfox",
            "time": MS,
            "seq_number": 1508,
            "payload": "b0513801a421f0019405a500",
            "ack": False,
            "radio": {
                "duplicate": False,
                "snr": Decimal("18.86"),
                "station": "1D44",
                "avg_snr": Decimal("15.54"),
                "lat": 1,
                "lng": 104,
                "rssi": Decimal("-123.00"),
                "long_polling": False,
            },
        },
    ),
    "uplink_numbers.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#49",
        {
            "payload": "ce20000046003f0f8004223c",
            "radio": {
                "device_type_id": "5e74c318aa8aec41f9cc6b00",
                "snr": 6,
                "rssi": -128,
                "station": "93CF",
            },
        },
    ),
    "uplink_form.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#241",
        {"payload": "17", "variables": [{"variable": "temperature", "value": "21.5"}]},
    ),
    "uplink_query.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#",
        {"payload": "000000020000000000230c6f", "network": "sigfox"},
    ),
    "uplink_tagoio.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#5",
        {"payload": "0109611395000df9011eb9", "group": str(SECONDS), "network": "sigfox"},
    ),
    "uplink_tagoio_advanced.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#5",
        {
            "payload": "0109611395000df9011eb9",
            "location": {
                "latitude": Decimal("45.19"),
                "longitude": Decimal("5.71"),
                "radius": 2447,
                "source": 2,
                "status": 1,
            },
        },
    ),
    "uplink_generic.json": (
        "DEVICE#demo#AABB01CC02",
        "MSG#",
        {
            "device": "AA-BB-01-CC-02",
            "network": "generic",
            "payload": "0011aa",
            "port": 10,
            "location": {"latitude": Decimal("45.2"), "longitude": Decimal("5.7")},
            "variables": [{"variable": "battery", "value": Decimal("3.6")}],
        },
    ),
    "uplink_base64.json": (
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#242",
        {"payload": "17", "variables": [{"variable": "note", "value": "21 °C"}]},
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_message_is_stored_as_its_callback_says(name: str, invoke: Invoke, stored: Stored) -> None:
    answer = invoke("uplink", event(name))

    assert answer.status == 200
    [message] = stored(sk="MSG#")
    assert answer.json == {"status": True, "accepted": 1, "duplicates": 0, "group": message["group"]}
    partition, sort, expected = EVENTS[name]
    assert message["pk"] == partition
    assert message["sk"].startswith(sort)
    assert {attribute: message.get(attribute) for attribute in expected} == expected


# Bodies as they come from Sigfox Cloud and TagoIO's users: partition, sort key, attributes.
SHAPES: dict[str, tuple[Event, str, str, dict[str, Any]]] = {
    "numbers, id key renamed": (
        event(
            "uplink.json",
            body='{"time": 1763770364, "deviceTypeId": "5e74c318aa8aec41f9cc6b00", "deviceId": "B4A5C9",'
            ' "snr": 6.0, "rssi": -128.0, "station": "93CF", "data": "ce20000046003f0f8004223c",'
            ' "seqNumber": 49}',
        ),
        "DEVICE#demo#B4A5C9",
        "MSG#1763770364000#49",
        {"payload": "ce20000046003f0f8004223c", "seq_number": 49},
    ),
    "one byte, lower-case id of 4 digits": (
        event("uplink.json", body={"device": "53b6", "time": 1763770400, "data": "17", "seqNumber": 241}),
        "DEVICE#demo#53B6",
        "MSG#1763770400000#241",
        {"device": "53b6", "payload": "17"},
    ),
    "empty payload, leading zeros": (
        event("uplink.json", body={"device": "00A2", "time": 1763770401, "data": "", "seqNumber": 3}),
        "DEVICE#demo#A2",
        "MSG#1763770401000#3",
        {"device": "00A2", "payload": ""},
    ),
    "query alone, key id": (
        event("uplink_query.json", query="id=8406&time=1763770402&data=000000020000000000230c6f"),
        "DEVICE#demo#8406",
        "MSG#1763770402000#",
        {"payload": "000000020000000000230c6f"},
    ),
    "query alone, method POST": (
        event("uplink.json", body=None, query="id=8406&time=1763770402&data=00"),
        "DEVICE#demo#8406",
        "MSG#1763770402000#",
        {"payload": "00"},
    ),
    "empty object, fields in the query": (
        event("uplink.json", body={}, query="id=8406&time=1763770402&data=00"),
        "DEVICE#demo#8406",
        "MSG#1763770402000#",
        {"payload": "00"},
    ),
    "form whose URL has a query": (
        event(
            "uplink_form.json",
            body=b"device=8406&data=00",
            query={"time": "1763770402", "seqNumber": "9"},
        ),
        "DEVICE#demo#8406",
        "MSG#1763770402000#9",
        {"payload": "00"},
    ),
    "form as plain text": (
        event("uplink_form.json", body="device=8406&time=1763770402&data=00&seqNumber=9"),
        "DEVICE#demo#8406",
        "MSG#1763770402000#9",
        {"payload": "00"},
    ),
    "method PUT": (
        event("uplink.json", body=SIGFOX, method="PUT"),
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#241",
        {"payload": "17"},
    ),
    "generic": (
        event(
            "uplink.json",
            body='{"serial": "AA-BB-01", "payload": "0011AA", "port": 10, "latitude": 45.2, "longitude": 5.7,'
            ' "battery": 3.6, "time": 1763770402}',
        ),
        "DEVICE#demo#AABB01",
        "MSG#1763770402000#",
        {"network": "generic", "payload": "0011aa", "port": 10},
    ),
    "TagoIO's group instead of serie": (
        event(
            "uplink_tagoio.json",
            body=[
                {"variable": "device", "value": "1A2B45", "group": "1763770403"},
                {"variable": "data", "value": "01", "group": "1763770403"},
                {"variable": "seqNumber", "value": "5", "group": "1763770403"},
            ],
        ),
        "DEVICE#demo#1A2B45",
        "MSG#1763770403000#5",
        {"group": "1763770403", "payload": "01"},
    ),
    "TagoIO's items, device in the header alone": (
        event(
            "uplink_tagoio.json",
            body=[
                {"variable": "Temperature", "value": 21.5, "unit": "°C", "metadata": {"sensor": {"no": 2}}}
            ],
        ),
        "DEVICE#demo#1A2B45",
        "MSG#",
        {
            "device": "1A2B45",
            "variables": [
                {
                    "variable": "temperature",
                    "value": Decimal("21.5"),
                    "unit": "°C",
                    "metadata": {"sensor.no": 2},
                }
            ],
        },
    ),
    "device in the header alone": (
        event("uplink.json", body={"time": SECONDS, "data": "17"}, headers={"device": "001a2b45"}),
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#",
        {"device": "001a2b45"},
    ),
    "radio facts absent in every way": (
        event(
            "uplink.json",
            body=SIGFOX | {"rssi": "", "snr": None, "avgSnr": "N/A", "station": "null", "ack": "null"},
        ),
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#241",
        {"radio": None, "ack": None, "variables": None},
    ),
    "upper-case payload": (
        event("uplink.json", body=SIGFOX | {"data": "AbCd"}),
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#241",
        {"payload": "abcd"},
    ),
    "content type with a parameter, in capitals": (
        event("uplink.json", body=SIGFOX, headers={"Content-Type": "Application/JSON; charset=UTF-8"}),
        "DEVICE#demo#1A2B45",
        f"MSG#{MS}#241",
        {"payload": "17"},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_callback_is_accepted(shape: str, invoke: Invoke, stored: Stored) -> None:
    request, partition, sort, expected = SHAPES[shape]

    answer = invoke("uplink", request)

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [message] = stored(sk="MSG#")
    assert message["pk"] == partition
    assert message["sk"].startswith(sort)
    assert {attribute: message.get(attribute) for attribute in expected} == expected


def test_a_mapping_of_the_key_says_where_the_fields_are(application: object, stored: Stored) -> None:
    assert application
    mapping = "serial=deviceInfo.serial;payload=payload_raw;port=fport"
    issued = issue_key("demo", "mapped", [Right.TRAFFIC_UP_WRITE], additional_parameter=mapping)
    body = {"deviceInfo": {"serial": "AA-BB", "model": "T1"}, "payload_raw": "0011AA", "fport": 10}

    answer = call("uplink", event("uplink_generic.json", body=body), str(issued.token))

    assert answer.status == 200
    [message] = stored(sk="MSG#")
    assert (message["pk"], message["payload"], message["port"]) == ("DEVICE#demo#AABB", "0011aa", 10)
    assert variables(message) == {"deviceinfo_model": "T1"}


def test_a_mapping_may_point_into_the_query(application: object, stored: Stored) -> None:
    assert application
    issued = issue_key("demo", "mapped", [Right.TRAFFIC_UP_WRITE], additional_parameter="serial=devaddr")
    request = event("uplink_generic.json", body={"payload": "00"}, query="devaddr=xyz-1")

    answer = call("uplink", request, str(issued.token))

    assert answer.status == 200
    [message] = stored(sk="MSG#")
    assert message["pk"] == "DEVICE#demo#XYZ1"


def test_the_messages_of_an_array_share_a_group(invoke: Invoke, stored: Stored) -> None:
    answer = invoke("uplink", event("uplink_generic_array.json"))

    assert answer.status == 200
    first, second = stored(sk="MSG#")
    assert answer.json == {"status": True, "accepted": 2, "duplicates": 0, "group": first["group"]}
    assert first["group"] == second["group"]
    assert (first["pk"], first["time"]) == ("DEVICE#demo#AABB01CC02", MS)
    assert (second["pk"], second["time"]) == ("DEVICE#demo#AABB01CC03", MS + 1000)
    assert variables(first) == {"temperature": Decimal("21.5")}
    assert variables(second) == {"temperature": -3, "open": True}


def test_a_repeated_uplink_is_stored_once_and_answered_with_its_group(invoke: Invoke, stored: Stored) -> None:
    first = invoke("uplink", event("uplink.json"))
    before = stored()

    repeat = invoke("uplink", event("uplink.json"))

    assert repeat.status == first.status
    assert repeat.json == first.json | {"accepted": 0, "duplicates": 1}
    assert stored() == before


def test_a_repeat_is_recognised_however_it_is_written(invoke: Invoke, stored: Stored) -> None:
    invoke("uplink", event("uplink.json", body=SIGFOX))
    rewritten = {"deviceId": "00-1a2b45", "timestamp": str(MS), "payload": "17", "seq_number": "0241"}

    repeat = invoke("uplink", event("uplink.json", body=rewritten))

    assert repeat.json["duplicates"] == 1
    assert len(stored(sk="MSG#")) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"seqNumber": 242}, "seq_number", id="sequence number"),
        pytest.param({"time": SECONDS + 1}, "time", id="time"),
        pytest.param({"device": "1A2B46"}, "device", id="device"),
    ],
)
def test_another_message_is_no_repeat(
    change: dict[str, object], field: str, invoke: Invoke, stored: Stored
) -> None:
    invoke("uplink", event("uplink.json", body=SIGFOX))

    assert invoke("uplink", event("uplink.json", body=SIGFOX | change)).json["accepted"] == 1

    assert len({message[field] for message in stored(sk="MSG#")}) == 2


def test_without_a_sequence_number_the_content_tells_repeats_apart(invoke: Invoke, stored: Stored) -> None:
    body = {"device": "1A2B45", "time": SECONDS, "data": "17"}

    answers = [
        invoke("uplink", event("uplink.json", body=content)).json
        for content in (body, body, body | {"data": "18"})
    ]

    assert [(answer["accepted"], answer["duplicates"]) for answer in answers] == [(1, 0), (0, 1), (1, 0)]
    assert sorted(message["payload"] for message in stored(sk="MSG#")) == ["17", "18"]


def test_without_a_time_nothing_is_a_repeat(invoke: Invoke, stored: Stored) -> None:
    body = {"device": "1A2B45", "data": "17", "seqNumber": 241}

    answers = [invoke("uplink", event("uplink.json", body=body)).json for _ in range(2)]

    assert [answer["duplicates"] for answer in answers] == [0, 0]
    messages = stored(sk="MSG#")
    assert len(messages) == 2
    assert all(message["time"] == message["received_at"] for message in messages)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["uplink first", "advanced first"])
def test_an_uplink_and_its_advanced_data_meet_in_one_message(
    order: tuple[int, int], invoke: Invoke, stored: Stored
) -> None:
    names = ("uplink_tagoio.json", "uplink_tagoio_advanced.json")

    answers = [invoke("uplink", event(names[position])) for position in order]

    assert [answer.json["accepted"] for answer in answers] == [1, 1]
    [message] = stored(sk="MSG#")
    assert message["location"]["radius"] == 2447
    assert message["payload"] == "0109611395000df9011eb9"
    assert {"received_at", "advanced_at"} <= set(message)


def test_a_position_of_zero_is_a_position(invoke: Invoke, stored: Stored) -> None:
    body = {"serial": "AA-BB-01-CC-02", "latitude": 0, "longitude": 0.0, "battery": 0}

    invoke("uplink", event("uplink_generic.json", body=body))

    [message] = stored(sk="MSG#")
    assert message["location"] == {"latitude": 0, "longitude": 0}
    assert variables(message) == {"battery": 0}


def test_everything_unknown_becomes_a_variable(invoke: Invoke, stored: Stored) -> None:
    body = {
        "serial": "AA-BB-01-CC-02",
        "Radio": {"rssi": -80.5, "deep": {"a": 1}},
        "arr": [5, 6],
        "nul": None,
        "none": "N/A",
        "b": True,
        "Soil Temp": "12",
        "position": {"lat": 45.5, "lng": -5.25, "accuracy": 3},
    }

    invoke("uplink", event("uplink_generic.json", body=body))

    [message] = stored(sk="MSG#")
    assert variables(message) == {
        "radio_rssi": Decimal("-80.5"),
        "radio_deep_a": 1,
        "arr_0": 5,
        "arr_1": 6,
        "b": True,
        "soil_temp": "12",
        "position_accuracy": 3,
    }
    assert message["location"] == {"latitude": Decimal("45.5"), "longitude": Decimal("-5.25")}


def test_fields_of_the_query_complete_the_body(invoke: Invoke, stored: Stored) -> None:
    request = event("uplink.json", body=SIGFOX, query="site=north&data=ff")

    invoke("uplink", request)

    [message] = stored(sk="MSG#")
    assert message["payload"] == "17"
    assert variables(message)["site"] == "north"


def test_the_key_in_the_query_is_never_a_variable(invoke: Invoke, stored: Stored) -> None:
    request = event(
        "uplink.json", body=SIGFOX, headers={"authorization": None}, query="authorization=sbk_demo"
    )

    assert invoke("uplink", request).status == 200

    assert "sbk_" not in json.dumps(stored(sk="MSG#"), default=str)


@pytest.mark.parametrize(
    ("of_application", "of_device", "payload", "kept"),
    [
        pytest.param(PayloadEncoding.BASE64, None, "ABGq", "0011aa", id="application's"),
        pytest.param(PayloadEncoding.HEX, PayloadEncoding.BASE64, "ABGq", "0011aa", id="device's"),
        pytest.param(
            PayloadEncoding.BASE64, PayloadEncoding.HEX, "0011AA", "0011aa", id="device's over application's"
        ),
    ],
)
def test_a_generic_payload_is_written_as_the_setting_says(
    of_application: PayloadEncoding,
    of_device: PayloadEncoding | None,
    payload: str,
    kept: str,
    invoke: Invoke,
    stored: Stored,
) -> None:
    change_application("demo", SettingsChange(payload_encoding=of_application))
    register_device("demo", "AABB01CC02", of_device)
    forget_cached_devices()

    body = {"serial": "AA-BB-01-CC-02", "payload": payload}
    assert invoke("uplink", event("uplink_generic.json", body=body)).status == 200

    [message] = stored(sk="MSG#")
    assert message["payload"] == kept


def test_a_sigfox_payload_is_hex_whatever_the_application_says(invoke: Invoke, stored: Stored) -> None:
    change_application("demo", SettingsChange(payload_encoding=PayloadEncoding.BASE64))

    assert invoke("uplink", event("uplink.json", body=SIGFOX | {"data": "cafe"})).status == 200

    [message] = stored(sk="MSG#")
    assert message["payload"] == "cafe"


def test_an_unknown_device_is_registered(invoke: Invoke, stored: Stored) -> None:
    invoke("uplink", event("uplink.json"))

    assert [device["id"] for device in stored("DEVICE#demo#", "DEVICE")] == ["1A2B45"]
    assert len(stored("DEVICE#demo#1A2B45", "STATE")) == 1


def test_an_application_may_reject_unknown_devices(invoke: Invoke, stored: Stored) -> None:
    change_application("demo", SettingsChange(unknown_devices=UnknownDevices.REJECT))
    register_device("demo", "1A2B45")
    before = stored()
    body = [SIGFOX, SIGFOX | {"device": "2A2B45"}]

    answer = invoke("uplink", event("uplink.json", body=body))

    assert answer.status == 404
    assert answer.json == {"status": False, "message": "Device 2A2B45 is not known"}
    assert stored() == before
    assert invoke("uplink", event("uplink.json", body=SIGFOX)).status == 200


# Bad input: the request, the status, and what the message says.
NESTED = '{"serial":"AA-BB-01-CC-02","x":' + '{"a":' * 40 + "1" + "}" * 40 + "}"
DEEP = '{"serial":"AA-BB-01-CC-02","x":' + '{"a":' * 3000 + "1" + "}" * 3000 + "}"
BAD: dict[str, tuple[Event, int, str]] = {
    "no body": (event("uplink.json", body=None), 400, "Missing body information"),
    "empty body": (event("uplink.json", body=""), 400, "Missing body information"),
    "blank body": (event("uplink.json", body=" \n"), 400, "Missing body information"),
    "empty object": (event("uplink.json", body={}), 400, "Missing body information"),
    "empty array": (event("uplink.json", body=[]), 400, "Missing body information"),
    "query with the key alone": (
        event("uplink_query.json", query="authorization=sbk_demo"),
        400,
        "Missing body information",
    ),
    "array of arrays": (event("uplink.json", body=[[SIGFOX]]), 400, "must be an object"),
    "array of numbers": (event("uplink.json", body=[1, 2]), 400, "must be an object"),
    "a text": (event("uplink.json", body='"1A2B45"'), 400, "object or an array"),
    "null": (event("uplink.json", body="null"), 400, "Missing body information"),
    "no serial": (event("uplink.json", body={"data": "17"}), 400, "serial: is missing"),
    "serial of other characters": (
        event("uplink.json", body=SIGFOX | {"device": "1A/2B"}),
        400,
        "serial: must be",
    ),
    "serial too long": (event("uplink.json", body=SIGFOX | {"device": "A" * 65}), 400, "serial: must be"),
    "serial of separators": (event("uplink.json", body=SIGFOX | {"device": "--"}), 400, "serial: must be"),
    "odd payload": (event("uplink.json", body=SIGFOX | {"data": "123"}), 400, "payload: must have an even"),
    "payload not hex": (event("uplink.json", body=SIGFOX | {"data": "zz"}), 400, "payload: must be hex"),
    "payload of 13 bytes": (
        event("uplink.json", body=SIGFOX | {"data": "00" * 13}),
        400,
        "payload: must be at most 12 bytes",
    ),
    "generic payload of 10,001 bytes": (
        event("uplink_generic.json", body={"serial": "AA-BB-01-CC-02", "payload": "00" * 10_001}),
        400,
        "payload: must be at most 10000 bytes",
    ),
    "truncated JSON": (event("uplink.json", body='{"device": "1A2B45", '), 400, "not valid JSON"),
    "40 levels": (event("uplink_generic.json", body=NESTED), 400, "nests too deep"),
    "3,000 levels": (event("uplink_generic.json", body=DEEP), 400, "nests too deep"),
    "100,000 levels": (event("uplink_generic.json", body="[" * 100_000), 400, "nests too deep"),
    "body of 1 MB": (event("uplink.json", body=SIGFOX | {"x": "x" * 2**20}), 413, "larger than"),
    "variable of 6,001 bytes": (
        event("uplink.json", body=SIGFOX | {"x": "x" * 6001}),
        400,
        "x: must be at most",
    ),
    "name of 101 characters": (event("uplink.json", body=SIGFOX | {"x" * 101: 1}), 400, "its name must be"),
    "more than one item can hold": (
        event("uplink.json", body=SIGFOX | {f"v{n}": "x" * 6000 for n in range(70)}),
        400,
        "",
    ),
    "radio fact larger than an item": (
        event("uplink.json", body=SIGFOX | {"station": "F" * 450_000}),
        400,
        "",
    ),
    "serial with a long row of separators": (
        event("uplink.json", body=SIGFOX | {"device": "-" * 450_000 + "1A2B45"}),
        400,
        "",
    ),
    "serial no text": (event("uplink.json", body={"device": True, "data": "17"}), 400, "serial: is missing"),
    "plain text": (event("uplink.json", headers={"content-type": "text/plain"}), 415, "application/json"),
    "XML": (event("uplink.json", headers={"content-type": "application/xml"}), 415, "application/json"),
    "no content type and no JSON": (
        event("uplink.json", body="device=1A2B45", headers={"content-type": None}),
        415,
        "application/json",
    ),
    "body said to be base64 and not": (
        event("uplink_base64.json") | {"body": "{not base64}"},
        400,
        "not valid base64",
    ),
    "NUL in a form": (event("uplink_form.json", body="device=1A2B45&x=%00"), 400, "NUL"),
    "NUL in the query": (event("uplink_query.json", query="id=1A2B45&x=%00"), 400, "NUL"),
    "not UTF-8": (event("uplink.json", body=b'{"device": "1A2B45", "x": "\xff"}'), 400, "not UTF-8"),
    "form not UTF-8": (event("uplink_form.json", body=b"device=1A2B45&x=\xff"), 400, "UTF-8"),
    "form not UTF-8, escaped": (event("uplink_form.json", body="device=1A2B45&x=%ff"), 400, "UTF-8"),
    "query not UTF-8": (event("uplink_query.json", query="id=1A2B45&x=%ff"), 400, "UTF-8"),
    "header and body name two devices": (
        event("uplink_tagoio.json", headers={"device": "1A2B46"}),
        400,
        "header names device 1A2B46, the message 1A2B45",
    ),
    "1,001 messages": (event("uplink.json", body=[SIGFOX] * 1001), 400, "at most 1000 messages"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_clearly_and_nothing_is_stored(case: str, invoke: Invoke, stored: Stored) -> None:
    request, status, message = BAD[case]
    before = stored()

    answer = invoke("uplink", request)

    assert answer.status == status
    assert answer.json["status"] is False
    assert message in answer.json["message"]
    assert stored() == before


def test_every_bad_item_of_an_array_is_named_and_nothing_is_stored(invoke: Invoke, stored: Stored) -> None:
    before = stored()
    body = [SIGFOX, {"data": "00"}, SIGFOX | {"note": "x" * 6001}, {"temperature": 1}]

    answer = invoke("uplink", event("uplink.json", body=body))

    assert answer.status == 400
    assert [(fault["index"], fault["field"]) for fault in answer.json["errors"]] == [
        (1, "serial"),
        (2, "note"),
        (3, "serial"),
    ]
    assert all(fault["message"] for fault in answer.json["errors"])
    assert stored() == before


def test_every_item_that_is_no_object_is_named(invoke: Invoke, stored: Stored) -> None:
    before = stored()

    answer = invoke("uplink", event("uplink.json", body=[SIGFOX, [], 5, SIGFOX, "x", None]))

    assert answer.status == 400
    assert [fault["index"] for fault in answer.json["errors"]] == [1, 2, 4, 5]
    assert stored() == before


def test_every_bad_payload_of_an_array_is_named(invoke: Invoke, stored: Stored) -> None:
    before = stored()
    body = [SIGFOX, SIGFOX | {"data": "zz"}, SIGFOX | {"data": "1"}]

    answer = invoke("uplink", event("uplink.json", body=body))

    assert answer.status == 400
    assert [fault["index"] for fault in answer.json["errors"]] == [1, 2]
    assert stored() == before


@pytest.mark.parametrize(
    "body",
    [
        {"deviceInfo": {"serial": "AA-BB"}, "payload_raw": "0011AA", "fport": 10},
        {"deviceInfo": {"deviceName": "meter", "devEui": "aabb"}, "data": "0011aa", "fPort": 10},
        {"end_device_ids": {"dev_eui": "AABB", "device_id": "meter"}, "payload": "0011aa", "port": 10},
    ],
    ids=["as mapped in TagoIO's guide", "ChirpStack", "The Things Stack"],
)
def test_a_device_id_within_a_network_servers_object_is_found(
    body: dict[str, object], invoke: Invoke, stored: Stored
) -> None:
    assert invoke("uplink", event("uplink_generic.json", body=body)).status == 200

    [message] = stored(sk="MSG#")
    assert (message["payload"], message["port"]) == ("0011aa", 10)
    assert [device["id"] for device in stored("DEVICE#demo#", "DEVICE")] == ["AABB"]


def test_a_mapped_name_in_the_query_counts_before_a_common_name_in_the_body(
    application: Application, stored: Stored
) -> None:
    key = issue_key(
        application.id,
        "mapped",
        list(Right),
        additional_parameter="serial=devaddr;payload=payload_raw;port=fport",
    )
    request = event(
        "uplink_generic.json",
        query={"devaddr": "AAAA", "payload_raw": "0a", "fport": "5"},
        body={"id": "BBBB", "data": "0b", "port": 9},
    )

    assert call("uplink", request, str(key.token)).status == 200
    [message] = stored(sk="MSG#")
    assert (message["pk"], message["payload"], message["port"]) == ("DEVICE#demo#AAAA", "0a", 5)


OBJECTS = pytest.mark.parametrize("value", [{}, [], [False], {"a": False}], ids=str)


@OBJECTS
def test_whether_a_device_asks_must_be_clear(value: object, invoke: Invoke, stored: Stored) -> None:
    body = {"device": "153FA", "time": 1795318509, "data": "01", "seqNumber": 1, "ack": value}

    answer = invoke("bidir_downlink", event("bidir_downlink.json", body=body))

    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == "ack"
    assert stored(sk="MSG#") == []


@OBJECTS
@pytest.mark.parametrize("field", ["ack", "time", "seqNumber"])
def test_an_object_is_no_value_of_an_essential_field(
    field: str, value: object, invoke: Invoke, stored: Stored
) -> None:
    body = {"device": "153FA", "time": 1795318509, "data": "01", "seqNumber": 1, field: value}

    answer = invoke("uplink", event("uplink.json", body=body))

    assert [warning["field"] for warning in answer.json["warnings"]] == [field]
    [message] = stored(sk="MSG#")
    assert message["payload"] == "01"


# What is not understood is kept as a variable: the body, and field and message of the warning.
DOUBTED: dict[str, tuple[object, str, str]] = {
    "NaN": ('{"device": "1A2B45", "data": "17", "x": NaN}', "x", "NaN is not a JSON value"),
    "exponent beyond any number": (
        '{"device": "1A2B45", "data": "17", "x": 1e9999999}',
        "x",
        "too large to store",
    ),
    "number of 39 digits": (SIGFOX | {"x": int("9" * 39)}, "x", "stored as text"),
    "number of 400 digits in an object": (SIGFOX | {"x": {"y": int("9" * 400)}}, "x.y", "stored as text"),
    "NUL escaped": ('{"device": "1A2B45", "data": "17", "x": "a\\u0000"}', "x", "can't be stored"),
    "NUL byte": (b'{"device": "1A2B45", "data": "17", "x": "a\0"}', "x", "can't be stored"),
    "half a surrogate pair": ('{"device": "1A2B45", "data": "17", "x": "\\ud800"}', "x", "can't be stored"),
    "time of 11 digits": (SIGFOX | {"time": 17637708270}, "time", "must be epoch seconds"),
    "time no time": (SIGFOX | {"time": "yesterday"}, "time", "must be epoch seconds"),
    "ack unclear": (SIGFOX | {"ack": "maybe"}, "ack", "must be true or false"),
    "sequence number negative": (SIGFOX | {"seqNumber": -1}, "seqNumber", "must be a whole number"),
    "port no number": ({"serial": "AA-BB-01-CC-02", "payload": "17", "port": "A"}, "port", "must be a whole"),
    "latitude of 91": (
        {"serial": "AA-BB-01-CC-02", "payload": "17", "latitude": 91, "longitude": 5},
        "latitude",
        "must be from -90 to 90",
    ),
    "payload of a generic device a word": (
        {"serial": "AA-BB-01-CC-02", "payload": "hello"},
        "payload",
        "must be hex; stored as a variable",
    ),
}


@pytest.mark.parametrize("case", DOUBTED)
def test_what_is_not_understood_is_kept_with_a_warning(
    case: str, invoke: Invoke, stored: Stored, counted: Counted
) -> None:
    body, field, reason = DOUBTED[case]

    answer = invoke("uplink", event("uplink.json", body=body))

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    [warning] = answer.json["warnings"]
    assert (warning["index"], warning["field"]) == (0, field)
    assert reason in warning["message"]
    [message] = stored(sk="MSG#")
    assert message.get("payload") == (None if field == "payload" else "17")
    assert counted()["Warnings"] == 1


def test_a_field_that_the_key_names_must_be_what_it_says(application: Application, stored: Stored) -> None:
    key = issue_key(
        application.id, "mapped", [Right.TRAFFIC_UP_WRITE], additional_parameter="serial=id;port=channel"
    )

    answer = call("uplink", event("uplink.json", body={"id": "AABB", "channel": "A"}), str(key.token))

    assert answer.status == 400
    assert answer.json["errors"] == [{"index": 0, "field": "channel", "message": "must be a whole number"}]
    assert stored(sk="MSG#") == []


def test_the_key_says_where_the_position_is(application: Application, stored: Stored) -> None:
    mapping = "serial=id;latitude=fix.north;longitude=fix.east"
    key = issue_key(application.id, "mapped", [Right.TRAFFIC_UP_WRITE], additional_parameter=mapping)
    body = {"id": "AABB", "lat": 1, "lng": 2, "fix": {"north": "45.5", "east": 5, "hdop": 3}}

    assert call("uplink", event("uplink.json", body=body), str(key.token)).status == 200

    [message] = stored(sk="MSG#")
    assert message["location"] == {"latitude": Decimal("45.5"), "longitude": 5}
    assert variables(message) == {"lat": 1, "lng": 2, "fix_hdop": 3}


def test_a_body_without_a_content_type_is_read_if_it_begins_as_json(invoke: Invoke, stored: Stored) -> None:
    assert invoke("uplink", event("uplink.json", headers={"content-type": None})).status == 200

    assert len(stored(sk="MSG#")) == 1


def test_a_body_whose_bytes_a_gateway_replaced_is_refused(invoke: Invoke, stored: Stored) -> None:
    sent = b'{"device":"153FA","time":1795318509,"name":"\xff\xfe"}'
    as_text = sent.decode(errors="replace")
    request = event("uplink.json", body=as_text, headers={"Content-Length": str(len(sent))})

    assert invoke("uplink", request).status == 400
    assert stored(sk="MSG#") == []
