"""The function that runs JavaScript: contracts, limits, and whatever a script may try."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.batch import run_batch
from sandbox.fork_server import ForkServer
from sandbox.limits import LIMITS, Limits
from sandbox.protocol import InvalidRequestError, Request
from tests.functional.formatter_calls import (
    GOOD_SCRIPT,
    Outcome,
    call,
    decoded,
    invoke,
    kind_of,
    outcome,
    script,
)
from tests.functional.hostile_scripts import HOSTILE_SCRIPTS, TAMPERING_SCRIPTS

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "vectors" / "javascript_contract.jsonl").read_text().splitlines()
]
DEVICE = {"id": "1A2B", "type": "climate", "tags": {"site": "north"}, "parameters": {"offset": "2"}}


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


def run(server: ForkServer, limits: Limits, scripts: list[Any], calls: list[Any]) -> list[Outcome]:
    """Run calls within other limits than the function's."""
    request = Request.from_event({"version": 1, "scripts": scripts, "calls": calls})
    return [result.to_json() for result in run_batch(request, server, limits)]


# -- contracts --


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_script_is_called_as_its_contract_says(vector: dict[str, Any]) -> None:
    asked = {"script": "script@1", "function": vector["function"], "input": vector["input"]}

    results = invoke([script(vector["script"])], [asked, asked])

    for result in results:
        if "error" in vector["expected"]:
            assert kind_of(result) == vector["expected"]["error"]
        else:
            assert vector["expected"].items() <= result.items()


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("function Decoder(bytes, port) { return { n: bytes.length, port }; }", {"n": 3, "port": 1}),
        (
            "function Decode(fPort, bytes, variables) { return { n: bytes.length, fPort, v: variables.k }; }",
            {"n": 3, "fPort": 1, "v": "x"},
        ),
        ("const decodeUplink = (input) => ({ data: { n: input.bytes.length } });", {"n": 3}),
        ("'use strict';\nlet decodeUplink = function () { return { data: { a: 1 } }; };", {"a": 1}),
        (
            "function decodeUplink(input) { payload = input.bytes; return { data: { n: payload[0] } }; }",
            {"n": 9},
        ),
        ("function Decoder(bytes) { payload = [bytes[0]]; return { n: payload[0] }; }", {"n": 9}),
        (
            "function decodeUplink({ device }) { return { data: device }; }",
            DEVICE,
        ),
        ("function decodeUplink(i) { return { data: { rssi: i.radio.rssi } }; }", {"rssi": -110.5}),
        (
            "function decodeUplink(i) { return { data: { ms: i.recvTime.getTime() } }; }",
            {"ms": 1767323045678},
        ),
    ],
)
def test_a_decoder_is_known_by_its_form(source: str, data: dict[str, Any]) -> None:
    result = outcome(source, device=DEVICE, radio={"rssi": -110.5}, variables={"k": "x"})

    assert result["data"] == data


@pytest.mark.parametrize(
    ("source", "items"),
    [
        (
            (
                "const raw = payload.find((x) => x.variable === 'data');"
                "const buffer = Buffer.from(raw.value, 'hex');"
                "payload = payload.concat([{ variable: 't', value: buffer.readUInt16BE(0) / 100, unit: '°C',"
                " time: raw.time }]);"
            ),
            [{"variable": "t", "value": 23.46, "unit": "°C", "time": "2026-01-02T03:04:05.678Z"}],
        ),
        (
            (
                "function Decoder(bytes) { return { first: bytes[0] }; }"
                "const raw = payload.find((x) => ['payload', 'payload_raw'].includes(x.variable));"
                "for (const [variable, value] of Object.entries(Decoder(Buffer.from(raw.value, 'hex'))))"
                " payload.push({ variable, value });"
            ),
            [{"variable": "first", "value": 9}],
        ),
        (
            (
                "const offset = Number(device.params.find((p) => p.key === 'offset').value);"
                "payload = [{ variable: device.tags[0].value, value: offset }];"
            ),
            [{"variable": "north", "value": 2}],
        ),
        ("const wanted = payload.find((x) => x.variable === 'none of ours');", []),
    ],
)
def test_a_payload_parser_of_tagoio_is_known_by_its_form(source: str, items: list[Any]) -> None:
    assert outcome(source, device=DEVICE)["data"] == items


@pytest.mark.parametrize("left", ["payload = 5", "payload = null", "payload = [1]", "payload = 'x'"])
def test_a_payload_parser_must_leave_items(left: str) -> None:
    assert outcome(left)["error"]["kind"] == "bad_result"


