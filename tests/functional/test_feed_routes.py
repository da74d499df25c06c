"""`GET /v1/feed`, and the refused callbacks in it."""

import json
from collections import Counter
from typing import Any

import pytest

from sigbridge.deletion import erase_application, erase_due_applications
from sigbridge.feed.refusals import forget_refusals
from sigbridge.settings import settings
from tests.event_schemas import violations
from tests.functional.change_stream import ChangeStream
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import failing, unreachable
from tests.functional.lambdas import Answer, event
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.store_requests import store_requests


@pytest.fixture
def stream(key: str) -> ChangeStream:
    """What follows changes."""
    assert key
    return ChangeStream()


def send(invoke: Invoke, clock: Clock, device: str = "153FA", **more: Any) -> Answer:
    """Sends a callback."""
    body = {"device": device, "time": clock.seconds, "seqNumber": 1, "data": "0a"} | more
    return invoke("uplink", event("uplink.json", body=body))


def happen(invoke: Invoke, clock: Clock, stream: ChangeStream, *devices: str) -> None:
    """Messages of devices come and are published, one a second."""
    for device in devices:
        clock.wait(1)
        assert send(invoke, clock, device).status == 200
        stream.publish(stream.take())


def devices_of(answer: Answer) -> list[str]:
    """Whose events were answered."""
    return [each["detail"]["device_id"] for each in answer.json["events"]]


def test_the_newest_come_first_then_what_comes_later(
    invoke: Invoke, clock: Clock, stream: ChangeStream, management: Management
) -> None:
    happen(invoke, clock, stream, "A1", "B2", "C3")

    newest = management.get("/v1/feed", limit="2")
    older = management.get("/v1/feed", limit="2", cursor=newest.json["next_cursor"])

    assert (devices_of(newest), devices_of(older)) == (["C3", "B2"], ["A1"])
    assert "next_cursor" not in older.json
    first = newest.json["events"][0]
    assert first["kind"] == "message.received"
    assert first["id"] == first["detail"]["id"]
    assert violations("Message received", first["detail"]) == []

    clock.wait(60)
    happen(invoke, clock, stream, "D4")
    later = management.get("/v1/feed", cursor=newest.json["follow_cursor"])
    assert devices_of(later) == ["A1", "B2", "C3", "D4"]
    clock.wait(60)
    last = management.get("/v1/feed", cursor=later.json["follow_cursor"])
    assert devices_of(last) == ["D4"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"device": "a1"}, ["A1"]),
        ({"type": "cold-room"}, ["B2"]),
        ({"type": "none-such"}, []),
        ({"kinds": "message.received,downlink.sent"}, ["B2", "A1"]),
        ({"kinds": "downlink.sent"}, []),
        ({"kinds": "message.received", "device": "b2", "type": "cold-room"}, ["B2"]),
    ],
)
def test_filters(
    wanted: dict[str, str],
    found: list[str],
    invoke: Invoke,
    clock: Clock,
    stream: ChangeStream,
    management: Management,
) -> None:
    happen(invoke, clock, stream, "A1", "B2")
    management.post("/v1/device-types", {"id": "cold-room", "name": "Cold room"})
    assert management.patch("/v1/devices/B2", {"type": "cold-room"}).status == 200

    assert devices_of(management.get("/v1/feed", **wanted)) == found


def test_a_device_is_looked_for_in_its_shard_alone(clock: Clock, management: Management) -> None:
    assert clock
    management.get("/v1/feed")
    with store_requests() as requests:
        management.get("/v1/feed", device="A1")

    assert requests == Counter({"Query": 1})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "nonsense"}, "cursor"),
        ({"kinds": "uplink"}, "kinds"),
        ({"kinds": ""}, "kinds"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"device": "!"}, "device"),
        ({"since": "1"}, "since"),
    ],
)
def test_bad_input_is_named(query: dict[str, str], field: str, management: Management) -> None:
    answer = management.get("/v1/feed", **query)

    assert answer.status == 400
    assert answer.json["errors"][0]["field"].partition("[")[0] == field


def test_a_cursor_belongs_to_its_filters(management: Management) -> None:
    cursor = management.get("/v1/feed").json["follow_cursor"]

    answer = management.get("/v1/feed", cursor=cursor, device="A1")

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "cursor")


def test_a_stack_without_feed_says_so(management: Management, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_DAYS", "0")
    settings.cache_clear()

    answer = management.get("/v1/feed")

    assert (answer.status, answer.json["message"]) == (
        404,
        "This stack has no feed: its parameter FeedDays is 0",
    )


def refusals(management: Management) -> list[dict[str, Any]]:
    """The refused callbacks in the feed, the newest first."""
    events = management.get("/v1/feed", kinds="callback.refused").json["events"]
    for each in events:
        assert violations("Callback refused", each["detail"]) == []
    return [each["detail"]["callback"] for each in events]


def test_a_refused_callback_is_in_the_feed(invoke: Invoke, clock: Clock, management: Management) -> None:
    answer = send(invoke, clock, data="xyz", device="")

    assert answer.status == 400
    [refused] = refusals(management)
    assert (refused["route"], refused["status"]) == ("POST /uplink", 400)
    assert refused["reason"] == answer.json["message"]
    assert json.loads(refused["body"])["data"] == "xyz"


def test_one_a_second_is_written_whichever_process_refuses(
    invoke: Invoke, clock: Clock, management: Management, stored: Stored
) -> None:
    send(invoke, clock, device="")
    with store_requests() as requests:
        send(invoke, clock, device="")
    assert requests == Counter()
    forget_refusals()
    assert send(invoke, clock, device="").status == 400
    assert len(stored("FEED#")) == 1

    clock.wait(1)
    send(invoke, clock, device="")
    assert len(refusals(management)) == 2


def test_a_refused_body_is_cut_and_has_no_keys(
    invoke: Invoke, clock: Clock, management: Management, key: str
) -> None:
    send(invoke, clock, device="", note=key, text="ü" * 2_000)

    [refused] = refusals(management)
    assert len(refused["body"].encode()) <= 1_005
    assert key not in json.dumps(refused)
    assert "sbk_" in refused["body"]


def test_a_caller_who_shows_no_good_key_writes_nothing(invoke: Invoke, stored: Stored) -> None:
    request = event("uplink.json")
    request["headers"] = {"authorization": "nonsense"}

    assert invoke("uplink", request).status in {200, 401}
    assert stored("FEED#") == []


def test_a_refusal_is_the_same_where_it_cannot_be_written(
    invoke: Invoke, clock: Clock, stored: Stored
) -> None:
    expected = send(invoke, clock, device="")
    clock.wait(1)
    with failing(unreachable, lambda request: "callback-refused" in json.dumps(request) or "Item" in request):
        answer = send(invoke, clock, device="")

    assert (answer.status, answer.json) == (expected.status, expected.json)
    assert len(stored("FEED#")) == 1


def test_an_accepted_callback_writes_nothing_more(invoke: Invoke, clock: Clock) -> None:
    send(invoke, clock)
    with store_requests() as requests:
        assert send(invoke, clock, seqNumber=2).status == 200

    assert requests == Counter({"PutItem": 1})


def test_the_feed_of_a_deleted_application_goes_with_it(
    invoke: Invoke, clock: Clock, stream: ChangeStream, stored: Stored
) -> None:
    happen(invoke, clock, stream, "A1", "B2")
    erase_application("demo")
    erase_due_applications(clock.now_ms, clock.now_ms)
    assert stored("FEED#")

    erase_due_applications(clock.now_ms, clock.now_ms + 60_000)
    assert stored("FEED#") == []
