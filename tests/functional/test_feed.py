"""The feed: what happened is written by the time of writing, and everything of it is read, once per id."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from boto3.dynamodb.types import Binary
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sigbridge.errors import InvalidInput
from sigbridge.feed.reading import FeedPlace, Follow, read_feed
from sigbridge.feed.replaying import read_from, replay_cursor
from sigbridge.feed.runs import EVERY_EVENT
from sigbridge.feed.writing import write_events
from sigbridge.integrations.feed import Feed
from sigbridge.model.event import Event
from sigbridge.settings import settings
from sigbridge.store import feed
from sigbridge.store import table as store_table
from sigbridge.store.due import shard_of
from sigbridge.store.rows import Key, Record, Span
from tests.functional.change_stream import ChangeStream, StreamRecord
from tests.functional.conftest import Invoke, Stored
from tests.functional.failing_store import failing, not_allowed, throttled, unreachable
from tests.functional.lambdas import event as lambda_event
from tests.functional.played_device import START_MS, Clock
from tests.functional.retry_queues import RetryQueues
from tests.functional.store_requests import store_requests

DAY_MS = 86_400_000
LATEST_WRITE_MS = 10_000


def happening(number: int, device_id: str = "153FA", **content: Any) -> Event:
    """An event of the application `demo`."""
    detail = {
        "version": 1,
        "id": f"demo/{device_id}/{number}",
        "at": "2025-11-22T00:20:27.000Z",
        "application_id": "demo",
        "device_id": device_id,
        **content,
    }
    return Event.of_detail("Message received", detail)


def far(clock: Clock) -> int:
    """A deadline that is not near."""
    return clock.now_ms + 60_000


def ids(events: Sequence[Event]) -> list[str]:
    """The ids of events."""
    return [event.id for event in events]


def is_of_feed(request: Mapping[str, Any]) -> bool:
    """Whether a request writes into the feed."""
    return "PutRequest" in json.dumps(request)


@pytest.mark.usefixtures("table")
def test_a_batch_of_a_hundred_devices_is_one_request_and_a_row_a_shard(clock: Clock, stored: Stored) -> None:
    events = [happening(number, f"{number:X}") for number in range(100)]

    with store_requests() as requests:
        assert write_events(events, far(clock)) == {}

    assert requests == Counter({"BatchWriteItem": 1})
    rows = stored("FEED#")
    assert [row["pk"] for row in rows] == sorted(
        {f"FEED#demo#{shard_of('demo', event.device_id):02d}" for event in events}
    )
    assert {row["sk"][:14] for row in rows} == {f"{START_MS}#"}
    assert {int(row["expires_at"]) for row in rows} == {(START_MS + 7 * DAY_MS) // 1000}


@pytest.mark.usefixtures("table")
def test_a_row_has_100_kb_at_most_but_for_an_event_that_is_larger_alone(clock: Clock, stored: Stored) -> None:
    noise = random.Random(7).randbytes  # noqa: S311 - bytes that can't be compressed
    events = [happening(number, text=noise(20_000).hex()) for number in range(20)]
    events += [happening(20, text=noise(99_000).hex()), happening(21, text="x" * 190_000)]

    assert write_events(events, far(clock)) == {}

    sizes = sorted(len(row["events"].value) for row in stored("FEED#"))
    assert [size for size in sizes[:-1] if size > 100_000] == []
    page = read_from("demo", replay_cursor(START_MS, START_MS), 100)
    clock.wait(10)
    page = read_from("demo", page.cursor or "", 100)
    assert sorted(ids(page.events)) == sorted(ids(events))
    assert {event.detail for event in page.events} == {event.detail for event in events}


class Publishing:
    """Messages that are stored, and the function that publishes them."""

    def __init__(self, invoke: Invoke, clock: Clock) -> None:
        self.invoke = invoke
        self.clock = clock
        self.stream = ChangeStream()
        self.stream.take()

    def receive(self, *devices: str) -> list[StreamRecord]:
        """Stores a message of each device and gives the changes."""
        for number, device in enumerate(devices):
            body = {"device": device, "time": self.clock.seconds, "seqNumber": number, "data": "0a"}
            assert self.invoke("uplink", lambda_event("uplink.json", body=body)).status == 200
        records = self.stream.take()
        return [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"].startswith("MSG#")]

    def fed(self) -> list[str]:
        """The ids of what the feed has, the oldest first, as often as it has them."""
        return [
            event.id
            for row in feed.read(
                feed.FeedStretch("demo", range(16), "0", "9", feed.Order.ASCENDING, page=100)
            )
            for event in row.events()
        ]


@pytest.fixture
def publishing(invoke: Invoke, clock: Clock) -> Publishing:
    """Nothing was published yet."""
    return Publishing(invoke, clock)


def test_what_is_published_is_in_the_feed(publishing: Publishing) -> None:
    records = publishing.receive("153FA", "1A2B45")

    with store_requests() as requests:
        assert publishing.stream.publish(records) == []

    assert requests["BatchWriteItem"] == 1
    assert sorted(publishing.fed()) == [
        f"demo/{device}/{START_MS}#{number}-received" for number, device in enumerate(["153FA", "1A2B45"])
    ]


def test_a_batch_that_is_repeated_and_cut_differently_repeats_rows_and_no_ids(
    publishing: Publishing, clock: Clock
) -> None:
    records = publishing.receive("153FA", "1A2B45", "153FA")
    for some in (records, records[:1], records[1:]):
        publishing.stream.publish(some)
        clock.wait(1)

    assert len(publishing.fed()) == 6
    page = read_feed("demo", None, 200, EVERY_EVENT)
    assert len(ids(page.events)) == len(set(ids(page.events))) == 3


def test_without_days_there_is_no_feed(
    publishing: Publishing, monkeypatch: pytest.MonkeyPatch, stored: Stored
) -> None:
    monkeypatch.setenv("FEED_DAYS", "0")
    settings.cache_clear()

    publishing.stream.publish(publishing.receive("153FA"))

    assert stored("FEED#") == []


@pytest.fixture
def queues(publishing: Publishing, monkeypatch: pytest.MonkeyPatch) -> RetryQueues:  # noqa: ARG001
    """What the feed does not take, for a while or for good."""
    queues = RetryQueues("publish")
    monkeypatch.setenv("RETRY_QUEUE_URL", queues.retries_url)
    monkeypatch.setenv("UNDELIVERED_URL", queues.dead_letters_url)
    settings.cache_clear()
    return queues


def test_what_the_feed_does_not_take_for_a_while_is_written_later(
    publishing: Publishing, queues: RetryQueues
) -> None:
    records = publishing.receive("153FA", "1A2B45")
    with failing(unreachable, is_of_feed):
        assert publishing.stream.publish(records) == []
    assert publishing.fed() == []
    assert queues.waiting() == 2

    with failing(unreachable, is_of_feed):
        assert queues.retry() == 2
    assert queues.retry() == 0

    assert len(publishing.fed()) == 2
    assert queues.dead_letters() == []


def test_what_the_feed_never_takes_is_a_dead_letter(publishing: Publishing, queues: RetryQueues) -> None:
    records = publishing.receive("153FA")
    with failing(not_allowed, is_of_feed):
        publishing.stream.publish(records)

    [letter] = queues.dead_letters()
    assert letter["destination"] == "feed"
    assert "AccessDenied" in letter["reason"]
    assert queues.waiting() == 0


@pytest.mark.usefixtures("table")
def test_nothing_is_begun_after_the_deadline(clock: Clock, stored: Stored) -> None:
    failures = Feed().deliver([happening(1), happening(2)], clock.now_ms)

    assert set(failures) == {0, 1}
    assert not any(failure.is_lasting for failure in failures.values())
    assert stored("FEED#") == []


def test_a_throttled_row_fails_with_its_own_request_alone(table: str, clock: Clock) -> None:
    assert table
    events = [happening(number, f"{number:X}", pad="x" * 100) for number in range(5)]
    with failing(throttled, is_of_feed):
        failures = Feed().deliver(events, far(clock))

    assert set(failures) == set(range(5))
    assert not any(failure.is_lasting for failure in failures.values())


def everything(place: FeedPlace | None, limit: int) -> tuple[list[str], Follow]:
    """Reads from a place until nothing is left; gives ids and where to follow from."""
    found: list[str] = []
    follow: Follow | None = None
    while True:
        page = read_feed("demo", place, limit, EVERY_EVENT)
        assert len(set(ids(page.events))) == len(page.events) <= limit
        found += ids(page.events)
        follow = page.follow or follow
        if page.rest is None:
            assert follow is not None
            return found, follow
        place = page.rest


def test_the_newest_come_first_and_then_the_past(table: str, clock: Clock) -> None:
    assert table
    for number in range(7):
        write_events([happening(number, f"{number % 3:X}")], far(clock))
        clock.wait(1)

    found, _ = everything(None, 2)

    assert found == [f"demo/{number % 3:X}/{number}" for number in range(6, -1, -1)]


def test_events_of_a_row_are_paged_one_by_one_in_both_directions(table: str, clock: Clock) -> None:
    assert table
    write_events([happening(number) for number in range(5)], far(clock))
    forward = [f"demo/153FA/{number}" for number in range(5)]

    assert everything(None, 2)[0] == forward[::-1]
    assert everything(Follow(clock.now_ms - 1), 2)[0] == forward


def test_a_place_before_what_the_feed_has_is_refused(table: str, clock: Clock) -> None:
    assert table
    _, follow = everything(None, 10)
    clock.wait(7 * 86_400 - 11)
    _, later = everything(follow, 10)
    clock.wait(12)

    with pytest.raises(InvalidInput, match="is older than the feed, which has 7 days"):
        everything(follow, 10)
    everything(later, 10)


type Step = tuple[str, int]
# Time passes, a row is written so late after its moment, or a page is read.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 15_000)),
        st.tuples(st.just("write"), st.integers(0, LATEST_WRITE_MS)),
        st.tuples(st.just("read"), st.integers(1, 3)),
    ),
    max_size=30,
)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[Key, Record]:
    """The rows of a table in memory."""
    rows: dict[Key, Record] = {}

    def put_all(items: Mapping[Key, Mapping[str, Any]]) -> None:
        for key, record in items.items():
            rows[key] = {"sk": key.sk, "events": Binary(record["events"])}

    def in_order(span: Span, _page: int) -> Iterator[Record]:
        keys = [key for key in rows if key.pk == span.pk and str(span.first) <= key.sk <= str(span.last)]
        yield from (rows[key] for key in sorted(keys, key=lambda key: key.sk))

    monkeypatch.setattr(store_table, "put_all", put_all)
    monkeypatch.setattr(store_table, "in_order", in_order)
    monkeypatch.setattr(feed, "in_parallel", lambda request, items: [request(item) for item in items])
    return rows


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_a_follower_gets_everything_however_late_it_is_written(
    steps: Sequence[Step], rows: dict[Key, Record], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row names a moment up to 10 s before it is found, and pages are read in between."""
    rows.clear()
    monkeypatch.setenv("TABLE_NAME", "in memory")
    late: list[tuple[int, Event]] = []
    written: set[str] = set()
    seen: set[str] = set()
    place: FeedPlace | None = Follow(clock.now_ms)
    replay = replay_cursor(clock.now_ms, clock.now_ms + 3_600_000)
    replayed: list[str] = []

    def commit() -> None:
        for due, event in [each for each in late if each[0] <= clock.now_ms]:
            late.remove((due, event))
            moment = int(event.detail.partition('"named":')[2].rstrip("}"))
            [(row, _)] = feed.pack([event])
            feed.write([row], moment, moment // 1000 + 864_000)
            written.add(event.id)

    def read(limit: int) -> None:
        nonlocal place, replay
        page = read_feed("demo", place, limit, EVERY_EVENT)
        seen.update(ids(page.events))
        place = page.rest or page.follow
        again = read_from("demo", replay, limit)
        replayed.extend(ids(again.events))
        replay = again.cursor or replay

    for number, (act, amount) in enumerate(steps):
        if act == "wait":
            clock.now_ms += amount
            commit()
        elif act == "write":
            late.append((clock.now_ms + amount, happening(number, f"{number % 5:X}", named=clock.now_ms)))
            commit()
        else:
            read(amount)
    clock.now_ms += 2 * LATEST_WRITE_MS
    commit()
    for _ in range(25):
        read(3)

    assert seen == written
    assert sorted(replayed) == sorted(written)
