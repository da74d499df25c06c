"""`POST /v1/formatters/test`: what a formatter makes of a payload, before anything is stored."""

from typing import Any

import pytest

from sigbridge.clock import rfc3339
from sigbridge.devices import register_device
from sigbridge.model.api_key import Right
from tests.functional.conftest import Stored, used_key
from tests.functional.formatter_function import THROTTLED, FormatterFunction
from tests.functional.management import Management
from tests.functional.played_device import Clock

PATH = "/v1/formatters/test"
GRAMMAR = {"kind": "sigfox_grammar", "source": "temperature::int:16:/10 humidity::uint:8"}
LPP = {"kind": "cayenne_lpp"}
CLIMATE = """
function decodeUplink(input) {
  console.log('bytes', input.bytes.length);
  if (input.bytes.length < 3) return { errors: ['3 bytes expected'] };
  var temperature = ((input.bytes[0] << 8) | input.bytes[1]) / 10;
  return { data: { temperature: { value: temperature, unit: '°C' } }, warnings: ['warm'] };
}
function normalizeUplink(input) {
  return { data: { air: { temperature: input.data.temperature.value } } };
}
function encodeDownlink(input) {
  return { bytes: [input.data.interval, 0, 0, 0, 0, 0, 0, 1], fPort: input.fPort };
}
function decodeDownlink(input) { return { data: { interval: input.bytes[0] } }; }
function answerUplink(input) { return input.bytes[0] ? { bytes: [1, 2, 3] } : null; }
"""

pytestmark = pytest.mark.usefixtures("formatter_function")


def script(source: str) -> dict[str, str]:
    return {"kind": "javascript", "source": source}


def decoding(body: str) -> dict[str, str]:
    return script(f"function decodeUplink(input) {{ {body} }}") | {"payload": "00"}


@pytest.fixture
def tried(management: Management) -> Any:
    """What comes of a trial, without the time that it took."""

    def tried(body: dict[str, Any]) -> dict[str, Any]:
        answer = management.post(PATH, body)
        assert answer.status == 200, answer.text
        result: dict[str, Any] = answer.json
        assert result.pop("cpu_ms") >= 0
        return result

    return tried


