"""Messages are told with what formatters make of their payloads, and told whatever becomes of that."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from sigbridge.aws import invocation
from sigbridge.devices import register_device
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter, scripts
from sigbridge.formatters.cache import forget_cached_formatters
from sigbridge.settings import settings
from sigbridge.store.connections import client
from tests.event_schemas import violations
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.event_bus import RecordedBus, recorded_bus
from tests.functional.failing_store import failing, throttled, unreachable
from tests.functional.lambdas import Context, event, handler
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.store_requests import store_requests

DEVICE = "153FA"
SCRIPT = """
function decodeUplink(input) {
  if (input.bytes[0] === 255) throw new Error('broken');
  return {
    data: { first: input.bytes[0] / 10, rssi: input.radio.rssi },
    warnings: input.bytes.length < 2 ? ['short'] : []
  };
}
function normalizeUplink(input) { return { data: { air: { temperature: input.data.first } } }; }
"""


class PlayedLambda:
    """Lambda, which runs the function `formatter` in this process.

    Attributes:
        invocations: The events that it got.
        fault: What it does instead; None for nothing else.
    """

    def __init__(self) -> None:
        self.invocations: list[dict[str, Any]] = []
        self.fault: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def invoke(self, *, Payload: str, **_function: object) -> dict[str, Any]:  # noqa: N803 - boto3's
        sent = json.loads(Payload)
        self.invocations.append(sent)
        if self.fault is not None:
            return self.fault(sent)
        run: Any = handler("formatter")
        return answered(run(sent, Context("formatter")))


def answered(content: object) -> dict[str, Any]:
    """An answer as boto3 gives it."""
    return {"Payload": BytesIO(json.dumps(content).encode())}


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> PlayedLambda:
    """Lambda, as functions that wait for an answer meet it."""
    functions = PlayedLambda()
    monkeypatch.setattr(invocation, "waiting_client", lambda _wait_ms: functions)
    return functions


@pytest.fixture
def bus(table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedBus]:  # noqa: ARG001 - it must exist
    """The bus that the stack names; everything that it took must be as the schemas say."""
    monkeypatch.setenv("EVENT_BUS_NAME", "farm-events")
    settings.cache_clear()
    with recorded_bus() as bus:
        yield bus
    for taken in bus.events:
        assert violations(taken.kind, taken.detail) == []


class Field:
    """A device in the field, its formatter, and the change stream between table and bus."""

    def __init__(
        self, invoke: Invoke, management: Management, bus: RecordedBus, functions: PlayedLambda
    ) -> None:
        self.invoke = invoke
        self.functions = functions
        self.management = management
        self.bus = bus
        self.stream = ChangeStream()
        self.now = int(time.time())

    def give(self, kind: str, source: str = "") -> None:
        """Gives the device a type with a formatter."""
        put_formatter("demo", "f", NewVersion(FormatterKind(kind), source))
        assert self.management.post("/v1/device-types", {"id": "t", "uplink_formatter": "f"}).status == 201
        register_device("demo", DEVICE)
        assert self.management.patch(f"/v1/devices/{DEVICE}", {"type": "t"}).status == 200
        forget_cached_devices()
        self.stream.take()
        # The source was checked.
        self.functions.invocations.clear()

    def body(self, number: int = 1, data: str = "d70a", **facts: object) -> dict[str, Any]:
        """A message as Sigfox has it."""
        return {"device": DEVICE, "time": self.now + number, "seqNumber": number, "data": data} | facts

    def send(self, *bodies: dict[str, Any]) -> None:
        """Lets the device send messages, all in one batch."""
        assert self.invoke("uplink", event("uplink.json", body=list(bodies))).status == 200

    def send_advanced(self, body: dict[str, Any]) -> None:
        """Lets Sigfox send what its network adds to a message."""
        assert self.invoke("sigfox_service", event("sigfox_data_advanced.json", body=body)).status == 200

    def publish(self) -> list[StreamRecord]:
        """Hands all changes over, and those that come of them, and returns the first ones."""
        records = self.stream.take()
        assert self.stream.publish(records) == []
        told = len(self.bus.events)
        if stored := self.stream.take():
            assert self.stream.publish(stored) == []
        assert len(self.bus.events) == told
        return records

    def told(self) -> list[dict[str, Any]]:
        """The messages of the events that the bus took, the earliest first; each may be told twice."""
        messages = [taken.detail["message"] for taken in self.bus.events]
        return sorted(messages, key=lambda message: message["time"])

    def read(self) -> list[dict[str, Any]]:
        """Reads the messages as a user does, the earliest first."""
        answer = self.management.get(f"/v1/devices/{DEVICE}/messages", order="asc", limit=1000)
        messages: list[dict[str, Any]] = answer.json["messages"]
        return messages


@pytest.fixture
def field(invoke: Invoke, management: Management, bus: RecordedBus, functions: PlayedLambda) -> Field:
    """A device that is not registered yet."""
    return Field(invoke, management, bus, functions)


DECODED = (
    "decoded_payload",
    "decoded_payload_warnings",
    "normalized_payload",
    "decode_error",
    "formatter",
)


def decoded(message: dict[str, Any]) -> dict[str, Any]:
    """What a formatter made of a message, as it is told or read."""
    return {name: message[name] for name in DECODED if message.get(name) is not None}


def test_a_message_is_told_just_as_it_is_read(field: Field, functions: PlayedLambda) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body(1, "d7", rssi=-120.5), field.body(2, "ff"), field.body(3, ""))
    field.publish()

    told = [decoded(message) for message in field.told()]

    assert told == [
        {
            "decoded_payload": {"first": 21.5, "rssi": -120.5},
            "decoded_payload_warnings": ["short"],
            "normalized_payload": [{"air": {"temperature": 21.5}}],
            "formatter": {"id": "f", "version": 1},
        },
        {"decode_error": told[1]["decode_error"], "formatter": {"id": "f", "version": 1}},
        {},
    ]
    assert "broken" in told[1]["decode_error"]
    assert told == [decoded(message) for message in field.read()]
    assert len(functions.invocations) == 1


def test_a_batch_of_changes_is_one_invocation_and_one_write_for_each_message(
    field: Field, functions: PlayedLambda, stored: Stored
) -> None:
    field.give("javascript", SCRIPT)
    field.send(*(field.body(number, f"{number:02x}00") for number in range(100)))
    records = field.stream.take()

    with store_requests() as requests:
        assert field.stream.publish(records) == []

    assert len(functions.invocations) == 1
    assert len(functions.invocations[0]["calls"]) == 100
    assert len(functions.invocations[0]["scripts"]) == 1
    assert requests["UpdateItem"] == 100
    assert requests["PutItem"] == 0
    firsts = [message["decoded_payload"]["first"] for message in field.told()]
    assert firsts == [number / 10 for number in range(100)]
    assert all("decoded" in item for item in stored(sk="MSG#"))
    assert len(field.read()) == 100
    assert len(functions.invocations) == 1


@pytest.mark.parametrize(
    ("kind", "source", "data", "payload"),
    [
        ("sigfox_grammar", "t::uint:8:/10", {"t": 21.5}, "d7"),
        ("cayenne_lpp", "", {"temperature_1": 1.6}, "01670010"),
    ],
)
def test_what_needs_no_script_is_told_without_an_invocation_or_a_write(
    kind: str, source: str, data: dict[str, Any], payload: str, field: Field, functions: PlayedLambda
) -> None:
    field.give(kind, source)
    field.send(field.body(1, payload))
    records = field.stream.take()

    with store_requests() as requests:
        assert field.stream.publish(records) == []

    [message] = field.told()
    assert (message["decoded_payload"], message["formatter"]) == (data, {"id": "f", "version": 1})
    assert functions.invocations == []
    assert requests["UpdateItem"] == requests["PutItem"] == 0


def test_an_application_without_formatters_costs_no_look_up_of_devices(field: Field) -> None:
    field.send(field.body())
    records = field.stream.take()
    forget_cached_devices()

    with store_requests() as requests:
        assert field.stream.publish(records) == []

    assert field.told()[0].keys().isdisjoint(DECODED)
    assert requests == {"BatchGetItem": 1, "BatchWriteItem": 1}


def test_what_a_script_made_is_told_again_when_the_network_adds_to_the_message(
    field: Field, functions: PlayedLambda
) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body(rssi=-120))
    field.publish()
    field.send_advanced(field.body(lqi="Good"))
    field.publish()

    received, completed = field.told()
    assert decoded(received) == decoded(completed)
    assert (completed["decoded_payload"]["rssi"], completed["advanced"]) == (-120, {"lqi": "GOOD"})
    assert len(functions.invocations) == 1


@pytest.mark.parametrize("first", ["DATA_ADVANCED", "a delivery that says less"])
def test_what_a_script_made_without_knowing_all_is_made_anew(
    first: str, field: Field, functions: PlayedLambda, stored: Stored
) -> None:
    field.give("javascript", SCRIPT)
    if first == "DATA_ADVANCED":
        field.send_advanced(field.body(lqi="Good"))
    else:
        field.send(field.body())
    records = field.publish()
    field.send(field.body(rssi=-120))
    field.publish()

    received, completed = field.told()
    assert received["decoded_payload"] == {"first": 21.5}
    assert completed["decoded_payload"] == {"first": 21.5, "rssi": -120}
    assert [decoded(message) for message in field.read()] == [decoded(completed)]
    assert len(functions.invocations) == 2

    # A batch may come again when later ones were published.
    [item] = stored(sk="MSG#")
    assert field.stream.publish(records) == []
    assert stored(sk="MSG#") == [item]


def test_a_batch_that_comes_again_tells_the_same_and_spoils_nothing(
    field: Field, functions: PlayedLambda, stored: Stored
) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body())
    records = field.publish()
    told, [item] = [*field.bus.events], stored(sk="MSG#")

    assert field.stream.publish(records) == []
    functions.fault = FAULTS["throttled"]
    assert field.stream.publish(records) == []

    assert [each.detail for each in field.bus.events[:2]] == [told[0].detail] * 2
    assert {each.detail["id"] for each in field.bus.events} == {told[0].detail["id"]}
    assert stored(sk="MSG#") == [item]


def test_a_message_keeps_what_a_script_made_where_one_of_its_variables_is_deleted(
    field: Field, functions: PlayedLambda
) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body(note="x"))
    field.publish()

    answer = field.management.delete(f"/v1/devices/{DEVICE}/data", variables="note")

    assert answer.status == 200
    field.publish()
    assert [taken.kind for taken in field.bus.events] == ["Message received"]
    [message] = field.read()
    assert (message["decoded_payload"], message["variables"]) == ({"first": 21.5}, [])
    assert len(functions.invocations) == 1


def refused(code: str) -> Callable[[object], dict[str, Any]]:
    def refuse(_sent: object) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": code, "Message": "refused"}}, "Invoke")

    return refuse


def slow(_sent: object) -> dict[str, Any]:
    raise ReadTimeoutError(endpoint_url="https://lambda.example.com")


def not_there(_sent: object) -> dict[str, Any]:
    raise EndpointConnectionError(endpoint_url="https://lambda.example.com")


FAULTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "throttled": refused("TooManyRequestsException"),
    "not allowed": refused("AccessDeniedException"),
    "killed": lambda _: answered({"errorType": "Runtime.ExitError"}) | {"FunctionError": "Unhandled"},
    "slow": slow,
    "not there": not_there,
    "no JSON": lambda _: {"Payload": BytesIO(b"<html>")},
    "null": lambda _: answered(None),
    "no results": lambda _: answered({"results": "none"}),
    "too few results": lambda _: answered({"results": []}),
    "results of another form": lambda _: answered({"results": [{"data": {"first": 1}}]}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_formatter_that_is_down_keeps_no_message_from_being_told_and_it_is_read_later(
    fault: str, field: Field, functions: PlayedLambda, stored: Stored
) -> None:
    field.give("javascript", SCRIPT)
    functions.fault = FAULTS[fault]
    field.send(field.body())
    field.publish()

    [told] = field.told()
    assert told["payload"] == "d70a"
    assert decoded(told).keys() == {"decode_error", "formatter"}
    assert "decoded" not in stored(sk="MSG#")[0]

    functions.fault = None
    assert field.read()[0]["decoded_payload"] == {"first": 21.5}
    assert "decoded" in stored(sk="MSG#")[0]


def test_what_the_store_refuses_to_keep_is_told_and_made_again_when_it_is_read(
    field: Field, functions: PlayedLambda, stored: Stored
) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body())
    with failing(throttled, lambda request: "decoded" in request.get("UpdateExpression", "")):
        field.publish()

    assert field.told()[0]["decoded_payload"] == {"first": 21.5}
    assert "decoded" not in stored(sk="MSG#")[0]
    assert field.read()[0]["decoded_payload"] == {"first": 21.5}
    assert "decoded" in stored(sk="MSG#")[0]
    assert len(functions.invocations) == 2


@pytest.mark.parametrize("unread", ['"APP"', '"DEVICE"', "FORMATTER#", "VERSION#", "PARAM#"])
def test_a_message_is_told_without_values_where_the_store_can_not_be_asked_how_to_read_it(
    unread: str, field: Field, caplog: pytest.LogCaptureFixture
) -> None:
    # Sources are remembered by what they say: this one was never read.
    field.give("javascript", f"{SCRIPT}// {time.time_ns()}")
    field.send(field.body())
    forget_cached_devices()
    forget_cached_formatters()
    with failing(unreachable, lambda request: unread in json.dumps(request)):
        field.publish()

    assert field.told()[0].keys().isdisjoint(DECODED)
    assert [line.levelname for line in caplog.records] == ["WARNING"]
    assert field.read()[0]["decoded_payload"] == {"first": 21.5}


@pytest.mark.parametrize("item", [("APP#demo", "APP"), (f"DEVICE#demo#{DEVICE}", "DEVICE")])
def test_a_message_of_what_was_deleted_meanwhile_is_told_without_values(
    item: tuple[str, str], field: Field, table: str
) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body())
    records = field.stream.take()
    client().delete_item(TableName=table, Key={"pk": {"S": item[0]}, "sk": {"S": item[1]}})
    forget_cached_devices()

    assert field.stream.publish(records) == []

    assert field.told()[0].keys().isdisjoint(DECODED)


def test_a_formatter_that_is_gone_is_named(field: Field, table: str) -> None:
    field.give("javascript", SCRIPT)
    client().delete_item(TableName=table, Key={"pk": {"S": "APP#demo"}, "sk": {"S": "FORMATTER#f"}})
    forget_cached_formatters()
    field.send(field.body())
    field.publish()

    assert decoded(field.told()[0]) == {
        "decode_error": "there is no formatter 'f'",
        "formatter": {"id": "f", "version": 0},
    }


def suspended(sent: dict[str, Any]) -> dict[str, Any]:
    """What the function answers when a script took too long five times."""
    kinds = ["timeout"] * 5 + ["suspended"] * (len(sent["calls"]) - 5)
    return answered(
        {
            "results": [
                {"error": {"kind": kind, "message": f"it is {kind}"}, "logs": [], "cpu_ms": 100}
                for kind in kinds
            ]
        }
    )


def test_a_script_that_takes_too_long_too_often_is_counted_and_named(
    field: Field, functions: PlayedLambda, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    field.give("javascript", SCRIPT)
    functions.fault = suspended
    field.send(*(field.body(number) for number in range(8)))
    counted()
    field.publish()

    assert counted() == {"Warnings": 8, "LeftUndone": 3}
    errors = Counter(message["decode_error"] for message in field.told())
    assert errors == {"it is timeout": 5, "it is suspended": 3}
    [line] = caplog.records
    assert line.message == "a formatter could not read payloads: it is timeout"
    said = {name: line.__dict__[name] for name in ("application", "formatter", "version", "messages")}
    assert said == {"application": "demo", "formatter": "f", "version": 1, "messages": 8}
    assert line.__dict__["suspended"] == 3


def test_errors_of_a_formatter_are_counted_and_good_payloads_are_not(
    field: Field, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    field.give("javascript", SCRIPT)
    field.send(field.body(1), field.body(2))
    counted()
    field.publish()
    assert counted() == {}

    field.send(field.body(3), field.body(4, "ff"), field.body(5, "ff"))
    field.publish()

    assert counted() == {"Warnings": 2}
    [line] = caplog.records
    assert (line.__dict__["messages"], line.__dict__["suspended"]) == (2, 0)


def test_what_would_take_too_many_invocations_is_left_for_who_reads_it(
    field: Field, functions: PlayedLambda, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.give("javascript", SCRIPT)
    field.send(*(field.body(number) for number in range(1, 5)))
    monkeypatch.setattr(scripts, "_MOST_CALLS", 1)

    def take_three_seconds(sent: dict[str, Any]) -> dict[str, Any]:
        clock.now_ms += 3_000
        run: Any = handler("formatter")
        return answered(run(sent, Context("formatter")))

    functions.fault = take_three_seconds
    field.publish()

    assert sum("decoded_payload" in message for message in field.told()) == 2
    assert len(field.told()) == 4
    functions.fault = None
    assert all(message["decoded_payload"] for message in field.read())
