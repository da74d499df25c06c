"""`sigbridge formatters`, against the functions themselves."""

import json
from pathlib import Path
from typing import Any

import pytest

from sigbridge.devices import register_device
from sigbridge.messages import store_messages
from sigbridge.model.message import Network, ReceivedMessage, Variable, WrittenPayload
from tests.functional.command_line import REFUSED, OverHttp, lines
from tests.functional.management import Management

SCRIPT = """function decodeUplink(input) {
  console.log(input.device.id);
  if (!input.bytes[1]) return { errors: ['too short', 'sorry'] };
  return { data: { temperature: { value: input.bytes[1] / 10, unit: '°C' } }, warnings: ['warm'] };
}
function normalizeUplink(input) { return { data: { air: { temperature: input.data.temperature.value } } }; }
function encodeDownlink(input) { return { bytes: [input.data.interval, 0, 0, 0, 0, 0, 0, input.fPort] }; }
function answerUplink(input) { return null; }
"""

pytestmark = pytest.mark.usefixtures("formatter_function")


@pytest.fixture
def sigbridge(key: str) -> OverHttp:
    return OverHttp(key)


@pytest.fixture
def script(tmp_path: Path) -> str:
    file = tmp_path / "climate.js"
    file.write_text(SCRIPT)
    return str(file)


@pytest.fixture
def grammar(tmp_path: Path) -> str:
    file = tmp_path / "grammar.txt"
    file.write_text("temperature::int:16:/10\n")
    return str(file)


def test_a_formatter_goes_through_its_life(sigbridge: OverHttp, script: str, grammar: str) -> None:
    assert sigbridge.says("formatters", "list") == (
        "There are no formatters. `sigbridge formatters examples` lists those of the library.\n"
    )
    assert sigbridge.says("formatters", "put", "climate", grammar) == (
        "Formatter 'climate' has version 1 (sigfox_grammar), for all messages.\n"
        "Devices are read by it after `sigbridge types set TYPE --uplink-formatter climate`.\n"
    )
    assert sigbridge.says("formatters", "put", "climate", script, "--valid-from", "2025-11-01") == (
        "Formatter 'climate' has version 2 (javascript), for messages from 2025-11-01 00:00 UTC.\n"
    )

    [listed] = sigbridge.data("formatters", "list")["formatters"]
    assert (listed["id"], listed["version"]["number"]) == ("climate", 2)
    shown = sigbridge.data("formatters", "show", "climate")
    assert shown == listed | {"source": SCRIPT}
    assert sigbridge.says("formatters", "show", "climate", "--source") == SCRIPT
    assert sigbridge.says("formatters", "show", "climate", "--version", "1", "--source") == (
        "temperature::int:16:/10\n"
    )
    assert f"{len(SCRIPT.encode())} bytes" in sigbridge.says("formatters", "show", "climate")
    numbers = [each["number"] for each in sigbridge.data("formatters", "versions", "climate")["versions"]]
    assert numbers == [2, 1]
    first, second = lines(sigbridge.says("formatters", "versions", "climate"))[1:]
    assert first[:5] == ["2", "javascript", "from", "2025-11-01", "00:00"]
    assert second[:3] == ["1", "sigfox_grammar", "all"]

    assert sigbridge.data("formatters", "delete", "climate", "--yes") == {"id": "climate", "deleted": True}
    assert sigbridge.refuses("formatters", "show", "climate") == (
        "There is no formatter 'climate': `sigbridge formatters list` shows those there are"
    )


def test_deleting_asks_first(sigbridge: OverHttp, grammar: str) -> None:
    sigbridge.says("formatters", "put", "climate", grammar)

    refused = sigbridge.run("formatters", "delete", "climate", typed="n\n")

    assert refused.exit_code == REFUSED
    assert "Formatter 'climate' has 1 version. Delete it? [y/N]" in refused.stderr
    assert sigbridge.data("formatters", "list")["formatters"]
    assert sigbridge.run("formatters", "delete", "climate", typed="y\n").exit_code == 0


def test_a_kind_is_given_where_the_file_does_not_tell_it(sigbridge: OverHttp, tmp_path: Path) -> None:
    file = tmp_path / "format"
    file.write_text("a::uint:8")

    sigbridge.says("formatters", "put", "a", str(file), "--kind", "sigfox_grammar", "--name", "Format")
    sigbridge.says("formatters", "put", "lpp", "--kind", "cayenne_lpp")
    piped = sigbridge.run("formatters", "put", "b", "-", "--kind", "sigfox_grammar", typed="b::uint:8")

    assert piped.exit_code == 0
    found = {each["id"]: each for each in sigbridge.data("formatters", "list")["formatters"]}
    assert {id_: each["version"]["kind"] for id_, each in found.items()} == {
        "a": "sigfox_grammar",
        "b": "sigfox_grammar",
        "lpp": "cayenne_lpp",
    }
    assert found["a"]["name"] == "Format"


