"""Further deliveries of a message: what is missing is filled in, another payload is kept, nothing is lost."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from sigbridge.messages import store_messages
from sigbridge.model.message import MessagePart, Network, ReceivedMessage, Variable
from sigbridge.model.stored_message import StoredMessage
from sigbridge.store import timeline
from sigbridge.store.item_size import stored_size
from tests.functional.change_stream import ChangeStream
from tests.functional.conftest import Counted, Invoke, Stored
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import Clock, PlayedDevice
from tests.functional.store_requests import store_requests

DEVICE = "153FA"
OTHER_HEX = "1112131415161718"
STATION = {"rssi": -120, "station": "1D44"}

type Body = Mapping[str, Any]


@pytest.fixture
def body(clock: Clock) -> Body:
    """What all deliveries of the message say."""
    return {"device": DEVICE, "time": clock.seconds, "seqNumber": 5}


def deliver(invoke: Invoke, body: Body, function: str = "uplink") -> Answer:
    """Deliver an uplink, or whatever the function takes."""
    file = "sigfox_data_advanced.json" if function == "sigfox_service" else f"{function}.json"
    answer = invoke(function, event(file, body=dict(body)))
    assert answer.status in {200, 204}
    return answer


def shown(management: Management) -> dict[str, Any]:
    """The one message of the device."""
    [message] = management.get(f"/v1/devices/{DEVICE}/messages").json["messages"]
    return dict(message)


def values(message: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a message by name."""
    return {variable["variable"]: variable["value"] for variable in message["variables"]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"data": "0a"}),
        ({"data": ""}, {"data": "0a"}),
        ({"data": "0a"}, {}),
        ({"data": "0a"}, {"data": ""}),
        ({"lat": "23.5", "lng": "121.0"}, {"data": "0a"}),
    ],
    ids=["none", "empty", "only the first", "then empty", "a position"],
)
def test_a_payload_is_kept_whichever_delivery_brings_it(
    first: Body, second: Body, body: Body, invoke: Invoke, management: Management
) -> None:
    deliver(invoke, body | first)
    answer = deliver(invoke, body | second)

    assert (answer.json["accepted"], answer.json["duplicates"]) == (0, 1)
    message = shown(management)
    assert message["payload"] == "0a"
    assert "conflicts" not in message


def test_what_a_delivery_lacked_is_filled_in_and_what_came_first_stays(
    body: Body, invoke: Invoke, management: Management
) -> None:
    deliver(invoke, body | {"data": "0a", "temperature": 21.5, **STATION})

    deliver(
        invoke,
        body | {"data": "0a", "ack": False, "humidity": 40, "rssi": -130, "station": "93CF", "snr": 12},
    )

    message = shown(management)
    assert message["ack"] is False
    assert message["radio"] == STATION | {"snr": 12}
    assert values(message) == {"temperature": 21.5, "humidity": 40}


def test_a_value_that_differs_stays_as_it_was_and_a_warning_says_so(
    body: Body, invoke: Invoke, management: Management
) -> None:
    deliver(invoke, body | {"data": "0a", "temperature": 21.5})
    deliver(invoke, body | {"data": "0a", "temperature": 22})

    message = shown(management)
    assert values(message) == {"temperature": 21.5}
    assert message["warnings"] == [
        {"field": "temperature", "message": "differs from the first delivery, which is unchanged"}
    ]


def test_each_other_payload_is_kept_once_and_counted(
    body: Body, invoke: Invoke, management: Management, counted: Counted
) -> None:
    for payload in ("0a", "0b", "0a", "0c", "0b"):
        deliver(invoke, body | {"data": payload})

    message = shown(management)
    assert message["payload"] == "0a"
    assert [conflict["payload"] for conflict in message["conflicts"]] == ["0b", "0c"]
    assert counted() == {"Warnings": 3}


def test_payloads_that_differ_are_kept_as_far_as_there_is_room(
    body: Body, invoke: Invoke, stored: Stored
) -> None:
    for number in range(20):
        deliver(invoke, body | {"data": f"{number:02x}"})

    [message] = stored(sk="MSG#")
    assert [conflict["payload"] for conflict in message["conflicts"]] == [f"{n:02x}" for n in range(1, 11)]


@pytest.mark.parametrize("function", ["uplink", "sigfox_service"])
def test_an_equal_repeat_is_one_request(function: str, body: Body, invoke: Invoke) -> None:
    told = body | {"data": "0a", "lqi": "Good"} if function == "sigfox_service" else body | {"data": "0a"}
    full = told | {"temperature": 21.5, "n": [1, 2.5, True, "x"], **STATION}
    deliver(invoke, full, function)

    with store_requests() as requests:
        deliver(invoke, full, function)

    assert requests == Counter({"UpdateItem" if function == "sigfox_service" else "PutItem": 1})


def test_a_repeat_of_a_conflicting_delivery_is_one_request(body: Body, invoke: Invoke) -> None:
    for payload in ("0a", "0b"):
        deliver(invoke, body | {"data": payload, "temperature": payload})

    with store_requests() as requests:
        deliver(invoke, body | {"data": "0b", "temperature": "0b"})

    assert requests == Counter({"PutItem": 1})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["uplink first", "advanced first"])
def test_a_payload_of_data_advanced_that_differs_is_kept_too(
    order: tuple[int, int], body: Body, invoke: Invoke, management: Management
) -> None:
    parts = [("uplink", {"data": "0a"}), ("sigfox_service", {"data": "0b", "lqi": "Good"})]

    for position in order:
        function, told = parts[position]
        deliver(invoke, body | told, function)

    message = shown(management)
    first, second = (parts[position][1]["data"] for position in order)
    assert (message["payload"], message["conflicts"][0]["payload"]) == (first, second)