NOTHING: dict[str, Any] = {"warnings": [], "errors": [], "normalized": [], "variables": [], "logs": []}
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "grammar": (
        GRAMMAR | {"payload": "00d72a"},
        {
            "data": {"temperature": 21.5, "humidity": 42},
            "variables": [
                {"variable": "temperature", "value": 21.5},
                {"variable": "humidity", "value": 42},
            ],
        },
    ),
    "grammar as format": (
        {"kind": "sigfox_grammar", "format": "a::uint:8", "payload": "07", "function": "decodeUplink"},
        {"data": {"a": 7}, "variables": [{"variable": "a", "value": 7}]},
    ),
    "grammar of a short payload": (
        GRAMMAR | {"payload": "00D7"},
        {
            "data": {"temperature": 21.5, "humidity": None},
            "warnings": ["humidity: the payload is too short"],
            "variables": [{"variable": "temperature", "value": 21.5}],
        },
    ),
    "lpp": (
        LPP | {"payload": "0167001002680f"},
        {
            "data": {"temperature_1": 1.6, "relative_humidity_2": 7.5},
            "variables": [
                {"variable": "temperature_1", "value": 1.6},
                {"variable": "relative_humidity_2", "value": 7.5},
            ],
        },
    ),
    "lpp downlink": (
        LPP | {"data": {"value_1": 1.5, "value_2": -2}, "function": "encodeDownlink"},
        {
            "data": {"bytes": [1, 0, 150, 2, 255, 56]},
            "warnings": ["a downlink has 8 bytes, this one 6"],
        },
    ),
    "grammar downlink": (
        {"kind": "sigfox_grammar", "format": "a::uint:64", "data": {"a": 5}, "function": "encodeDownlink"},
        {"data": {"bytes": [0, 0, 0, 0, 0, 0, 0, 5]}},
    ),
    "grammar downlink read": (
        {"kind": "sigfox_grammar", "format": "a::uint:64", "payload": "05", "function": "decodeDownlink"},
        {"data": {"a": None}, "warnings": ["a: the payload is too short"]},
    ),
    "script": (
        script(CLIMATE) | {"payload": "00d72a"},
        {
            "data": {"temperature": {"value": 21.5, "unit": "°C"}},
            "warnings": ["warm"],
            "normalized": [{"air": {"temperature": 21.5}}],
            "variables": [{"variable": "temperature", "value": 21.5, "unit": "°C"}],
            "logs": ["bytes 3"],
        },
    ),
    "script that refuses": (
        script(CLIMATE) | {"payload": "00"},
        {"errors": ["3 bytes expected"], "logs": ["bytes 1"]},
    ),
    "script that normalizes": (
        script(CLIMATE) | {"data": {"temperature": {"value": 2}}, "function": "normalizeUplink"},
        {"normalized": [{"air": {"temperature": 2}}]},
    ),
    "script that decodes and normalizes": (
        script(CLIMATE) | {"payload": "00d72a", "function": "normalizeUplink"},
        {"normalized": [{"air": {"temperature": 21.5}}]},
    ),
    "script that can't decode what it is to normalize": (
        script(CLIMATE) | {"payload": "00", "function": "normalizeUplink"},
        {"errors": ["3 bytes expected"], "logs": ["bytes 1"]},
    ),
    "script downlink": (
        script(CLIMATE) | {"data": {"interval": 15}, "port": 7, "function": "encodeDownlink"},
        {"data": {"bytes": [15, 0, 0, 0, 0, 0, 0, 1], "fPort": 7}},
    ),
    "script downlink read": (
        script(CLIMATE) | {"payload": "0f", "function": "decodeDownlink"},
        {"data": {"interval": 15}},
    ),
    "script that answers": (
        script(CLIMATE) | {"payload": "01", "function": "answerUplink"},
        {"data": {"bytes": [1, 2, 3]}, "warnings": ["a downlink has 8 bytes, this one 3"]},
    ),
    "script that does not answer": (script(CLIMATE) | {"payload": "00", "function": "answerUplink"}, {}),
    "payload parser": (
        script("payload = [{ variable: 'temperature', value: 21.5, unit: '°C' }];") | {"payload": "00"},
        {
            "data": [{"variable": "temperature", "value": 21.5, "unit": "°C"}],
            "variables": [{"variable": "temperature", "value": 21.5, "unit": "°C"}],
        },
    ),
    "location": (
        decoding("return { data: { latitude: 45.19, longitude: 5.71 } };"),
        {
            "data": {"latitude": 45.19, "longitude": 5.71},
            "location": {"latitude": 45.19, "longitude": 5.71},
        },
    ),
    "a value that is no variable": (
        decoding("return { data: { a: 1, b: 'x'.repeat(7000) } };"),
        {
            "data": {"a": 1, "b": "x" * 7000},
            "warnings": ["b: must be at most 6000 bytes"],
            "variables": [{"variable": "a", "value": 1}],
        },
    ),
}


@pytest.mark.parametrize("case", READ)
def test_a_trial_shows_what_would_come_out(case: str, tried: Any, stored: Stored) -> None:
    body, expected = READ[case]

    assert tried(body) == NOTHING | expected

    assert stored("APP#demo", "FORMATTER#") == []


