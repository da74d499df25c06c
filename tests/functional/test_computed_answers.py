"""Answers that the script of a device's type computes from the uplink."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sigbridge.applications import SettingsChange, change_application
from sigbridge.aws.invocation import InvocationRefused
from sigbridge.devices import register_device, set_parameter
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter
from sigbridge.model.settings import DownlinkQuota
from sigbridge.store import parameters as stored_parameters
from tests.functional.conftest import Counted, Invoke
from tests.functional.formatter_function import THROTTLED, FormatterFunction
from tests.functional.lambdas import event
from tests.functional.management import Management
from tests.functional.played_device import HEX, MINUTE, PlayedDevice
from tests.functional.store_requests import store_requests

ROOT = Path(__file__).parents[2]
DATA, OWN = "deadbeefcafebabe", "0badc0de0badc0de"
# Answers with the sequence number of the uplink, and a seven.
SCRIPT = "function answerUplink(input) { return { bytes: [input.radio.seqNumber, 7, 0, 0, 0, 0, 0, 0] }; }"
# No two of its answers are alike.
RANDOM = """
function answerUplink() {
  return { bytes: [1, 2, 3, 4, 5, 6, 7, 8].map(() => Math.floor(Math.random() * 256)) };
}"""

type Give = Callable[..., None]


def returning(returned: str) -> str:
    """A script that returns this."""
    return f"function answerUplink(input) {{ return {returned}; }}"


def answer_of(number: int) -> str:
    """What the script answers to the uplink of a sequence number."""
    return f"{number:02x}07" + "00" * 6


@pytest.fixture
def give(management: Management, played: PlayedDevice, formatter_function: FormatterFunction) -> Give:
    """Gives the device a type whose script computes answers."""

    def give(source: str = SCRIPT, *device_ids: str, **settings: object) -> None:
        put_formatter("demo", "f", NewVersion(FormatterKind.JAVASCRIPT, source))
        wanted = {"id": "t", "uplink_formatter": "f", "compute_answers": True} | settings
        assert management.post("/v1/device-types", wanted).status == 201
        for device_id in (played.id, *device_ids):
            register_device("demo", device_id)
            assert management.patch(f"/v1/devices/{device_id}", {"type": "t"}).status == 200
        forget_cached_devices()
        formatter_function.waits_ms.clear()

    return give


# Computed


def test_where_nothing_waits_the_script_s_answer_is_given_and_recorded(
    give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(downlink_data=DATA)

    assert played.ask() == answer_of(1)
    assert formatter_function.waits_ms == [1_500]
    played.acknowledge(0)

    [shown] = played.listed()["downlinks"]
    assert (shown["source"], shown["frm_payload"], shown["state"]) == ("computed", "AQcAAAAAAAA=", "sent")
    assert [step["state"] for step in shown["history"]] == ["answered", "sent"]
    assert shown["history"][0]["uplink"]["seq_number"] == 1
    assert "queued_at" not in shown


def test_an_answer_that_no_acknowledgement_comes_for_has_an_unknown_outcome(
    give: Give, played: PlayedDevice
) -> None:
    give()
    played.ask()

    played.give_up()

    [shown] = played.listed()["downlinks"]
    assert (shown["state"], shown["outcome"]) == ("answered", "handed to Sigfox, outcome unknown")
    assert played.queue() == []


def test_the_script_is_told_what_decoders_are_told(
    give: Give, played: PlayedDevice, management: Management
) -> None:
    give("""
