"""Changes that the store refuses for throughput: they wait in a queue, and no other device waits for them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sigbridge.settings import settings
from tests.functional.change_stream import StreamRecord
from tests.functional.conftest import Counted, Stored
from tests.functional.failing_store import Failure, cancelled, failing, not_allowed, throttled, unreachable
from tests.functional.failing_store import too_many_requests as too_many
from tests.functional.played_device import HOUR, MINUTE, PlayedDevice
from tests.functional.retry_queues import RetryQueues
from tests.functional.rewinding import go_back

type Request = Mapping[str, Any]

NO_QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/none"
each_refusal = pytest.mark.parametrize("refusal", [throttled, too_many], ids=["key", "account"])


@pytest.fixture
def queues(table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RetryQueues]:  # noqa: ARG001 - it must exist
    """The retry queue of the function `change_stream`, and its dead letters."""
    queues = RetryQueues("change_stream")
    monkeypatch.setenv("RETRY_QUEUE_URL", queues.retries_url)
    monkeypatch.setenv("DEAD_LETTERS_URL", queues.dead_letters_url)
    monkeypatch.setattr("sigbridge.store.transactions.time.sleep", lambda _seconds: None)
    settings.cache_clear()
    yield queues
    settings.cache_clear()


@pytest.fixture
def other(played: PlayedDevice) -> PlayedDevice:
    """Another device, whose changes are in the same shard."""
    return played.another("1A2B45")


def of(device: PlayedDevice) -> Callable[[Request], bool]:
    """Tells whether a request is about a device's key."""
    return lambda request: f"DEVICE#demo#{device.id}" in json.dumps(request)


def number_of(record: StreamRecord) -> str:
    """The sequence number of a record."""
    return str(record["dynamodb"]["SequenceNumber"])


def cancelled_because_of(reason: str) -> Failure:
    """Refuses transactions for a reason."""

    def refuse(request: AWSPreparedRequest) -> AWSResponse:
        return cancelled(request, reason)

    return refuse


def puts_back(request: Request) -> bool:
    """Tells whether a request is the transaction that puts a downlink back."""
    return "TransactItems" in request


@each_refusal
def test_one_hot_key_does_not_stop_the_others(
    refusal: Failure,
    played: PlayedDevice,
    other: PlayedDevice,
    queues: RetryQueues,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with played.stream_delayed(), other.stream_delayed():
        id_ = played.push_confirmed()
        others_id = other.push_confirmed()
        other.ask()
        other.acknowledge(0)
        records = played.stream.take_noticed()

        with failing(refusal, of(played)):
            assert played.stream.hand_over(records) == []

        assert other.steps(others_id) == ["queued", "answered", "sent"]
        assert queues.waiting() == 1
        [line] = [line for line in caplog.records if "throughput" in line.message]
        assert (line.levelname, line.__dict__["changes"]) == ("WARNING", 1)
        assert line.__dict__["devices"] == ["demo/153FA"]

        assert queues.retry() == 0
        assert queues.waiting() == 0
    assert played.steps(id_) == ["queued"]
    assert played.state(id_) == "queued"


def test_further_changes_of_a_hot_device_wait_without_asking_the_store(
    played: PlayedDevice, other: PlayedDevice, queues: RetryQueues
) -> None:
    with played.stream_delayed(), other.stream_delayed():
        ids = [played.push()[0] for _ in range(4)]
        [others_id] = other.push()
        records = played.stream.take_noticed()
        asked: list[Request] = []

        def is_of_played(request: Request) -> bool:
            if of(played)(request):
                asked.append(request)
                return True
            return False

        with failing(throttled, is_of_played):
            assert played.stream.hand_over(records) == []
        # The client tries twice.
        assert len(asked) == 2
        assert queues.waiting() == 4
        assert queues.retry() == 0
    assert [played.steps(id_) for id_ in [*ids]] == [["queued"]] * 4
    assert other.steps(others_id) == ["queued"]


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_is_throttled_waits_too(
    reason: str, played: PlayedDevice, other: PlayedDevice, queues: RetryQueues
) -> None:
    id_ = played.push_confirmed()
    played.ask()
    with played.stream_delayed(), other.stream_delayed():
        played.acknowledge(4)
        [others_id] = other.push()
        records = played.stream.take_noticed()
        with failing(cancelled_because_of(reason), puts_back):
            assert played.stream.hand_over(records) == []
        assert other.steps(others_id) == ["queued"]
        assert queues.waiting() == 1
        assert played.steps(id_) == ["queued", "answered"]
        assert queues.retry() == 0
    assert played.steps(id_) == ["queued", "answered", "failed", "queued 2"]


def test_a_key_that_stays_hot_is_asked_less_and_less(played: PlayedDevice, queues: RetryQueues) -> None:
    with played.stream_delayed():
        [id_] = played.push()
        records = played.stream.take_noticed()
        with failing(throttled, of(played)):
            assert played.stream.hand_over(records) == []
            assert [queues.retry() for _ in range(9)] == [1] * 9
        assert queues.waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]
        with failing(unreachable, of(played)):
            assert queues.retry() == 1

        assert queues.retry() == 0
    assert played.steps(id_) == ["queued"]