def test_an_example_of_the_library_is_put_and_works(sigbridge: OverHttp) -> None:
    listed = {each["id"]: each for each in sigbridge.data("formatters", "examples")["examples"]}
    assert listed["sensit-v3"] == {
        "id": "sensit-v3",
        "device": "Sigfox: Sens'it v3",
        "kind": "javascript",
        "has_downlinks": True,
    }
    assert ["sensit-v3", "Sigfox:", "Sens'it", "v3", "javascript", "yes"] in lines(
        sigbridge.says("formatters", "examples")
    )

    put = sigbridge.data("formatters", "put", "sensit", "--example", "sensit-v3")

    assert put["name"] == "Sigfox: Sens'it v3"
    tried = sigbridge.data("formatters", "test", "sensit", "--payload", "f609744f")
    assert tried["data"]["temperature"] == {"value": 21.5, "unit": "°C"}


def test_types_name_their_formatters(sigbridge: OverHttp, grammar: str) -> None:
    assert sigbridge.refuses("types", "create", "t", "--uplink-formatter", "climate") == (
        "uplink_formatter: there is no formatter 'climate': `sigbridge formatters list` shows those there are"
    )
    sigbridge.says("formatters", "put", "climate", grammar)
    created = sigbridge.data("types", "create", "t", "--uplink-formatter", "climate")
    assert created["uplink_formatter"] == "climate"
    changed = sigbridge.data("types", "set", "t", "--downlink-formatter", "climate")
    assert changed["downlink_formatter"] == "climate"
    assert "uplink formatter    climate" in sigbridge.says("types", "show", "t")
    assert lines(sigbridge.says("types", "list"))[1] == ["t", "t", "climate", "climate"]

    assert sigbridge.refuses("formatters", "delete", "climate", "--yes") == (
        "Formatter 'climate' is used by the device types t:"
        " `sigbridge types set TYPE --unset uplink-formatter` frees it"
    )

    kept = sigbridge.data("types", "set", "t", "--unset", "uplink-formatter", "--unset", "downlink-formatter")
    assert not {"uplink_formatter", "downlink_formatter"} & kept.keys()
    assert sigbridge.run("formatters", "delete", "climate", "--yes").exit_code == 0


def test_a_type_has_its_answers_computed(sigbridge: OverHttp, tmp_path: Path) -> None:
    script = tmp_path / "answers.js"
    script.write_text("function answerUplink() { return null; }")
    sigbridge.says("formatters", "put", "answers", str(script))

    created = sigbridge.data("types", "create", "t", "--uplink-formatter", "answers", "--compute-answers")
    assert created["compute_answers"] is True
    assert "compute answers     yes" in sigbridge.says("types", "show", "t")
    assert lines(sigbridge.says("types", "list"))[1] == ["t", "t", "answers", "yes"]

    assert sigbridge.data("types", "set", "t", "--no-compute-answers")["compute_answers"] is False


BAD_SOURCES = [
    pytest.param(
        "bad.txt", "a::uint:8\nb::uint:65", "line 2, column 9: b: an integer has 1 to 64 bits", id="grammar"
    ),
    pytest.param(
        "bad.js",
        "function decodeUplink() {\n  return };\n}",
        "line 3, column 1: SyntaxError: unexpected token in expression: '}'",
        id="script",
    ),
    pytest.param(
        "bad.js",
        "var a = 1;",
        "source: declares none of the functions that are called: decodeUplink, encodeDownlink,"
        " decodeDownlink, normalizeUplink or answerUplink",
        id="no function",
    ),
]