FAILING: dict[str, tuple[dict[str, Any], str, tuple[int, int] | None]] = {
    "grammar": (
        {"kind": "sigfox_grammar", "source": "a::uint:8\nb::uint:65", "payload": "00"},
        "line 2, column 9: b: an integer has 1 to 64 bits",
        (2, 9),
    ),
    "syntax": (
        script("function decodeUplink(input) {\n  return { data: };\n}") | {"payload": "00"},
        "line 2, column 18: SyntaxError",
        (2, 18),
    ),
    "a name that is not there": (
        script("function decodeUplink(input) {\n  return bites;\n}") | {"payload": "00"},
        "line 2, column 10: ReferenceError: bites is not defined",
        (2, 10),
    ),
    "a throw": (decoding("throw 'no';"), "no", None),
    "no function": (
        script("var a = 1;") | {"payload": "00"},
        "the script has no function decodeUplink",
        None,
    ),
    "no such function": (
        script("function decodeUplink() {}") | {"payload": "00", "function": "answerUplink"},
        "the script has no function answerUplink",
        None,
    ),
    "no function of a format": (
        GRAMMAR | {"payload": "00", "function": "answerUplink"},
        "only scripts have the function answerUplink",
        None,
    ),
    "nothing": (decoding(""), "decodeUplink returned nothing", None),
    "no data": (decoding("return {};"), "decodeUplink returned no data", None),
    "a string": (decoding("return 'x';"), "decodeUplink returned a string, not an object", None),
    "data that are a string": (decoding("return { data: 'x' };"), "the data that decodeUplink", None),
    "NaN": (decoding("return { data: { a: NaN } };"), "a is not a finite number", None),
    "a cyclic object": (
        decoding("var a = {}; a.a = a; return { data: a };"),
        "the result contains itself",
        None,
    ),
    "10,000 values": (
        decoding("var a = []; for (var i = 0; i < 10000; i++) a.push(1); return { data: { a: a } };"),
        "the result has 20",
        None,
    ),
    "300 values": (
        decoding("var a = []; for (var i = 0; i < 300; i++) a.push(1); return { data: { a: a } };"),
        "the result has 300 values, of 256 allowed",
        None,
    ),
    "too deep": (
        decoding("var a = 1; for (var i = 0; i < 20; i++) a = [a]; return { data: { a: a } };"),
        "the result is deeper than 10 levels",
        None,
    ),
    "no end": (decoding("for (;;) {}"), "the script takes too long", None),
    "too much memory": (
        decoding("var a = []; for (;;) a.push(new Array(1000).fill('x'));"),
        "the script needs too much memory",
        None,
    ),
    "a value that can't be written": (
        GRAMMAR | {"data": {"temperature": 99999, "humidity": 1}, "function": "encodeDownlink"},
        "decoded_payload.temperature: ",
        None,
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_what_is_wrong_with_a_formatter_is_a_result(case: str, management: Management) -> None:
    body, message, place = FAILING[case]

    answer = management.post(PATH, body)

    assert answer.status == 200
    [error] = answer.json["errors"]
    assert error.startswith(message)
    assert (answer.json.get("line"), answer.json.get("column")) == (place or (None, None))
    assert "data" not in answer.json


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "kind: is missing, and so is formatter"),
    "unknown kind": ({"kind": "python", "source": "x", "payload": "00"}, "kind: Input should be"),
    "no source": ({"kind": "javascript", "payload": "00"}, "source: javascript needs one"),
    "a source too much": (LPP | {"source": "x", "payload": "00"}, "source: cayenne_lpp has none"),
    "two sources": (GRAMMAR | {"format": "x", "payload": "00"}, "format: is another name of source"),
    "two formatters": (GRAMMAR | {"formatter": "f", "payload": "00"}, "formatter: stands in place of"),
    "a version of nothing": (GRAMMAR | {"version": 1, "payload": "00"}, "version: is that of a formatter"),
    "too large": (script("//" + "ß" * 32_768) | {"payload": "00"}, "source: must have at most 65536 bytes"),
    "unknown function": (GRAMMAR | {"payload": "00", "function": "check"}, "function: Input should be"),
    "no payload": (GRAMMAR, "payload: is missing"),
    "an empty payload": (GRAMMAR | {"payload": ""}, "payload: String should match"),
    "no hex": (GRAMMAR | {"payload": "0g"}, "payload: String should match"),
    "half a byte": (GRAMMAR | {"payload": "012"}, "payload: String should match"),
    "a long payload": (GRAMMAR | {"payload": "00" * 513}, "payload: String should have at most 1024"),
    "no data": (GRAMMAR | {"function": "encodeDownlink"}, "data: is missing"),
    "data that are a list": (GRAMMAR | {"function": "encodeDownlink", "data": []}, "data: Input should be"),
    "a payload to encode": (
        GRAMMAR | {"function": "encodeDownlink", "payload": "00"},
        "payload: encodeDownlink takes data",
    ),
    "data to decode": (GRAMMAR | {"data": {}}, "data: decodeUplink takes a payload"),
    "data and a payload": (
        GRAMMAR | {"data": {}, "payload": "00", "function": "normalizeUplink"},
        "payload: give data or payload",
    ),
    "a port in words": (GRAMMAR | {"payload": "00", "port": "1"}, "port: Input should be a valid integer"),
    "a port too high": (GRAMMAR | {"payload": "00", "port": 256}, "port: Input should be less than"),
    "a device that is none": (GRAMMAR | {"payload": "00", "device": "?"}, "device: must be 1 to 64"),
    "an unknown field": (GRAMMAR | {"payload": "00", "playload": "00"}, "playload: is not known here"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_can_not_be_tried_is_refused(case: str, management: Management) -> None:
    body, message = BAD[case]

    answer = management.post(PATH, body)

    assert answer.status == 400
    [error] = answer.json["errors"]
    assert f"{error['field']}: {error['message']}".removeprefix("body: ").startswith(message)


def test_a_stored_formatter_is_tried_by_its_newest_version_or_another(
    management: Management, tried: Any
) -> None:
    management.put("/v1/formatters/f", GRAMMAR)
    management.put("/v1/formatters/f", {"kind": "sigfox_grammar", "source": "a::uint:8"})

    assert tried({"formatter": "f", "payload": "00d72a"})["data"] == {"a": 0}
    assert tried({"formatter": "f", "version": 1, "payload": "00d72a"})["data"]["temperature"] == 21.5
    assert management.post(PATH, {"formatter": "f", "version": 3, "payload": "00"}).status == 404
    assert management.post(PATH, {"formatter": "g", "payload": "00"}).status == 404


INPUT = decoding("return { data: { input: JSON.stringify(input) } };")


def test_a_script_is_told_what_it_would_be_told_of_an_uplink(
    management: Management, tried: Any, clock: Clock
) -> None:
    register_device("demo", "153FA")
    management.post("/v1/device-types", {"id": "t"})
    management.patch("/v1/devices/153FA", {"type": "t", "tags": [{"key": "site", "value": "north"}]})
    management.put("/v1/devices/153FA/parameters/offset", {"value": "2"})

    shown = tried(INPUT | {"device": "0-15-3fa", "port": 3})["data"]["input"]

    for part in (
        '"bytes":[0]',
        '"fPort":3',
        f'"recvTime":"{rfc3339(clock.now_ms)}"',
        '"variables":{"offset":"2"}',
        '"device":{"id":"153FA","type":"t","tags":{"site":"north"},"parameters":{"offset":"2"}}',
        '"radio":{}',
    ):
        assert part in shown


def test_a_script_is_told_of_a_made_up_device_where_none_is_named(tried: Any) -> None:
    shown = tried(INPUT)["data"]["input"]

    assert '"device":{"id":"TEST","type":null,"tags":{},"parameters":{}}' in shown
    assert '"variables":{}' in shown


def test_a_device_that_is_not_there_is_not_found(management: Management) -> None:
    answer = management.post(PATH, INPUT | {"device": "1A2B"})

    assert (answer.status, answer.json["message"]) == (404, "Device 1A2B is not known")


def test_a_formatter_function_that_is_down_is_no_result(
    management: Management, formatter_function: FormatterFunction
) -> None:
    formatter_function.answer = THROTTLED

    answer = management.post(PATH, INPUT)

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json["message"] == "The script could not be run, try again: Rate Exceeded."
    assert management.post(PATH, GRAMMAR | {"payload": "00d72a"}).status == 200


def test_each_key_has_ten_trials_at_once_and_sixty_a_minute(management: Management, clock: Clock) -> None:
    body = GRAMMAR | {"payload": "00"}
    other = Management(used_key("demo", [Right.DEVICES_READ]))

    assert [management.post(PATH, body).status for _ in range(11)] == [200] * 10 + [429]
    refused = management.post(PATH, body)

    assert refused.headers["Retry-After"] == "5"
    assert refused.json["message"] == "A key may try 60 formatters a minute: wait a few seconds"
    assert other.post(PATH, body).status == 200
    clock.wait(5)
    assert [management.post(PATH, body).status for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.usefixtures("application")
def test_a_trial_needs_the_right_to_see_devices() -> None:
    others = Management(used_key("demo", set(Right) - {Right.DEVICES_READ}))

    assert others.post(PATH, GRAMMAR | {"payload": "00"}).status == 403