@pytest.mark.parametrize(
    ("source", "data"),
    [
        (
            "function encodeDownlink(i) { return { bytes: [i.data.a, 255], fPort: 2 }; }",
            {"bytes": [7, 255], "fPort": 2},
        ),
        ("function Encoder(data, port) { return [data.a, port]; }", {"bytes": [7, 1]}),
        ("function Encode(port, data) { return new Uint8Array([data.a, port]); }", {"bytes": [7, 1]}),
        ("function Encode(port, data) { return Buffer.from([data.a, port]); }", {"bytes": [7, 1]}),
    ],
)
def test_an_encoder_is_known_by_its_form(source: str, data: dict[str, Any]) -> None:
    assert outcome(source, "encodeDownlink", data={"a": 7})["data"] == data


@pytest.mark.parametrize(
    "returned",
    [
        *("undefined", "null", "5", "[1]", "{}", "{ bytes: 'ff' }", "{ bytes: [256] }", "{ bytes: [-1] }"),
        *("{ bytes: [1.5] }", "{ bytes: [true] }", "{ bytes: [null] }", "{ bytes: ['1'] }"),
        "{ bytes: [NaN] }",
    ],
)
@pytest.mark.parametrize("function", ["encodeDownlink", "answerUplink"])
def test_an_encoder_must_return_bytes(function: str, returned: str) -> None:
    result = outcome(f"function {function}() {{ return {returned}; }}", function)

    if function == "answerUplink" and returned in {"undefined", "null"}:
        assert result["data"] is None
    else:
        assert kind_of(result) == "bad_result"


def test_an_answer_is_computed_from_the_uplink() -> None:
    source = "function answerUplink(i) { return { bytes: [...i.bytes, 0, 0, 0, 0, i.radio.seqNumber] }; }"

    result = outcome(source, "answerUplink", radio={"seqNumber": 17})

    assert result["data"] == {"bytes": [9, 42, 90, 0, 0, 0, 0, 17]}


def test_what_was_decoded_is_normalized() -> None:
    source = """
      function decodeUplink(input) { return { data: { t: input.bytes[0] }, warnings: ['low battery'] }; }
      function normalizeUplink(input) {
        return { data: [{ air: { temperature: input.data.t } }, { battery: 3.1 }], warnings: ['guessed'] };
      }"""

    result = outcome(source)

    assert result["data"] == {"t": 9}
    assert result["normalized"] == [{"air": {"temperature": 9}}, {"battery": 3.1}]
    assert result["warnings"] == ["low battery", "guessed"]


def test_what_can_not_be_normalized_is_decoded_all_the_same() -> None:
    source = """
      function decodeUplink() { return { data: { t: 1 } }; }
      function normalizeUplink() { return { errors: ['no sensor'] }; }"""

    result = outcome(source)

    assert (result["data"], result["normalized"]) == ({"t": 1}, [])
    assert result["warnings"] == ["normalizeUplink: no sensor"]


def test_errors_of_a_script_are_a_result_without_data() -> None:
    result = decoded("return { data: { a: 1 }, errors: ['bad', 'worse'], warnings: ['low'] };")

    assert (result["data"], result["errors"], result["warnings"]) == (None, ["bad", "worse"], ["low"])


def test_the_console_is_shown_and_bounded() -> None:
    shown = decoded("console.log('t', 1, { a: [1] }, undefined); console.error('x'); return { data: {} };")
    long = decoded("for (let i = 0; i < 999; i++) console.log('line', i); return { data: {} };")
    wide = decoded("console.log('x'.repeat(100000)); console.log('y'); return { data: {} };")

    assert shown["logs"] == ['t 1 {"a":[1]} undefined', "x"]
    assert len(long["logs"]) == 50
    assert sum(map(len, wide["logs"])) <= 4000


def test_the_console_is_shown_of_a_script_that_failed() -> None:
    thrown = decoded("console.log('before'); input.nothing.at;")
    endless = decoded("console.log('before'); for (;;);")

    assert thrown["logs"] == ["before"]
    assert (kind_of(endless), endless["logs"]) == ("timeout", ["before"])


