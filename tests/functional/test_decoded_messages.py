"""What formatters make of payloads, as whoever reads messages and data sees it."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sigbridge.aws.invocation import InvocationRefused
from sigbridge.devices import register_device
from sigbridge.messages import store_messages
from sigbridge.model.message import Network, ReceivedMessage, Variable, WrittenPayload
from tests.functional.formatter_function import THROTTLED, FormatterFunction
from tests.functional.management import Management

START = 1_763_770_800_000
MINUTE = 60_000
MESSAGES = "/v1/devices/153FA/messages"
DATA = "/v1/devices/153FA/data"
GRAMMAR = "temperature::int:16:/100 humidity::uint:8:/2"
PAYLOAD = "08665a"

type Json = dict[str, Any]


pytestmark = pytest.mark.usefixtures("formatter_function")


@pytest.fixture(autouse=True)
def device(management: Management) -> None:
    """A device of the type `t`, which names no formatter yet."""
    assert management.post("/v1/device-types", {"id": "t"}).status == 201
    register_device("demo", "153FA")
    assert management.patch("/v1/devices/153FA", {"type": "t"}).status == 200


def decode_by(management: Management, kind: str, source: str = "", **more: object) -> None:
    """Have the payloads of the device's type read by a formatter, from now on and for the past."""
    body = {"kind": kind, "source": source} | more
    answer = management.put("/v1/formatters/f", body)
    assert answer.status in {200, 201}, answer.text
    assert management.patch("/v1/device-types/t", {"uplink_formatter": "f"}).status == 200


def send(*payloads: str | None, **content: Any) -> None:
    """The device sends payloads, one each minute."""
    received = [
        ReceivedMessage(
            "153FA",
            "153fa",
            Network.SIGFOX,
            time=START + n * MINUTE,
            seq_number=n,
            payload=None if payload is None else WrittenPayload(payload),
            **content,
        )
        for n, payload in enumerate(payloads)
    ]
    store_messages("demo", received)


def told(management: Management, **query: object) -> list[Json]:
    """What messages say of their payloads, the earliest first."""
    answer = management.get(MESSAGES, order="asc", **query)
    assert answer.status == 200, answer.text
    names = (
        "decoded_payload",
        "decoded_payload_warnings",
        "normalized_payload",
        "decode_error",
        "formatter",
    )
    return [{name: message[name] for name in names if name in message} for message in answer.json["messages"]]


def values(management: Management, **query: object) -> dict[str, Any]:
    answer = management.get(DATA, **query)
    assert answer.status == 200, answer.text
    return {item["variable"]: item["value"] for item in answer.json["data"]}


def script(returned: str) -> str:
    return f"function decodeUplink(input) {{ {returned} }}"