def test_a_batch_stops_at_a_throttled_change_that_the_queue_does_not_take(
    played: PlayedDevice, other: PlayedDevice, queues: RetryQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETRY_QUEUE_URL", NO_QUEUE)
    settings.cache_clear()
    with played.stream_delayed(), other.stream_delayed():
        [others_id] = other.push()
        [id_] = played.push()
        records = played.stream.take_noticed()
        [mine] = [record for record in records if of(played)(record)]
        with failing(throttled, of(played)):
            assert played.stream.hand_over(records) == [number_of(mine)]
        assert queues.waiting() == 0
        assert played.stream.hand_over(records) == []
    assert played.steps(id_) == other.steps(others_id) == ["queued"]


def test_a_batch_stops_at_a_throttled_change_that_is_too_large_for_the_queue(
    played: PlayedDevice, queues: RetryQueues
) -> None:
    with played.stream_delayed():
        played.push()
        [record] = played.stream.take_noticed()
        content = record["dynamodb"]
        large = content | {"NewImage": content["NewImage"] | {"note": {"S": "x" * 2**20}}}
        with failing(throttled, of(played)):
            failed = played.stream.hand_over([record | {"dynamodb": large}])
        assert (failed, queues.waiting()) == ([number_of(record)], 0)


def test_a_batch_stops_where_being_refused_took_its_time(played: PlayedDevice, queues: RetryQueues) -> None:
    devices = [played, *map(played.another, ("1A2B45", "93CF", "1D44"))]

    def refuse_slowly(request: AWSPreparedRequest) -> AWSResponse | None:
        played.clock.wait(4)
        return throttled(request)

    with ExitStack() as delayed:
        for device in devices:
            delayed.enter_context(device.stream_delayed())
        for device in devices:
            device.push()
        records = played.stream.take_noticed()
        with failing(refuse_slowly, writes_a_step):
            assert played.stream.hand_over(records) == [number_of(records[2])]
        assert queues.waiting() == 2
        assert played.stream.hand_over(records[2:]) == []
        assert queues.retry() == 0
    assert [len(device.listed()["downlinks"]) for device in devices] == [1] * 4


def writes_a_step(request: Request) -> bool:
    """Tells whether a request records a step of a downlink."""
    return str(request.get("Key", {"sk": {"S": ""}})["sk"]["S"]).startswith("DOWNLINK#")


def test_a_change_that_can_not_be_handled_any_more_is_told_in_a_dead_letter(
    played: PlayedDevice, queues: RetryQueues, counted: Counted
) -> None:
    with played.stream_delayed():
        played.push()
        [record] = played.stream.take_noticed()
        with failing(throttled, of(played)):
            assert played.stream.hand_over([record]) == []
        counted()
        with failing(not_allowed, of(played)):
            assert queues.retry() == 0

        assert counted()["LeftUndone"] == 1
        assert queues.waiting() == 0
    [letter] = queues.dead_letters()
    assert (letter["event_id"], letter["sequence_number"]) == (record["eventID"], number_of(record))
    assert "AccessDenied" in letter["reason"]


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "null",
        "{}",
        '{"version":1}',
        '{"version":1,"record":[]}',
        '{"version":1,"record":{"eventID":"1"}}',
        '{"version":2,"record":{"eventID":"1","dynamodb":{}}}',
        '{"event_id":"1","stream":null,"sequence_number":"1","keys":null,"reason":"KeyError()"}',
    ],
)
def test_a_message_of_another_form_or_version_stays_for_the_dead_letters(
    body: str, queues: RetryQueues, counted: Counted
) -> None:
    queues.send(body)

    assert queues.retry() == 1
    assert queues.waits == [10]
    assert queues.waiting() == 1
    assert "LeftUndone" not in counted()