# -- what scripts return, and throw --


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", "bad_result", "decodeUplink returned nothing"),
        ("return null", "bad_result", "decodeUplink returned nothing"),
        ("return 'x'", "bad_result", "a string, not an object"),
        ("return 5", "bad_result", "a number, not an object"),
        ("return [1]", "bad_result", "an array, not an object"),
        ("return true", "bad_result", "a boolean, not an object"),
        ("return Symbol('x')", "bad_result", "returned nothing"),
        ("return () => 1", "bad_result", "returned nothing"),
        ("return { temperature: 21 }", "bad_result", "decodeUplink returned no data"),
        ("return { data: 'x' }", "bad_result", "a string, not an object"),
        ("return { data: [1] }", "bad_result", "an array, not an object"),
        ("return { data: { a: [{ b: NaN }] } }", "bad_result", "b is not a finite number"),
        ("return { data: { a: -1 / 0 } }", "bad_result", "a is not a finite number"),
        ("return { data: { a: 1n } }", "bad_result", "a is a BigInt"),
        ("const o = {}; o.o = o; return { data: o }", "bad_result", "contains itself"),
        ("return { data: { a: new Array(257).fill(1) } }", "bad_result", "257 values"),
        ("return { data: { a: new Array(10000).fill(1) } }", "too_large", "16384"),
        ("return { data: { a: 'x'.repeat(17000) } }", "too_large", "16384"),
        ("let o = 1; for (let i = 0; i < 11; i++) o = { o }; return { data: o }", "bad_result", "10 levels"),
        ("return { data: { get a() { throw new Error('no') } } }", "script_error", "no"),
        ("throw 'text'", "script_error", "text"),
        ("throw 5", "script_error", "5"),
        ("throw undefined", "script_error", "undefined"),
        ("throw { a: 1 }", "script_error", "[object Object]"),
        ("throw new Error('a\\nb')", "script_error", "a\nb"),
        ("throw new Error('\\ud800')", "script_error", "\ufffd"),
        ("throw new TypeError('no')", "script_error", "TypeError: no"),
        ("return { data: new Proxy({}, { ownKeys() { throw new Error('no') } }) }", "script_error", "no"),
        ("return { data: null.x }", "script_error", "TypeError"),
    ],
)
def test_a_result_that_can_not_be_stored_is_an_error_that_says_why(body: str, kind: str, words: str) -> None:
    error = decoded(body)["error"]

    assert error["kind"] == kind
    assert words in error["message"]


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ("return { data: null }", None),
        ("return { data: {} }", {}),
        ("return { data: { a: undefined, f() {}, s: Symbol('x'), b: 1 } }", {"b": 1}),
        ("return { data: { a: [undefined, () => 1] } }", {"a": [None, None]}),
        ("return { data: { a: -0 } }", {"a": 0}),
        ("return { data: { a: input.recvTime } }", {"a": "2026-01-02T03:04:05.678Z"}),
        ("return { data: { a: new Date(NaN) } }", {"a": None}),
        (
            "return { data: { a: new Uint8Array([1, 2]), b: new Float64Array([0.5]) } }",
            {"a": [1, 2], "b": [0.5]},
        ),
        ("return { data: { a: Buffer.from('01ff', 'hex') } }", {"a": [1, 255]}),
        (
            "BigInt.prototype.toJSON = function () { return Number(this) }; return { data: { a: 2n } }",
            {"a": 2},
        ),
        ("return { data: new Proxy({ a: 1 }, {}) }", {"a": 1}),
        (
            "return { data: { a: 'x\\ud800y', '\\udc00': '\\ud83d\\ude00' } }",
            {"a": "x\ufffdy", "\ufffd": "😀"},
        ),
        ("return { data: { a: '\\u0000' } }", {"a": "\0"}),
        ("return { data: { a: new Array(256).fill(1) } }", {"a": [1] * 256}),
        ('return { data: JSON.parse(\'{"__proto__": {"a": 1}}\') }', {"__proto__": {"a": 1}}),
        ("return { data: { a: 2 ** 53 } }", {"a": 2**53}),
    ],
)
def test_a_result_is_what_json_makes_of_it(body: str, data: object) -> None:
    assert decoded(body)["data"] == data


def test_a_result_may_be_ten_levels_deep() -> None:
    result = decoded("let o = 1; for (let i = 0; i < 10; i++) o = { o }; return { data: o }")

    assert kind_of(result) == "result"


def test_an_error_says_where_it_was() -> None:
    error = outcome("function decodeUplink(input) {\n  const a = 1;\n  return input.no.such;\n}")["error"]

    assert (error["line"], error["kind"]) == (3, "script_error")
    assert error["column"] >= 10


# -- checking without running --


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("function decodeUplink( {", 1, 25),
        ("var a = 1;\nfunction decodeUplink(i) {\n  return {;\n}", 3, 11),
        ("var a = 1;\nlet b = 08x;", 2, 9),
        ("let a;\nlet a;", 2, 5),
        ("return 5", 1, 1),
        ("'use strict';\nvar a = 010;", 2, 9),
        ("// a comment\n/* another */\n'use strict';\nwith (a) {}", 4, 1),
        ("import fs from 'fs';", 1, 8),
    ],
)
def test_a_script_that_can_not_be_parsed_is_an_error_with_line_and_column(
    source: str, line: int, column: int
) -> None:
    error = outcome(source, "check")["error"]

    assert error["kind"] == "script_error"
    assert error["message"].startswith("SyntaxError: ")
    assert error["line"] == line
    assert abs(error["column"] - column) <= 5