KINDS: dict[str, tuple[str, str, str, Any]] = {
    "grammar": ("sigfox_grammar", GRAMMAR, PAYLOAD, {"temperature": 21.5, "humidity": 45}),
    "cayenne lpp": ("cayenne_lpp", "", "0167001002680f", {"temperature_1": 1.6, "relative_humidity_2": 7.5}),
    "decodeUplink": (
        "javascript",
        script("return { data: { temperature: input.bytes[0] / 4, port: input.fPort } };"),
        "56",
        {"temperature": 21.5, "port": 7},
    ),
    "Decoder": ("javascript", "function Decoder(bytes, port) { return { a: bytes[1] }; }", "0102", {"a": 2}),
    "Decode": ("javascript", "function Decode(fPort, bytes, v) { return { a: fPort }; }", "01", {"a": 7}),
    "a parser of TagoIO": (
        "javascript",
        "payload = payload.concat([{variable: 'a', value: 1.5, unit: 'bar'}]);",
        "01",
        None,
    ),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_payload_is_told_decoded(case: str, management: Management) -> None:
    kind, source, payload, expected = KINDS[case]
    send(payload, port=7)
    decode_by(management, kind, source)

    [message] = told(management)

    assert message["formatter"] == {"id": "f", "version": 1}
    assert "decode_error" not in message
    if expected is None:
        assert {"variable": "a", "value": 1.5, "unit": "bar"} in message["decoded_payload"]
    else:
        assert message["decoded_payload"] == expected
        for name, value in expected.items():
            assert values(management)[name] == value


def test_history_before_the_first_formatter_is_decoded_too(management: Management) -> None:
    send(PAYLOAD)
    assert told(management) == [{}]

    decode_by(management, "sigfox_grammar", GRAMMAR)

    assert told(management)[0]["decoded_payload"] == {"temperature": 21.5, "humidity": 45}


@pytest.mark.parametrize("payload", ["", None])
@pytest.mark.parametrize("kind", ["sigfox_grammar", "javascript"])
def test_nothing_is_made_of_an_empty_payload(
    kind: str, payload: str | None, management: Management, formatter_function: FormatterFunction
) -> None:
    send(payload)
    decode_by(management, kind, GRAMMAR if kind == "sigfox_grammar" else script("return { data: { a: 1 } };"))
    formatter_function.forget()

    assert told(management) == [{}]
    assert formatter_function.calls == []


def test_a_script_runs_once_and_then_what_it_made_is_stored(
    management: Management, formatter_function: FormatterFunction
) -> None:
    send("01", "02", "03")
    decode_by(management, "javascript", script("return { data: { a: input.bytes[0] } };"))
    formatter_function.forget()

    first = told(management)
    second = told(management)

    assert [message["decoded_payload"] for message in first] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert second == first
    assert values(management)["a"] in {1, 2, 3}
    assert formatter_function.calls == [3]


def test_of_one_name_the_decoded_value_counts_and_the_message_keeps_the_other(
    management: Management,
) -> None:
    send(PAYLOAD, variables=(Variable("temperature", 3), Variable("mode", "eco")))
    decode_by(management, "sigfox_grammar", GRAMMAR)

    items = management.get(DATA).json["data"]

    assert [item["value"] for item in items if item["variable"] == "temperature"] == [21.5]
    assert values(management)["mode"] == "eco"
    [message] = management.get(MESSAGES).json["messages"]
    assert {"variable": "temperature", "value": 3} in message["variables"]


def test_nested_values_units_and_places_become_data(management: Management) -> None:
    send("01")
    made = """return { data: {
      air: { temperature: 21.5, humid: true },
      counts: [3, 4],
      battery: { value: 3.1, unit: "V" },
      latitude: 45.19, longitude: 5.71,
    } };"""
    decode_by(management, "javascript", script(made))

    items = {item["variable"]: item for item in management.get(DATA).json["data"]}

    assert items["air_temperature"]["value"] == 21.5
    assert items["air_humid"]["value"] is True
    assert (items["counts_0"]["value"], items["counts_1"]["value"]) == (3, 4)
    assert (items["battery"]["value"], items["battery"]["unit"]) == (3.1, "V")
    assert items["location"]["location"] == {"type": "Point", "coordinates": [5.71, 45.19]}


def test_tables_have_decoded_values(management: Management) -> None:
    send(PAYLOAD)
    decode_by(management, "sigfox_grammar", GRAMMAR)

    answer = management.request("GET", DATA, {"variables": "temperature"}, headers={"accept": "text/csv"})
    [row] = csv.DictReader(io.StringIO(answer.text))

    assert (row["variable"], row["value"]) == ("temperature", "21.5")


def test_normalized_measurements_are_told(management: Management) -> None:
    send("56")
    source = script("return { data: { t: input.bytes[0] / 4 } };")
    source += "function normalizeUplink(input) { return { data: [{ air: { temperature: input.data.t } }] }; }"
    decode_by(management, "javascript", source)

    assert told(management)[0]["normalized_payload"] == [{"air": {"temperature": 21.5}}]


def test_a_script_is_told_of_its_device_and_of_the_reception(management: Management) -> None:
    assert management.patch("/v1/devices/153FA", {"tags": [{"key": "site", "value": "north"}]}).status == 200
    assert management.put("/v1/devices/153FA/parameters/floor", {"value": "2"}).status == 201
    send("01", radio={"rssi": Decimal("-120.5")})
    decode_by(
        management,
        "javascript",
        script(
            "return { data: { id: input.device.id, type: input.device.type, site: input.device.tags.site,"
            " floor: input.device.parameters.floor, rssi: input.radio.rssi, seq: input.radio.seqNumber,"
            " year: input.recvTime.getUTCFullYear() } };"
        ),
    )

    assert told(management)[0]["decoded_payload"] == {
        "id": "153FA",
        "type": "t",
        "site": "north",
        "floor": "2",
        "rssi": -120.5,
        "seq": 0,
        "year": datetime.fromtimestamp(START / 1000, UTC).year,
    }


def test_a_message_is_read_by_the_version_of_its_own_time(management: Management) -> None:
    send("01", "02", "03", "04")
    decode_by(management, "javascript", script("return { data: { old: input.bytes[0] } };"))
    since = datetime.fromtimestamp((START + 2 * MINUTE) / 1000, UTC).isoformat()
    decode_by(
        management, "javascript", script("return { data: { fresh: input.bytes[0] } };"), valid_from=since
    )

    messages = told(management)

    assert [message["decoded_payload"] for message in messages] == [
        {"old": 1},
        {"old": 2},
        {"fresh": 3},
        {"fresh": 4},
    ]
    assert [message["formatter"]["version"] for message in messages] == [1, 1, 2, 2]


def test_what_an_earlier_version_made_is_made_anew_when_it_is_read(management: Management) -> None:
    send("01", "02")
    decode_by(management, "javascript", script("return { data: { a: 1 } };"))
    assert [message["decoded_payload"] for message in told(management)] == [{"a": 1}] * 2

    decode_by(management, "javascript", script("return { data: { a: 2 } };"))

    assert [message["decoded_payload"] for message in told(management)] == [{"a": 2}] * 2


def test_sums_take_what_is_stored_and_say_how_much_is_outdated(
    management: Management, formatter_function: FormatterFunction
) -> None:
    send("01", "02", "03")
    decode_by(management, "javascript", script("return { data: { a: input.bytes[0] } };"))
    formatter_function.forget()
    query = {"query": "sum", "variables": "a", "start_date": "1970-01-01T00:00:00Z"}

    before = management.get(DATA, **query).json
    assert formatter_function.calls == []
    table = management.request("GET", DATA, query, headers={"accept": "text/csv"})
    told(management, limit=2)
    between = management.get(DATA, **query).json
    told(management)
    after = management.get(DATA, **query).json

    assert (before["data"], before["outdated"]) == ([], 3)
    assert table.headers["X-Outdated"] == "3"
    assert (between["data"][0]["value"], between["outdated"]) == (3, 1)
    assert after["data"][0]["value"] == 6
    assert "outdated" not in after


FAULTS = {
    "throttled": THROTTLED,
    "killed": InvocationRefused("The function failed"),
    "slow": InvocationRefused("Read timeout"),
    "rubbish": "what?",
    "too few results": {"version": 1, "results": []},
    "a number": 7,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_messages_are_read_while_the_function_is_down_and_decoded_when_it_is_back(
    fault: str, management: Management, formatter_function: FormatterFunction
) -> None:
    send("01", variables=(Variable("mode", "eco"),))
    decode_by(management, "javascript", script("return { data: { a: 1 } };"))
    formatter_function.answer = FAULTS[fault]

    [down] = told(management)
    assert values(management)["mode"] == "eco"
    formatter_function.answer = None
    [up] = told(management)

    assert down["decode_error"]
    assert "decoded_payload" not in down
    assert up["decoded_payload"] == {"a": 1}


ERRORS = {
    "its own": ("return { errors: ['7 bytes expected', 'sorry'] };", "7 bytes expected; sorry"),
    "a throw": ("throw new Error('no');", "no"),
    "a string": ("return 'x';", ""),
    "NaN": ("return { data: { a: NaN } };", ""),
    "a cycle": ("var a = {}; a.a = a; return { data: a };", ""),
    "10,000 values": ("var a = []; for (var i = 0; i < 1e4; i++) a.push(i); return { data: { a: a } };", ""),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_is_a_result_that_is_kept(
    case: str, management: Management, formatter_function: FormatterFunction
) -> None:
    returned, text = ERRORS[case]
    send("01")
    decode_by(management, "javascript", script(returned))
    formatter_function.forget()

    first, second = told(management), told(management)

    assert first == second
    assert text in first[0].get("decode_error", "") + str(first[0].get("decoded_payload_warnings", ""))
    assert formatter_function.calls == [1]


def test_a_script_that_times_out_is_tried_again(
    management: Management, formatter_function: FormatterFunction
) -> None:
    send("01")
    decode_by(management, "javascript", script("while (true) {}"))
    formatter_function.forget()

    [first] = told(management)
    told(management)

    assert first["decode_error"] == "the script takes too long"
    assert formatter_function.calls == [1, 1]


def test_a_formatter_that_is_gone_is_named(management: Management) -> None:
    send(PAYLOAD)
    decode_by(management, "sigfox_grammar", GRAMMAR)
    assert management.patch("/v1/device-types/t", {"uplink_formatter": None}).status == 200
    assert management.delete("/v1/formatters/f").status in {200, 204}

    assert told(management) == [{}]


def test_of_one_request_scripts_read_200_messages(
    management: Management, formatter_function: FormatterFunction
) -> None:
    send(*["01"] * 205)
    decode_by(management, "javascript", script("return { data: { a: 1 } };"))
    formatter_function.forget()

    first = told(management, limit=205)
    second = told(management, limit=205)

    assert [("decoded_payload" in message) for message in first] == [True] * 200 + [False] * 5
    assert all("decode_error" in message for message in first[200:])
    assert all("decoded_payload" in message for message in second)
    assert formatter_function.calls == [200, 5]