function answerUplink(input) {
  var seconds = Math.floor(input.recvTime.getTime() / 1000);
  return { bytes: [
    input.bytes.length, input.bytes[1], input.radio.seqNumber, -input.radio.rssi,
    Number(input.device.parameters.step), Number(input.variables.step), input.device.tags.site.length,
    seconds & 255,
  ] };
}""")
    set_parameter("demo", played.id, "step", "42")
    assert (
        management.patch(f"/v1/devices/{played.id}", {"tags": [{"key": "site", "value": "north"}]}).status
        == 200
    )

    answer = played.ask(played.uplink() | {"data": "0a0b0c", "rssi": "-123.00"})

    assert answer == f"030b017b2a2a05{played.clock.seconds & 255:02x}"


@pytest.mark.parametrize("payload", ["", None])
def test_an_uplink_without_payload_is_answered_too(
    payload: str | None, give: Give, played: PlayedDevice
) -> None:
    give(returning("{ bytes: [input.bytes.length, 1, 1, 1, 1, 1, 1, 1] }"))

    assert played.ask(played.uplink() | {"data": payload}) == "00" + "01" * 7


def test_a_short_answer_is_filled_up_where_the_type_says_so(give: Give, played: PlayedDevice) -> None:
    give(returning("{ bytes: [1, 2] }"), pad_downlinks=True)

    assert played.ask() == "0102" + "00" * 6


def test_devices_of_a_batch_are_answered_each_by_itself(
    give: Give, played: PlayedDevice, invoke: Invoke, formatter_function: FormatterFunction
) -> None:
    others = [f"{number:X}" for number in range(0x2000, 0x2006)]
    give(SCRIPT, *others)
    played.push()
    uplinks = [played.uplink() | {"device": device_id} for device_id in (played.id, *others)]
    lines = "\n".join(f"{each['device']};{each['time']};00;{each['seqNumber']};true;" for each in uplinks)
    batch = event("bidir_downlink_batch.json", body=f"batch={quote(lines)}".encode())

    answer = invoke("bidir_downlink", batch)

    given = {device_id: content["downlinkData"] for device_id, content in answer.json.items()}
    computed = {each["device"]: answer_of(each["seqNumber"]) for each in uplinks[1:]}
    assert given == {played.id: HEX} | computed
    assert len(formatter_function.waits_ms) == len(others)


# Not asked


def queued(played: PlayedDevice) -> str | None:
    played.push()
    return HEX


def with_data_of_its_own(played: PlayedDevice) -> str | None:
    set_parameter("demo", played.id, "downlinkData", OWN)
    return OWN


def without_a_request(played: PlayedDevice) -> str | None:
    played.last_uplink = played.uplink() | {"ack": False}
    return None


def late(played: PlayedDevice) -> str | None:
    played.last_uplink = played.uplink()
    played.clock.wait(31)
    return None


def over_the_quota(_played: PlayedDevice) -> str | None:
    change_application("demo", SettingsChange(downlink_quota=DownlinkQuota.ENFORCE, daily_downlinks=0))
    forget_cached_devices()
    return None


NOT_ASKED = [queued, with_data_of_its_own, without_a_request, late, over_the_quota]


@pytest.mark.parametrize("case", NOT_ASKED)
def test_the_script_is_not_asked(
    case: Callable[[PlayedDevice], str | None],
    give: Give,
    played: PlayedDevice,
    formatter_function: FormatterFunction,
) -> None:
    give(downlink_data=DATA)
    played.last_uplink = {}
    expected = case(played)

    assert played.ask(played.last_uplink or None) == expected
    assert formatter_function.waits_ms == []


@pytest.mark.parametrize("settings", [{}, {"compute_answers": False}])
def test_a_type_that_does_not_say_so_computes_nothing(
    settings: dict[str, object],
    give: Give,
    management: Management,
    played: PlayedDevice,
    formatter_function: FormatterFunction,
) -> None:
    give(downlink_data=DATA)
    changed = settings or {"compute_answers": None}
    assert management.patch("/v1/device-types/t", changed).json["compute_answers"] is False
    forget_cached_devices()

    assert played.ask() == DATA
    assert formatter_function.waits_ms == []


def test_what_has_expired_does_not_wait(give: Give, played: PlayedDevice) -> None:
    give()
    downlink_id = played.push_expiring(10)
    played.clock.wait(10)

    assert played.ask() == answer_of(1)
    assert played.state(downlink_id) == "expired"


# No answer

FAILING = {
    "7 bytes": returning("{ bytes: [1, 2, 3, 4, 5, 6, 7] }"),
    "9 bytes": returning("{ bytes: [1, 2, 3, 4, 5, 6, 7, 8, 9] }"),
    "no bytes": returning("{ bytes: [] }"),
    "other numbers": returning("{ bytes: [1, 2, 3, 4, 5, 6, 7, 256] }"),
    "a text": returning("'0102030405060708'"),
    "hex": returning("{ bytes: '0102030405060708' }"),
    "an empty object": returning("{}"),
    "errors": returning("{ errors: ['no', 'never'] }"),
    "a throw": "function answerUplink() { throw new Error('no'); }",
    "a loop": "function answerUplink() { for (;;) {} }",
    "too much memory": "function answerUplink() { for (var a = []; ;) a.push(new Array(1e6)); }",
    "no function": "// answerUplink\nfunction decodeUplink() { return { data: {} }; }",
}
RUBBISH = [
    InvocationRefused("throttled"),
    {},
    {"results": []},
    {"results": [{"logs": [], "cpu_ms": 1}]},
    *(
        {"results": [{"data": data, "warnings": [], "errors": [], "normalized": [], "logs": [], "cpu_ms": 1}]}
        for data in ({}, 7, {"bytes": 8}, {"bytes": [300]}, {"bytes": ["x"] * 8}, {"bytes": None})
    ),
]


@pytest.mark.parametrize("default", [DATA, None])
@pytest.mark.parametrize("case", FAILING)
def test_i5_a_device_whose_script_fails_gets_what_it_would_have_got_without_it(
    case: str, default: str | None, give: Give, played: PlayedDevice, counted: Counted
) -> None:
    give(FAILING[case], downlink_data=default)
    counted()

    assert played.ask() == default
    assert counted()["Warnings"] == 1


@pytest.mark.parametrize("answer", RUBBISH, ids=str)
def test_a_function_that_is_down_or_answers_rubbish_costs_no_answer(
    answer: object, give: Give, played: PlayedDevice, formatter_function: FormatterFunction, counted: Counted
) -> None:
    give(downlink_data=DATA)
    formatter_function.answer = answer
    counted()

    assert played.ask() == DATA
    assert counted()["Warnings"] == 1


@pytest.mark.parametrize("returned", ["null", "undefined"])
@pytest.mark.parametrize("default", [DATA, None])
def test_a_script_that_wants_no_answer_is_no_error(
    returned: str, default: str | None, give: Give, played: PlayedDevice, counted: Counted
) -> None:
    give(returning(returned), downlink_data=default)
    counted()

    assert played.ask() == default
    assert "Warnings" not in counted()


def test_why_nothing_was_computed_is_in_the_log(
    give: Give, played: PlayedDevice, caplog: pytest.LogCaptureFixture
) -> None:
    give("function answerUplink() {\n  throw new Error('no site');\n}")
    caplog.clear()

    played.ask()

    [line] = caplog.records
    told = vars(line)
    assert (told["levelname"], told["msg"], told["device"]) == ("WARNING", "no answer computed", played.id)
    assert told["reason"].startswith("line 2, column ")
    assert "no site" in told["reason"]


@pytest.mark.parametrize("kind", [FormatterKind.SIGFOX_GRAMMAR, FormatterKind.CAYENNE_LPP])
def test_a_formatter_that_became_another_kind_computes_nothing(
    kind: FormatterKind, give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(downlink_data=DATA)
    put_formatter("demo", "f", NewVersion(kind, "" if kind is FormatterKind.CAYENNE_LPP else "a::uint:8"))

    assert played.ask() == DATA
    assert formatter_function.waits_ms == []


@pytest.mark.parametrize(
    ("passed_ms", "waited"), [(0, [1_500]), (6_550, [1_400]), (7_100, [900]), (7_101, []), (9_000, [])]
)
def test_the_script_has_a_second_and_a_half_or_what_is_left_of_eight(
    passed_ms: int,
    waited: list[int],
    give: Give,
    played: PlayedDevice,
    formatter_function: FormatterFunction,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(downlink_data=DATA)
    of_device = stored_parameters.of_device

    def slow(*device: str) -> Any:
        played.clock.wait(passed_ms / 1000)
        return of_device(*device)

    monkeypatch.setattr(stored_parameters, "of_device", slow)

    assert played.ask() == (answer_of(1) if waited else DATA)
    assert formatter_function.waits_ms == waited


# Once


def test_i2_a_repeat_gets_the_same_answer_and_nothing_is_computed_again(
    give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(RANDOM)
    first = played.ask()
    uplink = played.last_uplink
    played.push()

    assert [played.ask(uplink) for _ in range(3)] == [first] * 3
    played.clock.wait(MINUTE)
    assert played.ask(uplink) == first
    assert len(formatter_function.waits_ms) == 1
    assert len(played.queue()) == 1


@pytest.mark.parametrize("default", [DATA, None])
def test_i2_what_got_the_default_gets_it_again_though_the_script_could_answer_now(
    default: str | None, give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(downlink_data=default)
    formatter_function.answer = THROTTLED
    assert played.ask() == default
    formatter_function.answer = None

    assert played.ask(played.last_uplink) == default
    assert len(formatter_function.waits_ms) == 1
    assert played.ask() == answer_of(2)


def test_i2_a_repeat_that_comes_while_the_first_is_computed_gets_the_same(
    give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(RANDOM)
    uplink = played.uplink()
    answers: list[str | None] = []

    def repeat() -> None:
        formatter_function.meanwhile = lambda: None
        answers.append(played.ask(uplink))

    formatter_function.meanwhile = repeat
    answers.append(played.ask(uplink))

    assert answers[0] is not None
    assert answers[0] == answers[1]
    assert len(formatter_function.waits_ms) == 2
    assert len(played.listed()["downlinks"]) == 1


def test_what_is_queued_while_it_is_computed_goes_first(
    give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(downlink_data=DATA)
    formatter_function.meanwhile = played.push

    assert played.ask() == HEX
    assert played.queue() == []
    [shown] = played.listed()["downlinks"]
    assert "source" not in shown


def test_downlink_data_that_is_set_while_it_is_computed_goes_first(
    give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(downlink_data=DATA)
    formatter_function.meanwhile = lambda: set_parameter("demo", played.id, "downlinkData", OWN)

    assert played.ask() == OWN


def test_computed_answers_count_as_downlinks_of_the_day(
    give: Give, played: PlayedDevice, formatter_function: FormatterFunction
) -> None:
    give(daily_downlinks=2, downlink_quota="enforce", downlink_data=DATA)

    answers = []
    for _ in range(3):
        played.clock.wait(MINUTE)
        answers.append(played.ask())

    assert answers == [answer_of(1), answer_of(2), None]
    assert len(formatter_function.waits_ms) == 2


# What it costs


def test_it_costs_a_claim_more_and_the_parameters_where_the_script_is_known(
    give: Give, played: PlayedDevice
) -> None:
    give()
    played.ask()

    with store_requests() as requests, played.stream_delayed():
        played.ask()
        assert requests == {"PutItem": 1, "UpdateItem": 2, "Query": 1}


def test_where_something_waits_it_costs_nothing(give: Give, played: PlayedDevice) -> None:
    give()
    played.push({}, {})
    played.ask()

    with store_requests() as requests, played.stream_delayed():
        assert played.ask() == HEX
        assert requests == {"PutItem": 1, "UpdateItem": 1}


def test_a_callback_that_computes_nothing_loads_no_formatter() -> None:
    script = f"""
import sys
sys.path.insert(0, {str(ROOT / "functions" / "bidir_downlink")!r})
import app
print(*(name for name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    imported = set(done.stdout.split())

    assert "sigbridge.downlinks.computing" in imported
    assert not {name for name in imported if name.startswith(("sigbridge.formatters", "sigbridge.aws"))}