@pytest.mark.parametrize(
    ("source", "functions", "is_parser"),
    [
        (GOOD_SCRIPT, ["decodeUplink"], False),
        ("var a = 010; function Decoder() {} const Encoder = () => [];", ["Decoder", "Encoder"], False),
        (
            "let answerUplink = () => null; var Encode = 1; function helper() {}",
            ["answerUplink", "Encode"],
            False,
        ),
        ("payload = payload.concat([])", [], True),
        ("input.payload", [], False),
        ("", [], False),
    ],
)
def test_a_check_tells_what_a_script_declares(source: str, functions: list[str], *, is_parser: bool) -> None:
    result = outcome(source, "check")

    assert result["data"] == {"functions": functions, "payload_parser": is_parser}


def test_a_check_runs_nothing() -> None:
    result = outcome("console.log('ran'); for (;;); function decodeUplink() {}", "check")

    assert (kind_of(result), result["logs"]) == ("result", [])


# -- limits --


@pytest.mark.parametrize("name", HOSTILE_SCRIPTS)
def test_a_hostile_script_ends_as_an_error_and_the_next_call_is_served(
    name: str, fork_server: ForkServer
) -> None:
    source, kinds = HOSTILE_SCRIPTS[name]
    limits = Limits(cpu_s=0.03, wall_s=LIMITS.wall_s)
    scripts = [script(source, "hostile"), script(GOOD_SCRIPT, "good")]

    hostile, good = run(fork_server, limits, scripts, [call(script_id="hostile"), call(script_id="good")])

    assert kind_of(hostile) in kinds
    assert good["data"] == {"first": 9}


@pytest.mark.parametrize("name", TAMPERING_SCRIPTS)
def test_tampering_changes_neither_this_result_nor_the_next(name: str) -> None:
    tampering = f"{TAMPERING_SCRIPTS[name]} {GOOD_SCRIPT}"

    results = invoke(
        [script(tampering, "tampering"), script(GOOD_SCRIPT, "good")],
        [call(script_id="tampering"), call(script_id="good")],
    )

    assert [result.get("data", result) for result in results] == [{"first": 9}, {"first": 9}]


def test_nothing_is_left_for_the_next_call() -> None:
    leaving = """
      var mark = (globalThis.mark || 0) + 1;
      globalThis.left = Object.prototype.left = Array.prototype.left = console.left = 'left';
      function decodeUplink() { return { data: { mark } }; }"""
    looking = """
      function decodeUplink() {
        return { data: { kinds: [typeof mark, typeof left, typeof [].left, typeof console.left] } };
      }"""

    first, again, other = invoke(
        [script(leaving, "leaving"), script(looking, "looking")],
        [call(script_id="leaving"), call(script_id="leaving"), call(script_id="looking")],
    )

    assert first["data"] == again["data"] == {"mark": 1}
    assert other["data"] == {"kinds": ["undefined"] * 4}


def test_there_is_nothing_in_reach_of_a_script() -> None:
    names = "std os process require module fetch XMLHttpRequest WebSocket Worker setTimeout Deno Bun global"

    result = decoded(f"return {{ data: {{ found: '{names}'.split(' ').filter((n) => n in globalThis) }} }};")

    assert result["data"] == {"found": []}


def test_a_process_that_dies_is_an_error_and_the_next_call_is_served(fork_server: ForkServer) -> None:
    # So large a stack that the process's own ends first.
    limits = Limits(stack_bytes=1 << 40, heap_bytes=1 << 40, cpu_s=5, wall_s=5)
    scripts = [script("(" * 60_000, "deep"), script(GOOD_SCRIPT, "good")]

    deep, good = run(fork_server, limits, scripts, [call(script_id="deep"), call(script_id="good")])

    assert kind_of(deep) == "crashed"
    assert good["data"] == {"first": 9}


def test_a_fork_server_that_was_killed_is_started_anew(fork_server: ForkServer) -> None:
    run(fork_server, LIMITS, [script(GOOD_SCRIPT)], [call()])
    os.kill(fork_server.process_id, signal.SIGKILL)

    [result] = run(fork_server, LIMITS, [script(GOOD_SCRIPT)], [call()])

    assert result["data"] == {"first": 9}


