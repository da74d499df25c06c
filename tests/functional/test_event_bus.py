"""The event bus: what it is told, once and again, and what happens when it does not listen."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from threading import Barrier
from typing import Any

import pytest

from sigbridge.aws.event_bus import Entry, put, requests
from sigbridge.clock import now_ms
from sigbridge.devices import register_device
from sigbridge.downlinks import end_what_is_due
from sigbridge.integrations.delivery import Delivery, deliver
from sigbridge.integrations.destination import DeliveryFailure
from sigbridge.model.downlink_history import Step
from sigbridge.model.event import Event
from sigbridge.settings import settings
from sigbridge.store.due import shard_of
from tests.event_schemas import violations
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.conftest import Invoke, Stored
from tests.functional.event_bus import (
    FOR_A_WHILE,
    FOR_GOOD,
    BusFailure,
    RecordedBus,
    recorded_bus,
)
from tests.functional.lambdas import ROOT, event
from tests.functional.retry_queues import RetryQueues

BUS = "farm-events"
DEVICE = "153FA"
CALLBACKS = {
    "uplink": "uplink",
    "batch_uplink": "batch_uplink",
    "bidir_downlink": "bidir_downlink",
    "sigfox": "sigfox_service",
}
LIFE = ["Downlink queued", "Message received", "Downlink answered", "Report received", "Downlink sent"]


def function_of(file: str) -> str | None:
    """The function of a callback's event file; None for another's."""
    return next((function for prefix, function in CALLBACKS.items() if file.startswith(prefix)), None)


EVENT_FILES = sorted(file.name for file in (ROOT / "events").glob("*.json") if function_of(file.name))


class Field:
    """A device in the field, its user, and the change stream between table and bus."""

    def __init__(self, invoke: Invoke) -> None:
        self.invoke = invoke
        self.stream = ChangeStream()
        self.now = int(time.time())
        self.seq_number = 0

    def push(self, **item: Any) -> str:
        """Pushes a downlink and returns its id."""
        body = {"downlinks": [{"frm_payload": "AQIDBAUGBwg="} | item]}
        answer = self.invoke("queue_push", event("queue_push.json", body=body))
        assert answer.status == 200
        return answer.headers["X-Downlink-Ids"]

    def clear(self) -> None:
        """Clears the queue."""
        request = event("queue_replace.json", body={"downlinks": []})
        assert self.invoke("queue_replace", request).status == 200

    def ask(self) -> None:
        """Lets the device ask, a hundred seconds later; there must be a downlink for it."""
        self.now += 100
        self.seq_number += 1
        body = {"device": DEVICE, "time": self.now, "data": "00", "seqNumber": self.seq_number, "ack": True}
        assert self.invoke("bidir_downlink", event("bidir_downlink.json", body=body)).status == 200

    def acknowledge(self, code: int) -> None:
        """Lets Sigfox acknowledge the last answer."""
        body = {"device": DEVICE, "time": self.now, "infoCode": code, "infoMessage": "so"}
        assert self.invoke("sigfox_service", event("sigfox_acknowledge.json", body=body)).status == 200

    def deliver(self) -> list[StreamRecord]:
        """Hands all changes to both readers of the stream, and those that come of them; none may fail."""
        delivered: list[StreamRecord] = []
        while records := self.stream.take():
            assert self.stream.hand_over(records) == []
            assert self.stream.publish(records) == []
            delivered += records
        return delivered

    def live(self) -> str:
        """Takes one downlink from its push to the radio, and returns its id."""
        downlink_id = self.push()
        self.deliver()
        self.ask()
        self.deliver()
        self.acknowledge(0)
        self.deliver()
        return downlink_id

    def history(self, downlink_id: str) -> list[dict[str, Any]]:
        """Reads what happened to a downlink."""
        shown = self.invoke("downlink_show", event("downlink_show.json", path={"downlink_id": downlink_id}))
        history: list[dict[str, Any]] = shown.json["history"]
        return history


@pytest.fixture
def field(invoke: Invoke) -> Field:
    """A registered device."""
    register_device("demo", DEVICE)
    return Field(invoke)


@pytest.fixture
def queues(table: str, monkeypatch: pytest.MonkeyPatch) -> RetryQueues:  # noqa: ARG001 - it must exist
    """What the bus does not take, for a while or for good."""
    queues = RetryQueues("publish")
    monkeypatch.setenv("RETRY_QUEUE_URL", queues.retries_url)
    monkeypatch.setenv("UNDELIVERED_URL", queues.dead_letters_url)
    settings.cache_clear()
    return queues


@pytest.fixture
def bus(queues: RetryQueues, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedBus]:  # noqa: ARG001
    """The bus that the stack names; everything that it took must be as the schemas say."""
    monkeypatch.setenv("EVENT_BUS_NAME", BUS)
    settings.cache_clear()
    with recorded_bus() as bus:
        yield bus
    for taken in bus.events:
        assert (taken.bus, taken.source) == (BUS, "sigbridge")
        assert violations(taken.kind, taken.detail) == []
        assert (taken.detail["application_id"], taken.detail["version"]) == ("demo", 1)


def item_changes(records: Sequence[StreamRecord], prefix: str) -> list[StreamRecord]:
    """The changes of items whose sort key begins so."""
    return [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"].startswith(prefix)]


def test_a_life_is_told_step_by_step_each_step_once(field: Field, bus: RecordedBus) -> None:
    downlink_id = field.live()

    assert bus.kinds == LIFE
    assert len({taken.detail["id"] for taken in bus.events}) == len(LIFE)
    steps = [taken.detail for taken in bus.events if taken.kind.startswith("Downlink")]
    assert {detail["downlink"]["id"] for detail in steps} == {downlink_id}
    assert {detail["device_id"] for detail in steps} == {DEVICE}


def test_a_step_is_told_just_as_the_downlinks_history_has_it(field: Field, bus: RecordedBus) -> None:
    downlink_id = field.live()

    told = [taken.detail["step"] for taken in bus.events if "step" in taken.detail]

    assert told == field.history(downlink_id)


def test_a_downlink_is_told_by_the_names_that_the_queue_has_for_it(field: Field, bus: RecordedBus) -> None:
    item = {
        "f_port": 3,
        "priority": "HIGH",
        "confirmed": True,
        "confirmed_retry": {"max_attempts": 2},
        "correlation_ids": ["order-7"],
        "decoded_payload": {"valve": "open"},
        "expires_at": "2099-01-01T00:00:00.000Z",
    }
    downlink_id = field.push(**item)
    field.deliver()
    shown = field.invoke("downlink_show", event("downlink_show.json", path={"downlink_id": downlink_id})).json

    [told] = bus.events

    of_the_event, of_the_life = {"source"}, {"state", "attempt", "history"}
    assert {name: told.detail["downlink"][name] for name in item} == item
    assert told.detail["downlink"].keys() - of_the_event == shown.keys() - of_the_life
    assert all(told.detail["downlink"][name] == shown[name] for name in shown.keys() - of_the_life)


def test_everything_that_can_happen_to_downlinks_is_told(field: Field, bus: RecordedBus) -> None:
    soon = {"expires_at": "2099-01-01T00:00:00Z"}
    shard = shard_of("demo", DEVICE)
    lives: list[tuple[dict[str, Any], list[Callable[[], object]]]] = [
        ({}, [field.ask, lambda: field.acknowledge(5), lambda: field.acknowledge(0)]),
        ({"confirmed": True}, [field.ask, lambda: field.acknowledge(4), field.clear]),
        ({"confirmed": True}, [field.ask, field.clear, lambda: field.acknowledge(1)]),
        (
            {},
            [
                field.ask,
                lambda: end_what_is_due(shard, now_ms() + 700_000, now_ms() + 10_000),
            ],
        ),
        (soon, [lambda: end_what_is_due(shard, 4_200_000_000_000, now_ms() + 10_000)]),
    ]
    for item, happenings in lives:
        field.push(**item)
        field.deliver()
        for happen in happenings:
            happen()
            field.deliver()

    assert set(bus.kinds) == {f"Downlink {step}" for step in Step} | {"Message received", "Report received"}
    assert len({taken.detail["id"] for taken in bus.events}) == len(bus.events)


@pytest.mark.parametrize("file", EVENT_FILES)
def test_what_every_callback_leaves_is_told(file: str, field: Field, bus: RecordedBus) -> None:
    function = function_of(file)
    assert function is not None

    assert field.invoke(function, event(file)).status in {200, 204}
    field.deliver()

    # GEOLOC tells where a message was sent from, as DATA_ADVANCED does.
    is_of_message = function != "sigfox_service" or "advanced" in file or "geoloc" in file
    assert set(bus.kinds) == {"Message received" if is_of_message else "Report received"}


def test_both_parts_of_a_message_are_told_once_each(field: Field, bus: RecordedBus, stored: Stored) -> None:
    body = {"device": DEVICE, "time": field.now, "data": "17", "seqNumber": 1}
    advanced = body | {"lqi": "Good", "computedLocation": {"lat": 45.19, "lng": 5.71, "radius": 2447}}
    for _ in range(2):
        field.invoke("uplink", event("uplink.json", body=body | {"temperature": 21.5}))
        field.invoke("sigfox_service", event("sigfox_data_advanced.json", body=advanced))
        field.deliver()

    assert bus.kinds == ["Message received", "Message completed"]
    received, completed = (taken.detail["message"] for taken in bus.events)
    assert received["variables"] == [{"variable": "temperature", "value": 21.5}]
    assert completed == received | {
        "advanced_at": completed["advanced_at"],
        "advanced": {"lqi": "GOOD"},
        "location": {"latitude": 45.19, "longitude": 5.71, "radius": 2447},
    }
    assert len(stored(sk="MSG#")) == 1


def test_a_replayed_change_of_the_queue_is_told_no_second_time(field: Field, bus: RecordedBus) -> None:
    downlink_id = field.push()
    field.ask()
    records = field.deliver()
    told, history = list(bus.kinds), field.history(downlink_id)

    for _ in range(2):
        assert field.stream.hand_over(item_changes(records, "STATE")) == []
        assert item_changes(field.deliver(), "DOWNLINK#") == []

    assert bus.kinds == told == ["Message received", "Downlink queued", "Downlink answered"]
    assert field.history(downlink_id) == history


def test_a_replayed_batch_tells_the_same_events_under_the_same_ids(field: Field, bus: RecordedBus) -> None:
    field.live()
    field.push(confirmed=True)
    field.ask()
    field.acknowledge(4)
    field.deliver()
    first = {(taken.kind, taken.detail["id"]): taken.detail for taken in bus.events}
    assert len(first) == len(bus.events)
    bus.events.clear()

    assert field.stream.publish(field.stream.seen) == []

    assert len(bus.events) == len(first)
    assert {(taken.kind, taken.detail["id"]): taken.detail for taken in bus.events} == first


def test_histories_are_written_whatever_the_bus_does(field: Field, bus: RecordedBus) -> None:
    bus.failure = FOR_A_WHILE["read timeout"]

    downlink_id = field.live()

    assert [step["state"] for step in field.history(downlink_id)] == ["queued", "answered", "sent"]


@pytest.mark.parametrize("failure", FOR_GOOD.values(), ids=FOR_GOOD.keys())
def test_what_the_bus_refuses_for_good_is_a_dead_letter(
    failure: BusFailure,
    field: Field,
    bus: RecordedBus,
    queues: RetryQueues,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus.failure = failure

    field.live()

    assert bus.events == []
    letters = queues.dead_letters()
    assert Counter(letter["kind"] for letter in letters) == Counter(LIFE)
    assert {letter["destination"] for letter in letters} == {"event_bus"}
    assert all(letter["reason"].startswith("The event bus refused an event: ") for letter in letters)
    assert queues.retry() == 0
    lines = {line.__dict__["event_id"]: line for line in caplog.records}
    assert lines.keys() == {letter["detail"]["id"] for letter in letters}
    assert {line.levelname for line in lines.values()} == {"ERROR"}


@pytest.mark.parametrize("failure", FOR_A_WHILE.values(), ids=FOR_A_WHILE.keys())
def test_what_the_bus_does_not_take_for_a_while_it_is_told_later(
    failure: BusFailure, field: Field, bus: RecordedBus, queues: RetryQueues
) -> None:
    bus.failure = failure
    field.live()

    assert queues.retry() == len(LIFE)
    bus.failure = None
    assert queues.retry() == 0

    assert Counter(bus.kinds) == Counter(LIFE)
    assert queues.dead_letters() == []


def test_an_event_that_waited_is_the_one_that_was_to_come(
    field: Field, bus: RecordedBus, queues: RetryQueues
) -> None:
    field.push(decoded_payload={"note": "\uffff\ufffe caffè ☕", "level": 0.1})
    field.deliver()
    [at_once] = bus.events
    bus.failure = FOR_A_WHILE["throttled"]

    assert field.stream.publish(field.stream.seen) == []
    bus.failure = None
    assert queues.retry() == 0

    assert bus.events == [at_once] * 2


def test_an_event_waits_twice_as_long_each_time(field: Field, bus: RecordedBus, queues: RetryQueues) -> None:
    bus.failure = FOR_A_WHILE["unreachable"]
    field.push()
    field.deliver()

    for _ in range(9):
        assert queues.retry() == 1

    assert queues.waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_an_event_that_is_refused_when_it_is_tried_again_is_a_dead_letter(
    field: Field, bus: RecordedBus, queues: RetryQueues
) -> None:
    bus.failure = FOR_A_WHILE["entry failed"]
    field.push()
    field.deliver()
    bus.failure = FOR_GOOD["not allowed"]

    assert queues.retry() == 0

    [letter] = queues.dead_letters()
    assert (letter["kind"], letter["reason"]) == (
        "Downlink queued",
        "The event bus refused an event: AccessDeniedException",
    )


def test_an_event_of_a_destination_that_is_gone_is_a_dead_letter(
    field: Field, bus: RecordedBus, queues: RetryQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.failure = FOR_A_WHILE["throttled"]
    field.push()
    field.deliver()
    monkeypatch.delenv("EVENT_BUS_NAME")
    settings.cache_clear()

    assert queues.retry() == 0

    [letter] = queues.dead_letters()
    assert letter["reason"] == "There is no destination event_bus any more"


def test_a_dead_letter_can_be_put_back_into_the_retry_queue(
    field: Field, bus: RecordedBus, queues: RetryQueues
) -> None:
    bus.failure = FOR_GOOD["not allowed"]
    field.push()
    field.deliver()
    [letter] = queues.dead_letters()
    bus.failure = None

    queues.send(json.dumps(letter))

    assert queues.retry() == 0
    assert bus.kinds == ["Downlink queued"]


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "[]", "{}"),
        '{"version": 1, "destination": "event_bus", "kind": "x", "detail": 1}',
        '{"version": 2, "destination": "event_bus", "kind": "x", "detail": {"id": "1"}}',
        '{"destination": "event_bus", "kind": "x", "detail": {"id": "1"}}',
    ],
)
def test_what_is_no_event_waits_for_nothing_but_its_dead_letter(
    body: str, field: Field, bus: RecordedBus, queues: RetryQueues
) -> None:
    bus.failure = FOR_A_WHILE["throttled"]
    field.push()
    field.deliver()
    queues.send(body)
    bus.failure = None

    assert queues.retry() == 1
    assert bus.kinds == ["Downlink queued"]


@pytest.mark.parametrize(
    ("failures", "url"), [(FOR_A_WHILE, "RETRY_QUEUE_URL"), (FOR_GOOD, "UNDELIVERED_URL")]
)
def test_changes_come_again_where_neither_the_bus_nor_a_queue_takes_their_events(
    failures: Mapping[str, BusFailure],
    url: str,
    field: Field,
    bus: RecordedBus,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(url, "https://sqs.eu-west-1.amazonaws.com/123456789012/none")
    settings.cache_clear()
    bus.failure = next(iter(failures.values()))
    field.push()
    field.ask()
    records = field.stream.take()

    assert field.stream.publish(records) == [records[0]["dynamodb"]["SequenceNumber"]]
    bus.failure = None
    assert field.stream.publish(records) == []
    assert bus.kinds == ["Message received"]


def test_a_bus_that_takes_nothing_is_not_asked_for_the_rest_of_a_batch(
    field: Field, bus: RecordedBus
) -> None:
    for _ in range(25):
        field.push()
    while records := field.stream.take():
        assert field.stream.hand_over(records) == []
    bus.failure = FOR_A_WHILE["entry throttled"]
    bus.requests = 0

    assert field.stream.publish(field.stream.seen) == []

    assert bus.requests == 1


def test_a_slow_bus_gets_the_rest_of_a_batch_later(
    field: Field, bus: RecordedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(15):
        field.push()
    while records := field.stream.take():
        assert field.stream.hand_over(records) == []
    monkeypatch.setenv("FEED_DAYS", "0")
    settings.cache_clear()
    # The stage and its deadline begin, then requests.
    moments = chain([0, 0, 9_999], repeat(10_000))
    monkeypatch.setattr("sigbridge.clock.now_ms", lambda: next(moments))

    assert field.stream.publish(field.stream.seen) == []
    assert len(bus.events) == 10
    monkeypatch.undo()


def test_destinations_are_told_at_once_and_none_waits_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = Barrier(2, timeout=10)

    class Waiting:
        def deliver(self, events: Sequence[Event], deadline_ms: int) -> Mapping[int, DeliveryFailure]:
            assert deadline_ms > now_ms()
            both.wait()
            return {1: DeliveryFailure(events[1].id)}

    monkeypatch.setattr(
        "sigbridge.integrations.delivery.destinations", lambda: {"a": Waiting(), "b": Waiting()}
    )
    names = ["a", "b", "b", "a"]

    failures = deliver(
        [
            Delivery(name, Event(str(number), "kind", "demo", "153FA", "{}"))
            for number, name in enumerate(names)
        ]
    )

    assert {position: failure.reason for position, failure in failures.items()} == {3: "3", 2: "2"}


@pytest.mark.parametrize(
    ("sizes", "divided"),
    [
        ([], []),
        ([1], [1]),
        ([1] * 21, [10, 10, 1]),
        ([200_000, 40_000, 40_000, 1], [2, 2]),
        ([240_000] * 3, [1, 1, 1]),
        ([300_000, 1], [1, 1]),
    ],
)
def test_a_request_carries_ten_events_and_no_more_than_eventbridge_takes(
    sizes: list[int], divided: list[int]
) -> None:
    entries = [Entry("Message received", "x" * size) for size in sizes]

    assert [len(some) for some in requests(entries)] == divided


@pytest.mark.parametrize(
    ("failure", "is_lasting"),
    [
        *((failure, False) for failure in FOR_A_WHILE.values()),
        *((failure, True) for failure in FOR_GOOD.values()),
    ],
    ids=[*FOR_A_WHILE, *FOR_GOOD],
)
def test_a_refusal_of_the_bus_says_whether_it_will_pass(
    failure: BusFailure, is_lasting: bool, bus: RecordedBus
) -> None:
    bus.failure = failure

    [refusal] = put(BUS, [Entry("Downlink sent", "{}")])

    assert refusal is not None
    assert refusal.is_lasting is is_lasting
    assert bus.requests <= 2