def test_generic_messages_are_filled_in_where_their_keys_meet(
    clock: Clock, management: Management, key: str
) -> None:
    assert key
    message = ReceivedMessage(DEVICE, DEVICE, Network.GENERIC, time=clock.now_ms, seq_number=7)
    for variables in ((Variable("a", 1),), (Variable("b", Decimal("2.5")),), (Variable("a", 1),)):
        [stored] = store_messages("demo", [_with(message, variables)]).messages

    assert stored.repeated
    assert values(shown(management)) == {"a": 1, "b": 2.5}


def _with(message: ReceivedMessage, variables: tuple[Variable, ...]) -> ReceivedMessage:
    return ReceivedMessage(
        *(message.device_id, message.device_as_received, message.network),
        time=message.time,
        seq_number=message.seq_number,
        variables=variables,
    )


def test_i2_a_conflicting_callback_gets_the_first_ones_answer(played: PlayedDevice) -> None:
    played.push({}, {"frm_payload": "ERITFBUWFxg="})
    first = played.uplink()

    assert played.ask(first) == "0102030405060708"
    assert played.ask({**first, "data": "ff"}) == "0102030405060708"
    assert len(played.queue()) == 1
    assert played.ask() == OTHER_HEX


def test_what_another_delivery_changes_meanwhile_is_not_lost(
    body: Body, invoke: Invoke, management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(invoke, body | {"data": "0a"})
    others = [{"data": "0c", "b": 2}, {"data": "0d", "c": 3}]

    change = timeline.change

    def after_others(application_id: str, seen: StoredMessage, wanted: StoredMessage) -> None:
        if others:
            deliver(invoke, body | others.pop())
        change(application_id, seen, wanted)

    monkeypatch.setattr(timeline, "change", after_others)
    deliver(invoke, body | {"data": "0b", "a": 1})

    message = shown(management)
    assert sorted(conflict["payload"] for conflict in message["conflicts"]) == ["0b", "0c", "0d"]
    assert values(message) == {"a": 1, "b": 2, "c": 3}


def test_data_advanced_alone_is_a_message(body: Body, invoke: Invoke, stored: Stored) -> None:
    invoke("uplink", event("uplink.json"))
    for _ in range(2):
        deliver(invoke, body | {"data": "0a", "lqi": "Good"}, "sigfox_service")

    state = invoke("device_state", event("device_state.json", path={"device_id": DEVICE.lower()})).json
    assert state["last_message"]["payload"] == "0a"

    deliver(invoke, body | {"data": "0a"})
    assert len(stored(sk="MSG#")) == 2


LARGE = "x" * 5_000
LARGEST_ITEM_BYTES = 400_000


def large_part(part: MessagePart, clock: Clock, number: int = 60) -> ReceivedMessage:
    """A part that says about 300 kB."""
    variables = tuple(Variable(f"{part}_{position}", LARGE) for position in range(number))
    facts = {"duplicates": [{"bs_id": "1D44"}] * 4_000, "lqi": "GOOD"}
    return ReceivedMessage(
        *(DEVICE, DEVICE, Network.SIGFOX, part),
        time=clock.now_ms,
        seq_number=1,
        radio=facts,
        variables=variables,
    )


@pytest.mark.parametrize(
    "parts", [(MessagePart.UPLINK, MessagePart.ADVANCED), (MessagePart.ADVANCED, MessagePart.UPLINK)]
)
def test_both_parts_of_a_message_always_fit(
    parts: tuple[MessagePart, MessagePart], key: str, clock: Clock, management: Management
) -> None:
    assert key
    for part in (*parts, *parts):
        [stored] = store_messages("demo", [large_part(part, clock)]).messages
        assert {warning.field for warning in stored.message.warnings} == {"duplicates", f"{part}_22"}

    message = shown(management)
    assert len(values(message)) == 44
    assert [warning["field"] for warning in message["warnings"]] == [
        *("duplicates", "uplink_22", "advanced_22")
    ]
    assert message["advanced"] == {"lqi": "GOOD"}


def test_the_largest_message_that_deliveries_can_make_fits_into_an_item(
    key: str, clock: Clock, stored: Stored
) -> None:
    assert key
    for number in range(4):
        for part in MessagePart:
            message = large_part(part, clock)
            added = tuple(Variable(f"{part}_{number}_{position}", LARGE) for position in range(60))
            told = ReceivedMessage(
                *(DEVICE, DEVICE, Network.SIGFOX, part),
                time=message.time,
                seq_number=1,
                radio={f"fact{number}_{position}": "x" * 3_000 for position in range(12)},
                variables=added,
            )
            store_messages("demo", [told])

    [message] = stored(sk="MSG#")
    assert stored_size(message) < LARGEST_ITEM_BYTES


def test_a_change_of_the_stream_tells_of_what_was_added(body: Body, invoke: Invoke, clock: Clock) -> None:
    stream = ChangeStream(lambda: clock.now_ms)
    deliver(invoke, body | {"lat": "23.5", "lng": "121.0"})
    deliver(invoke, body | {"data": "0a"})
    deliver(invoke, body | {"data": "0a"})

    records = [record for record in stream.take() if record["dynamodb"]["Keys"]["sk"]["S"].startswith("MSG#")]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY"]
    assert stream.hand_over(records) == []