def test_a_script_may_have_64_kib() -> None:
    fill = 64 * 1024 - len(GOOD_SCRIPT)

    largest, larger = invoke(
        [script(GOOD_SCRIPT + " " * fill, "largest"), script(GOOD_SCRIPT + " " * (fill + 1), "larger")],
        [call(script_id="largest"), call(script_id="larger")],
    )

    assert largest["data"] == {"first": 9}
    assert larger["error"]["kind"] == "too_large"


def test_a_script_that_takes_too_long_again_and_again_is_not_called_any_more(
    fork_server: ForkServer,
) -> None:
    scripts = [script("for (;;);", "endless"), script(GOOD_SCRIPT, "good")]
    calls = [*(call(script_id="endless") for _ in range(7)), call(script_id="good")]

    *endless, good = run(fork_server, Limits(cpu_s=0.02), scripts, calls)

    assert [kind_of(result) for result in endless] == ["timeout"] * 5 + ["suspended"] * 2
    assert good["data"] == {"first": 9}


def test_what_there_is_no_time_for_is_left_for_later() -> None:
    results = invoke([script(GOOD_SCRIPT)], [call()] * 3, budget_ms=100)

    assert [kind_of(result) for result in results] == ["later"] * 3


def test_what_comes_after_the_last_moment_is_left_for_later(fork_server: ForkServer) -> None:
    moments = iter([0.0, 0.0, 5.0, 9.6])
    request = Request.from_event({"version": 1, "scripts": [script(GOOD_SCRIPT)], "calls": [call()] * 3})

    results = run_batch(request, fork_server, LIMITS, lambda: next(moments))

    assert [kind_of(result.to_json()) for result in results] == ["result", "result", "later"]


def test_an_answer_has_no_more_than_fits_into_lambdas(fork_server: ForkServer) -> None:
    limits = Limits(answer_bytes=25_000)
    source = "function decodeUplink() { return { data: { text: 'x'.repeat(9000) } }; }"

    results = run(fork_server, limits, [script(source)], [call()] * 4)

    assert [kind_of(result) for result in results] == ["result", "result", "later", "later"]


def test_each_application_has_a_process_of_its_own_and_each_call_its_place() -> None:
    names = "function decodeUplink(input) { return { data: { of: '%s', first: input.bytes[0] } }; }"
    scripts = [script(names % name, name, application) for name, application in [("a", "one"), ("b", "two")]]

    results = invoke(scripts, [call(script_id="ab"[i % 2], bytes=[i]) for i in range(6)])

    assert [result["data"] for result in results] == [{"of": "ab"[i % 2], "first": i} for i in range(6)]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"version": 2, "scripts": [], "calls": []},
        {"version": 1, "calls": []},
        {"version": 1, "scripts": [], "calls": [{"script": "gone", "function": "check"}]},
        {"version": 1, "scripts": [script("")], "calls": [{"script": "script@1", "function": "eval"}]},
    ],
)
def test_an_event_of_another_form_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        Request.from_event(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(data=st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_what_is_handed_over_comes_back_as_it_was(data: dict[str, Any]) -> None:
    result = outcome("function decodeUplink(input) { return { data: input.data }; }", data=data)

    assert result["data"] == data


@given(payload=st.binary(max_size=12))
def test_a_buffer_reads_as_python_does(payload: bytes) -> None:
    source = """function decodeUplink(input) {
      const buffer = Buffer.from(input.hex, 'hex');
      return { data: {
        hex: buffer.toString('hex'), base64: buffer.toString('base64'), text: buffer.toString(),
        again: Buffer.from(buffer.toString('base64'), 'base64').toString('hex'), length: buffer.length,
        little: buffer.length && buffer.readUIntLE(0, Math.min(6, buffer.length)),
        big: buffer.length && buffer.readIntBE(0, Math.min(6, buffer.length)),
      } };
    }"""
    part = payload[:6]

    data = outcome(source, hex=payload.hex())["data"]

    assert data["hex"] == data["again"] == payload.hex()
    assert data["length"] == len(payload)
    assert data["little"] == int.from_bytes(part, "little")
    assert data["big"] == int.from_bytes(part, "big", signed=True)
    if payload.isascii():
        assert data["text"] == payload.decode()


def test_results_are_json() -> None:
    results = invoke([script(GOOD_SCRIPT), script("throw 1", "bad")], [call(), call(script_id="bad")])

    assert set(results[0]) == {"data", "warnings", "errors", "normalized", "logs", "cpu_ms"}
    assert set(results[1]) == {"error", "logs", "cpu_ms"}
    assert set(results[1]["error"]) == {"kind", "message", "line", "column"}
