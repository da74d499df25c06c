"""The event bus: what it is told, once and again, and what happens when it does not listen."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sigbridge.aws import event_bus
from sigbridge.aws.event_bus import BusRefused, BusUnavailable, Event, publish, requests
from sigbridge.clock import now_ms
from sigbridge.devices import register_device
from sigbridge.downlinks import end_what_is_due
from sigbridge.model.downlink_history import Step
from sigbridge.settings import settings
from tests.event_schemas import violations
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.conftest import Invoke, Stored
from tests.functional.event_bus import FOR_A_WHILE, FOR_GOOD, BusFailure, RecordedBus, recorded_bus
from tests.functional.lambdas import ROOT, event

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
        """Hands all changes to the function, and those that come of them; none may fail."""
        delivered: list[StreamRecord] = []
        while records := self.stream.take():
            assert self.stream.hand_over(records) == []
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
def bus(table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedBus]:  # noqa: ARG001 - it must exist
    """The bus that the stack names; everything that it took must be as the schemas say."""
    monkeypatch.setenv("EVENT_BUS_NAME", BUS)
    settings.cache_clear()
    with recorded_bus() as bus:
        yield bus
    for taken in bus.events:
        assert (taken.bus, taken.source) == (BUS, "sigbridge")
        assert violations(taken.kind, taken.detail) == []
        assert (taken.detail["application_id"], taken.detail["version"]) == ("demo", 1)


type Counted = Callable[[], Counter[str]]


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Counted:
    """Reads what was counted since the last time."""

    def counted() -> Counter[str]:
        total: Counter[str] = Counter()
        for line in capsys.readouterr().out.splitlines():
            metrics = json.loads(line)
            for directive in metrics["_aws"]["CloudWatchMetrics"]:
                total.update({each["Name"]: sum(metrics[each["Name"]]) for each in directive["Metrics"]})
        return total

    return counted


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
    lives: list[tuple[dict[str, Any], list[Callable[[], object]]]] = [
        ({}, [field.ask, lambda: field.acknowledge(5), lambda: field.acknowledge(0)]),
        ({"confirmed": True}, [field.ask, lambda: field.acknowledge(4), field.clear]),
        ({"confirmed": True}, [field.ask, field.clear, lambda: field.acknowledge(1)]),
        ({}, [field.ask, lambda: end_what_is_due(now_ms() + 700_000)]),
        (soon, [lambda: end_what_is_due(4_200_000_000_000)]),
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

    assert field.stream.hand_over(field.stream.seen) == []
    assert field.deliver() == []

    assert len(bus.events) == len(first)
    assert {(taken.kind, taken.detail["id"]): taken.detail for taken in bus.events} == first


def test_without_a_bus_nobody_is_told(field: Field, counted: Counted) -> None:
    event_bus.client.cache_clear()
    assert settings().event_bus_name is None

    downlink_id = field.live()

    assert [step["state"] for step in field.history(downlink_id)] == ["queued", "answered", "sent"]
    assert event_bus.client.cache_info().misses == 0
    assert counted()["DownlinksSent"] == 1


@pytest.mark.parametrize("failure", FOR_GOOD.values(), ids=FOR_GOOD.keys())
def test_a_bus_that_refuses_for_good_stops_nothing_and_is_counted(
    failure: BusFailure, field: Field, bus: RecordedBus, counted: Counted
) -> None:
    bus.failure = failure
    counted()

    downlink_id = field.live()

    assert [step["state"] for step in field.history(downlink_id)] == ["queued", "answered", "sent"]
    assert bus.events == []
    counts = counted()
    assert counts["AnnouncementFailures"] == len(LIFE)
    assert [counts[name] for name in ("DownlinksQueued", "DownlinksAnswered", "DownlinksSent")] == [1, 1, 1]


def test_the_log_says_why_a_bus_refused(
    field: Field, bus: RecordedBus, caplog: pytest.LogCaptureFixture
) -> None:
    bus.failure = FOR_GOOD["not allowed"]
    field.push()
    records = field.deliver()

    [line] = caplog.records

    assert line.levelname == "ERROR"
    assert line.message.endswith("The event bus refused events: AccessDeniedException")
    assert line.__dict__["event_id"] in {record["eventID"] for record in records}


@pytest.mark.parametrize("failure", FOR_A_WHILE.values(), ids=FOR_A_WHILE.keys())
def test_a_bus_that_fails_for_a_while_is_told_later(
    failure: BusFailure, field: Field, bus: RecordedBus, counted: Counted
) -> None:
    downlink_id = field.push()
    field.ask()
    records = field.stream.take()
    [message] = item_changes(records, "MSG#")
    bus.failure = failure
    counted()

    assert field.stream.hand_over(records) == [message["dynamodb"]["SequenceNumber"]]
    steps = field.stream.take()
    assert field.stream.hand_over(steps) == [steps[0]["dynamodb"]["SequenceNumber"]]
    assert [step["state"] for step in field.history(downlink_id)] == ["queued", "answered"]
    assert bus.events == []
    counts = counted()
    assert not counts.keys() & {"AnnouncementFailures", "DownlinksQueued"}
    assert counts["StoppedBatches"] == 2

    bus.failure = None
    assert field.stream.hand_over([*records, *steps]) == []
    assert field.deliver() == []
    assert bus.kinds == ["Message received", "Downlink queued", "Downlink answered"]
    assert counted()["DownlinksQueued"] == 1


def test_what_was_not_announced_is_announced_later_and_once(field: Field, bus: RecordedBus) -> None:
    first, second = field.push(), field.push()
    assert field.stream.hand_over(field.stream.take()) == []
    records = field.stream.take()
    bus.failure = FOR_A_WHILE["throttled"]

    assert field.stream.hand_over(records) == [records[0]["dynamodb"]["SequenceNumber"]]
    bus.failure = None
    assert field.stream.hand_over(records) == []
    assert [taken.detail["downlink"]["id"] for taken in bus.events] == [first, second]


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
    events = [Event("Message received", "x" * size) for size in sizes]

    assert [len(some) for some in requests(events)] == divided


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        *((failure, BusUnavailable) for failure in FOR_A_WHILE.values()),
        *((failure, BusRefused) for failure in FOR_GOOD.values()),
    ],
    ids=[*FOR_A_WHILE, *FOR_GOOD],
)
def test_a_failure_of_the_bus_says_whether_it_will_pass(
    failure: BusFailure, raised: type[Exception], bus: RecordedBus
) -> None:
    bus.failure = failure

    with pytest.raises(raised):
        publish(BUS, [Event("Downlink sent", "{}")])

    assert bus.requests <= 2
