"""Downlinks that are pushed in named values: the formatter of the device's type makes their bytes."""

from base64 import b64encode
from typing import Any

import pytest

from sigbridge.devices import register_device
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter
from tests.functional.conftest import Invoke
from tests.functional.formatter_function import THROTTLED, FormatterFunction
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management

pytestmark = pytest.mark.usefixtures("formatter_function")

GRAMMAR = "interval::uint:16 mode::uint:8 rest::uint:40"
INTERVAL = """
function encodeDownlink(input) {
  if (input.data.interval > 100) return { errors: ['too long', 'sorry'] };
  return { bytes: [input.data.interval, 0, 0, 0, 0, 0, 0, 1], fPort: input.data.port };
}"""


@pytest.fixture
def give(management: Management, formatter_function: FormatterFunction) -> Any:
    """Gives the device a type with a formatter."""

    def give(kind: str, source: str = "", **settings: object) -> None:
        put_formatter("demo", "f", NewVersion(FormatterKind(kind), source))
        wanted = {"id": "t", "downlink_formatter": "f"} | settings
        assert management.post("/v1/device-types", wanted).status == 201
        register_device("demo", "153FA")
        assert management.patch("/v1/devices/153FA", {"type": "t"}).status == 200
        formatter_function.forget()

    return give


def push(invoke: Invoke, *items: object) -> Answer:
    return invoke("queue_push", event("queue_push_as.json", body={"downlinks": items}))


def queue(invoke: Invoke) -> list[dict[str, Any]]:
    listed = invoke("queue_list", event("queue_list.json")).json.get("downlinks", [])
    return [{name: value for name, value in item.items() if name != "id"} for item in listed]


def in_base64(digits: str) -> str:
    return b64encode(bytes.fromhex(digits)).decode()


GOOD = {
    "grammar": ("sigfox_grammar", GRAMMAR, {"interval": 15, "mode": 2, "rest": 1}, "000f020000000001"),
    "lpp": ("cayenne_lpp", "", {"value_1": 1.5, "value_2": -2}, "01009602ff380000"),
    "encodeDownlink": ("javascript", INTERVAL, {"interval": 15}, "0f00000000000001"),
    "Encoder": (
        "javascript",
        "function Encoder(o, port) { return [o.a, port, 3]; }",
        {"a": 1},
        "01070300" + "00" * 4,
    ),
    "Encode": ("javascript", "function Encode(p, o, v) { return [o.a]; }", {"a": 9}, "09" + "00" * 7),
    "bytes with a formatter": ("javascript", INTERVAL, {"bytes": [1] * 8}, "01" * 8),
}


@pytest.mark.parametrize("case", GOOD)
def test_named_values_are_encoded_and_both_forms_are_listed(case: str, give: Any, invoke: Invoke) -> None:
    kind, source, data, digits = GOOD[case]
    give(kind, source, pad_downlinks=True)

    assert push(invoke, {"decoded_payload": data, "f_port": 7}).status == 200

    assert queue(invoke) == [{"frm_payload": in_base64(digits), "decoded_payload": data, "f_port": 7}]


def test_the_script_s_port_comes_first(give: Any, invoke: Invoke) -> None:
    give("javascript", INTERVAL)

    assert push(invoke, {"decoded_payload": {"interval": 1, "port": 42}, "f_port": 7}).status == 200

    assert queue(invoke)[0]["f_port"] == 42


def script(returned: str) -> tuple[str, str]:
    return "javascript", f"function encodeDownlink(input) {{ {returned} }}"


BAD = {
    "7 bytes": (*script("return { bytes: [1,2,3,4,5,6,7] };"), "application_downlink_too_short"),
    "9 bytes": (*script("return { bytes: [1,2,3,4,5,6,7,8,9] };"), "application_downlink_too_long"),
    "a string": (*script("return 'x';"), "output"),
    "bytes in a string": (*script("return { bytes: '0102030405060708' };"), "output"),
    "null": (*script("return null;"), "output"),
    "NaN": (*script("return { bytes: [NaN,2,3,4,5,6,7,8] };"), "output"),
    "256": (*script("return { bytes: [256,2,3,4,5,6,7,8] };"), "output"),
    "a port in words": (*script("return { bytes: [1,2,3,4,5,6,7,8], fPort: 'x' };"), "output"),
    "a throw": (*script("throw new Error('no');"), "script"),
    "errors": (*script("return { errors: ['a', 'b'] };"), "output_errors"),
    "no function": ("javascript", "function decodeUplink(input) { return { data: {} }; }", "script"),
    "an unknown field": ("sigfox_grammar", "b::uint:64", "validation"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_can_not_be_encoded_is_refused_whole(case: str, give: Any, invoke: Invoke) -> None:
    kind, source, name = BAD[case]
    give(kind, source)

    answer = push(invoke, {"frm_payload": in_base64("00" * 8)}, {"decoded_payload": {"a": 1}})

    assert (answer.status, answer.error["name"]) == (400, name)
    if name in {"output", "script", "output_errors"}:
        assert answer.error["attributes"]["field"] == "downlinks[1].decoded_payload"
    elif name == "validation":
        assert answer.error["cause"]["attributes"]["field"].startswith("decoded_payload")
    assert queue(invoke) == []


def test_a_script_s_own_errors_are_its_words(give: Any, invoke: Invoke) -> None:
    give("javascript", INTERVAL)

    answer = push(invoke, {"decoded_payload": {"interval": 101}})

    assert answer.error["attributes"]["errors"] == "too long, sorry"


@pytest.mark.parametrize("case", ["down", "slow"])
def test_a_formatter_that_gives_no_answer_queues_nothing(
    case: str, give: Any, invoke: Invoke, formatter_function: FormatterFunction
) -> None:
    give(*(script("for (;;) {}") if case == "slow" else ("javascript", INTERVAL)))
    if case == "down":
        formatter_function.answer = THROTTLED

    answer = push(invoke, {"decoded_payload": {"interval": 1}})

    assert (answer.status, answer.error["name"]) == (503, "formatter_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert formatter_function.waits_ms == [6_000]
    assert queue(invoke) == []