# Orders: a change that waited comes after later ones of its item, and those of other items


def lives(played: PlayedDevice) -> list[str]:
    """Lets all that can happen to a device happen to it; returns its downlinks."""
    plain, confirmed = played.push({}, {"confirmed": True})
    in_time, expiring = played.push_expiring(HOUR), played.push_expiring(2 * MINUTE)
    [deleted] = played.push()
    played.delete(deleted)
    for code, has_time in ((0, True), (4, False), (0, False)):
        played.ask()
        played.acknowledge(code, downlinkOverusage="true", has_time=has_time)
        played.clock.wait(MINUTE)
    last = played.push_confirmed()
    for _ in range(2):
        played.ask()
        played.clock.wait(MINUTE)
    [replacing] = played.replace({"confirmed": True})
    played.ask()
    played.acknowledge(8)
    for volts in ("3.1", "2.4"):
        moment = played.clock.seconds
        played.report({"time": moment, "batt": volts, "temp": "20"}, "status")
        played.report({"time": moment, "seqNumber": 900, "data": "01", "lqi": "Good"}, "data_advanced")
        played.clock.wait(1)
    return [plain, confirmed, in_time, expiring, deleted, last, replacing]


def test_an_acknowledgement_without_time_waits_for_the_answer_it_is_about(played: PlayedDevice) -> None:
    older, newer = played.push({}, {})
    played.ask()
    played.clock.wait(2 * MINUTE)
    with played.stream_delayed():
        played.ask()
        played.acknowledge(0, has_time=False)
        records = played.stream.take_noticed()
        late = [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"] == "STATE"]
        assert played.stream.hand_over([record for record in records if record not in late]) == []
        assert played.stream.hand_over(late) == []

    played.give_up()

    assert played.steps(older)[-1] == "unacknowledged"
    assert played.state(newer) == "sent"


class Past:
    """What happened to a device and has had no consequences yet; they can follow in any order.

    Attributes:
        records: The changes, the first one first.
    """

    def __init__(self, played: PlayedDevice, stored: Stored) -> None:
        with played.stream_delayed():
            self._downlinks = lives(played)
            self.records = played.stream.take_noticed()
            self._items, self._now_ms = stored(), played.clock.now_ms
        self._played, self._stored = played, stored

    def end_after(self, order: Sequence[int]) -> object:
        """Tells all that the user sees in the end, after the changes were handled in this order."""
        played = self._played
        go_back(self._stored, self._items)
        played.stream.take()
        played.clock.now_ms = self._now_ms
        assert played.stream.hand_over([self.records[number] for number in order]) == []
        played.follow()
        played.give_up()
        played.clock.wait(HOUR)
        played.deadline()
        shown = [played.show(downlink_id) for downlink_id in self._downlinks]
        open_lists = [item["sk"] for item in self._stored(sk="DOWNLINK#") if "due_at" in item]
        return shown, played.queue(), played.call("device_state").json, open_lists


@given(data=st.data())
# To shrink an example takes minutes.
@hypothesis_settings(
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_changes_that_wait_lead_to_the_same_end(data: st.DataObject, past: Past, in_order: object) -> None:
    numbers = range(len(past.records))
    late = sorted(data.draw(st.sets(st.sampled_from(numbers), min_size=1), label="late"))
    again = data.draw(st.lists(st.sampled_from(late), max_size=6), label="again")
    waited = data.draw(st.permutations([*late, *again]), label="waited")

    assert past.end_after([number for number in numbers if number not in late] + waited) == in_order


@pytest.fixture
def past(played: PlayedDevice, stored: Stored) -> Past:
    """What happened to device 153FA."""
    return Past(played, stored)


@pytest.fixture
def in_order(past: Past) -> object:
    """How it ends where no change waits."""
    return past.end_after(range(len(past.records)))