@pytest.mark.parametrize(("name", "source", "fault"), BAD_SOURCES)
def test_a_fault_of_a_source_is_told_with_its_place(
    name: str, source: str, fault: str, sigbridge: OverHttp, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_text(source)

    assert sigbridge.refuses("formatters", "put", "bad", str(file)) == fault

    assert sigbridge.data("formatters", "list") == {"formatters": []}


def test_a_formatter_can_not_be_for_messages_of_the_future(sigbridge: OverHttp, grammar: str) -> None:
    assert sigbridge.refuses("formatters", "put", "a", grammar, "--valid-from", "2100-01-01") == (
        "valid_from: must not be in the future"
    )


def shown(text: str) -> list[str]:
    """What was printed, without spaces that align it and the time that it took."""
    return [" ".join(line) for line in lines(text) if line[0] != "processor"]


def test_a_file_is_tried_before_it_is_put(sigbridge: OverHttp, script: str) -> None:
    tried = sigbridge.says("formatters", "test", script, "--payload", "00:D7")

    assert shown(tried) == [
        "variable value",
        "temperature 21.5 °C",
        'normalized {"air": {"temperature": 21.5}}',
        "warnings warm",
        "console TEST",
    ]
    assert sigbridge.data("formatters", "list") == {"formatters": []}


def test_a_device_tells_its_own(sigbridge: OverHttp, script: str) -> None:
    register_device("demo", "1A2B3C")

    tried = sigbridge.data("formatters", "test", script, "--payload", "00d7", "--device", "1a-2b-3c")

    assert tried["logs"] == ["1A2B3C"]


TRIED: dict[str, tuple[list[str], list[str]]] = {
    "a downlink": (
        ["SCRIPT", "--function", "encodeDownlink", "--data", '{"interval": 15}', "--port", "2"],
        ["0f00000000000002"],
    ),
    "a short downlink": (
        ["--kind", "cayenne_lpp", "--function", "encodeDownlink", "--data", '{"value_1": 1.5}'],
        ["010096", "warnings a downlink has 8 bytes, this one 3"],
    ),
    "a downlink that is read": (
        ["GRAMMAR", "--function", "decodeDownlink", "--payload", "00d7"],
        ['{"temperature": 21.5}'],
    ),
    "what is normalized": (
        ["SCRIPT", "--function", "normalizeUplink", "--data", '{"temperature": {"value": 2}}'],
        ['normalized {"air": {"temperature": 2}}'],
    ),
    "an example": (
        ["--example", "sensit-v3", "--payload", "f6100065"],
        ["variable value", "mode light", "button false", "battery 4200 mV", "light 1.05 lx"],
    ),
}


@pytest.mark.parametrize("case", TRIED)
def test_each_function_can_be_tried(case: str, sigbridge: OverHttp, script: str, grammar: str) -> None:
    arguments, printed = TRIED[case]
    files = {"SCRIPT": script, "GRAMMAR": grammar}

    tried = sigbridge.says("formatters", "test", *(files.get(each, each) for each in arguments))

    assert shown(tried) == printed


def test_a_formatter_that_fails_makes_the_command_fail(sigbridge: OverHttp, script: str) -> None:
    failed = sigbridge.run("formatters", "test", script, "--payload", "00")

    assert failed.exit_code == REFUSED
    assert shown(failed.stdout) == ["console TEST"]
    assert failed.stderr == f"error: {script}: too short\n  sorry\n"
    for_scripts = sigbridge.run("formatters", "test", script, "--payload", "00", "--json")
    assert for_scripts.exit_code == REFUSED
    assert json.loads(for_scripts.stdout)["errors"] == ["too short", "sorry"]
    assert not for_scripts.stderr


def test_a_stored_formatter_is_tried_by_one_of_its_versions(
    sigbridge: OverHttp, management: Management
) -> None:
    for bits in (8, 16):
        body: dict[str, Any] = {"kind": "sigfox_grammar", "source": f"a::uint:{bits}"}
        management.put("/v1/formatters/f", body)

    assert sigbridge.data("formatters", "test", "f", "--payload", "0102")["data"] == {"a": 0x102}
    assert sigbridge.data("formatters", "test", "f", "--payload", "0102", "--version", "1")["data"] == {
        "a": 1
    }
    assert sigbridge.refuses("formatters", "test", "f", "--payload", "00", "--version", "9") == (
        "Formatter 'f' has no version 9: `sigbridge formatters versions ID` lists those it has"
    )


@pytest.mark.usefixtures("clock")
def test_who_tries_too_often_waits(sigbridge: OverHttp, grammar: str) -> None:
    for _ in range(10):
        sigbridge.says("formatters", "test", grammar, "--payload", "00d7")

    tried = sigbridge.run("formatters", "test", grammar, "--payload", "00d7")

    assert sigbridge.pastime.slept == [5, 5, 5]
    assert tried.exit_code == REFUSED
    assert "A key may try 60 formatters a minute" in tried.stderr


def test_messages_are_listed_with_what_was_read_in_them(
    sigbridge: OverHttp, management: Management, script: str
) -> None:
    sigbridge.says("formatters", "put", "climate", script)
    sigbridge.says("types", "create", "t", "--uplink-formatter", "climate")
    sigbridge.says("devices", "add", "1A2B45", "--type", "t")
    for number, payload in enumerate(("05d7", "00")):
        message = ReceivedMessage(
            "1A2B45",
            "1A2B45",
            Network.SIGFOX,
            time=1_763_770_800_000 + number * 60_000,
            payload=WrittenPayload(payload),
            variables=(Variable("temperature", 3), Variable("mode", "eco")),
        )
        store_messages("demo", [message])

    told = sigbridge.says("messages", "1A2B45")

    assert "temperature 21.5 °C" in told
    assert "temperature 3" in told
    assert "not decoded: too short; sorry" in told
    assert told.count("mode eco") == 2
    assert management.get("/v1/devices/1A2B45/data", variables="temperature").json["data"][1]["unit"] == "°C"
