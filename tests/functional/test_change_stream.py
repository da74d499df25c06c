"""The function that follows the table's change stream: failures, repeats, orders, and what it can't read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from sigbridge.devices import set_parameter
from sigbridge.devices.device_cache import forget_cached_devices
from sigbridge.errors import StoreUnavailable
from sigbridge.settings import settings
from sigbridge.store.connections import client
from tests.functional.change_stream import StreamRecord
from tests.functional.conftest import TABLE, Counted, Stored
from tests.functional.event_bus import recorded_bus
from tests.functional.failing_store import (
    FAILURES,
    REFUSED_FOR_THROUGHPUT,
    Failure,
    cancelled,
    failing,
    internal_error,
)
from tests.functional.lambdas import Context, event, handler
from tests.functional.played_device import HEX, MINUTE, PlayedDevice
from tests.functional.rewinding import go_back

# What is refused for throughput stops no batch: see `test_throttled_changes.py`.
OUTAGES = {name: failure for name, failure in FAILURES.items() if failure not in REFUSED_FOR_THROUGHPUT}
each_outage = pytest.mark.parametrize("failure", OUTAGES.values(), ids=OUTAGES.keys())

type Request = Mapping[str, Any]


def number_of(record: StreamRecord) -> str:
    """The sequence number of a record."""
    return str(record["dynamodb"]["SequenceNumber"])


def item_of(record: StreamRecord) -> tuple[str, str]:
    """The key of the item that a record is about."""
    keys = record["dynamodb"]["Keys"]
    return keys["pk"]["S"], keys["sk"]["S"]


def writes_history_of(device_id: str) -> Callable[[Request], bool]:
    """Tells whether a request records a step of one of the device's downlinks."""

    def concerns(request: Request) -> bool:
        key = request.get("Key", {"pk": {"S": ""}, "sk": {"S": ""}})
        pk, sk = str(key["pk"]["S"]), str(key["sk"]["S"])
        return pk == f"DEVICE#demo#{device_id}" and sk.startswith("DOWNLINK#")

    return concerns


@contextmanager
def store_down_after(requests: int) -> Iterator[list[None]]:
    """Lets the store take so many requests and no more; yields those that it did not take."""
    taken = 0
    refused: list[None] = []

    def refuse(request: AWSPreparedRequest) -> AWSResponse | None:
        nonlocal taken
        taken += 1
        if taken <= requests:
            return None
        refused.append(None)
        return internal_error(request)

    with failing(refuse, lambda _request: True):
        yield refused


def hand_over_until_done(played: PlayedDevice, records: Sequence[StreamRecord]) -> None:
    """Does as Lambda does: what failed comes again, with all that follows it."""
    waiting = list(records)
    for _ in range(5):
        failed = played.stream.hand_over(waiting)
        if not failed:
            return
        position = next(i for i, record in enumerate(waiting) if number_of(record) in failed)
        waiting = waiting[position:]
    message = "it never ends"
    raise AssertionError(message)


# Failures


@each_outage
def test_the_first_record_that_failed_is_named_and_its_repeat_repairs(
    failure: Failure,
    played: PlayedDevice,
    stored: Stored,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = played.another("1A2B45")
    with played.stream_delayed(), other.stream_delayed():
        [id_] = played.push()
        [others_id] = other.push()
        records = played.stream.take_noticed()
        [mine] = [record for record in records if item_of(record)[0].endswith(played.id)]

        with failing(failure, writes_history_of(played.id)):
            assert played.stream.hand_over(records) == [number_of(mine)]
        assert stored(sk="DOWNLINK#") == []
        [line] = caplog.records
        assert (line.levelname, line.__dict__["event_id"]) == ("ERROR", mine["eventID"])
        assert "to be handled again" in line.message
        assert line.exc_info is not None
        assert line.exc_info[0] is StoreUnavailable

        assert played.stream.hand_over(records) == []

    assert (played.state(id_), other.state(others_id)) == ("queued", "queued")
    first, second = (without_identity(item) for item in stored(sk="DOWNLINK#"))
    assert first == second


def without_identity(item: Mapping[str, Any]) -> dict[str, Any]:
    """What an attempt's item holds beside the names of its device and downlink."""
    return {name: value for name, value in item.items() if name not in {"pk", "sk", "downlink"}}


def test_the_batch_of_the_example_is_followed(stored: Stored) -> None:
    lambda_handler: Any = handler("change_stream")

    assert lambda_handler(event("change_stream.json"), Context("change_stream")) == {"batchItemFailures": []}

    [attempt] = stored(sk="DOWNLINK#")
    assert {"queued", "answered"} <= attempt.keys()


def test_a_step_that_is_recorded_after_the_next_one_leaves_the_deadline_alone(played: PlayedDevice) -> None:
    with played.stream_delayed():
        id_ = played.push_confirmed()
        played.ask()
        records = played.stream.take_noticed()
        tries: list[Request] = []

        def is_first_step(request: Request) -> bool:
            if writes_history_of(played.id)(request):
                tries.append(request)
            # The client tries twice.
            return 1 <= len(tries) <= 2

        with failing(internal_error, is_first_step):
            [failed] = played.stream.hand_over(records)
        position = [number_of(record) for record in records].index(failed)
        assert played.stream.hand_over(records[position:]) == []
    assert played.steps(id_) == ["queued", "answered"]

    played.give_up()

    assert (played.state(id_), played.queue()) == ("queued", [id_])


@pytest.mark.parametrize("requests", range(8))
def test_a_failed_downlink_is_put_back_once_wherever_the_store_goes_down(
    requests: int, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    played.ask()
    with played.stream_delayed():
        played.acknowledge(4)
        records = played.stream.take_noticed()
        with store_down_after(requests) as refused:
            failed = played.stream.hand_over(records)
        assert bool(failed) is bool(refused)
        hand_over_until_done(played, records)

    assert (played.state(id_), played.queue()) == ("queued", [id_])
    assert played.steps(id_) == ["queued", "answered", "failed", "queued 2"]
    assert [played.ask(), played.ask()] == [HEX, None]


@pytest.mark.parametrize("requests", range(8))
def test_a_downlink_in_flight_is_superseded_wherever_the_store_goes_down(
    requests: int, played: PlayedDevice
) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.clear()
    with played.stream_delayed():
        played.acknowledge(4)
        records = played.stream.take_noticed()
        with store_down_after(requests):
            played.stream.hand_over(records)
        hand_over_until_done(played, records)

    assert (played.state(id_), played.queue()) == ("superseded", [])
    assert played.steps(id_) == ["queued", "answered", "failed", "superseded"]


@pytest.mark.parametrize("requests", range(8))
def test_a_retry_is_withdrawn_wherever_the_store_goes_down(requests: int, played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    played.give_up()
    with played.stream_delayed():
        played.acknowledge(0)
        records = played.stream.take_noticed()
        with store_down_after(requests):
            played.stream.hand_over(records)
        hand_over_until_done(played, records)

    assert (played.state(id_), played.queue()) == ("sent", [])
    assert played.ask() is None


@pytest.mark.parametrize("requests", range(12))
def test_deadlines_are_kept_by_the_next_run_wherever_the_store_goes_down(
    requests: int, played: PlayedDevice
) -> None:
    expiring = played.push_expiring(MINUTE)
    confirmed = played.push_confirmed()
    played.clock.wait(30)
    assert played.ask() == HEX
    assert played.state(expiring) == "answered"
    expiring = played.push_expiring(MINUTE)
    assert played.ask() == HEX
    played.clock.wait(11 * MINUTE)

    with played.stream_delayed(), store_down_after(requests) as refused:
        try:
            played.deadline()
        except StoreUnavailable:
            assert refused
    played.deadline()

    assert (played.state(expiring), played.state(confirmed)) == ("expired", "queued")
    assert played.queue() == [confirmed]
    assert [played.ask(), played.ask()] == [HEX, None]


def test_what_happens_in_a_deleted_application_holds_nothing_up(played: PlayedDevice) -> None:
    with played.stream_delayed():
        played.push()
        played.ask()
        client().delete_item(TableName=TABLE, Key={"pk": {"S": "APP#demo"}, "sk": {"S": "APP"}})
        forget_cached_devices()
        records = played.stream.take_noticed()
        while records:
            assert played.stream.hand_over(records) == []
            records = played.stream.take_noticed()


# What can't be read


def changed(record: StreamRecord, **image: object) -> StreamRecord:
    """A record whose new image has other attributes; None takes one away."""
    new = record["dynamodb"]["NewImage"] | image
    new = {name: value for name, value in new.items() if value is not None}
    return record | {"dynamodb": record["dynamodb"] | {"NewImage": new, "SequenceNumber": "1"}}


UNREADABLE: dict[str, dict[str, object]] = {
    "a state without its queue": {"queue": None},
    "a queue that is no list": {"queue": {"N": "5"}},
    "a downlink of another form": {"queue": {"L": [{"S": "none"}]}},
    "details of a downlink that are no JSON": {"queue": {"L": [{"S": f"9999999999999 {'0' * 24} {HEX} {{"}]}},
    "answers without their maps": {"answers_2": None},
    "an answer to something else": {"answers_0": {"M": {"yesterday": {"S": HEX}}}},
    "a removal nobody knows": {"removal": {"S": "stolen"}},
    "a generation that is no number": {"generation": {"S": "first"}},
    "a device without its application": {"pk": {"S": "DEVICE#153FA"}},
    "a type that DynamoDB does not have": {"queue": {"X": "5"}},
}
UNREADABLE_FOR_EVER: dict[str, dict[str, object]] = {
    "a downlink that is a number": {"queue": {"L": [{"N": "1"}]}},
    "answers that are no map": {"answers_0": {"S": "x"}},
}


@pytest.mark.parametrize("image", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_record_that_can_not_be_read_is_skipped_and_counted(
    image: dict[str, object], played: PlayedDevice, counted: Counted
) -> None:
    with played.stream_delayed():
        [id_] = played.push()
        [record] = played.stream.take_noticed()
        counted()

        assert played.stream.hand_over([changed(record, **image), record]) == []

        assert counted()["LeftUndone"] == 1
    assert played.steps(id_) == ["queued"]


@pytest.mark.parametrize("image", UNREADABLE_FOR_EVER.values(), ids=UNREADABLE_FOR_EVER.keys())
def test_a_record_of_other_types_is_skipped_too(image: dict[str, object], played: PlayedDevice) -> None:
    with played.stream_delayed():
        played.push()
        [record] = played.stream.take_noticed()
        assert played.stream.hand_over([changed(record, **image)]) == []


@pytest.mark.parametrize(
    ("sort", "attributes"),
    [
        ("EVENT#1795305600000#0", {"service": {"S": "acknowledge"}}),
        ("EVENT#1795305600000#0", {"service": {"S": "carrier pigeon"}}),
        ("DOWNLINK#1", {"queued": {"M": {"at": {"N": "1"}}}}),
        ("DOWNLINK#1#01", {"downlink": {"S": "?"}, "queued": {"M": {"at": {"N": "1"}}}}),
        ("MSG#1795305600000#0", {"location": {"M": {}}, "advanced": {"M": {"lqi": {"N": "1"}}}}),
    ],
)
def test_other_items_that_can_not_be_read_are_skipped_and_counted_too(
    sort: str, attributes: dict[str, object], played: PlayedDevice, counted: Counted
) -> None:
    with played.stream_delayed():
        [id_] = played.push()
        [record] = played.stream.take_noticed()
        new = {"pk": {"S": "DEVICE#demo#153FA"}, "sk": {"S": sort}, **attributes}
        foreign = record | {"dynamodb": {**record["dynamodb"], "NewImage": new, "SequenceNumber": "1"}}
        del foreign["dynamodb"]["OldImage"]
        counted()

        assert played.stream.hand_over([foreign, record]) == []

        assert counted()["LeftUndone"] == 1
    assert played.steps(id_) == ["queued"]


def huge_number(record: StreamRecord) -> StreamRecord:
    """The record of an attempt with a number that was let in before numbers were bounded."""
    content = f'{{"confirmed":true,"decoded_payload":{{"n":{"9" * 400}}}}}'
    return changed(record, downlink={"S": f"9999999999999 {'0' * 24} {HEX} {content}"})


@pytest.fixture
def dead_letters(table: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Reads what the queue of dead letters has got."""
    assert table
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTERS_URL", url)
    settings.cache_clear()

    def read() -> list[Any]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return read


def test_a_number_that_nothing_calculates_with_ends_nothing(
    played: PlayedDevice,
    counted: Counted,
    dead_letters: Callable[[], list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVENT_BUS_NAME", "bus")
    settings.cache_clear()
    with played.stream_delayed(), recorded_bus() as bus:
        [id_] = played.push()
        records = played.stream.take_noticed()
        assert played.stream.hand_over(records) == []
        [attempt] = [r for r in played.stream.take_noticed() if item_of(r)[1].startswith("DOWNLINK#")]
        counted()

        assert played.stream.publish([huge_number(attempt), attempt]) == []

        assert counted()["LeftUndone"] == 1
        assert bus.kinds == ["Downlink queued"]
    [letter] = dead_letters()
    assert (letter["event_id"], letter["keys"]) == (attempt["eventID"], attempt["dynamodb"]["Keys"])
    assert letter["sequence_number"] == "1"
    assert letter["reason"].startswith("OverflowError")
    assert played.state(id_) == "queued"


def test_each_unreadable_change_has_its_letter(
    played: PlayedDevice, dead_letters: Callable[[], list[Any]]
) -> None:
    with played.stream_delayed():
        played.push()
        [record] = played.stream.take_noticed()
        assert played.stream.hand_over([changed(record, queue=None)] * 9) == []

    assert [letter["reason"] for letter in dead_letters()] == ["KeyError('queue')"] * 9


def test_a_letter_that_can_not_be_sent_holds_nothing_up(
    played: PlayedDevice, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_LETTERS_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/none")
    settings.cache_clear()
    with played.stream_delayed():
        [id_] = played.push()
        [record] = played.stream.take_noticed()
        counted()

        assert played.stream.hand_over([changed(record, queue=None), record]) == []

        assert counted()["LeftUndone"] == 1
    assert played.steps(id_) == ["queued"]


# A queue that can take nothing back


def too_large(request: AWSPreparedRequest) -> AWSResponse | None:
    """The store refuses a transaction, since an item would be too large."""
    return cancelled(request, "ValidationError")


def in_conflict(request: AWSPreparedRequest) -> AWSResponse | None:
    """The store refuses a transaction, since there is another one."""
    return cancelled(request, "TransactionConflict")


def puts_back(request: Request) -> bool:
    """Tells whether a request is the transaction that puts a downlink back."""
    return len(request.get("TransactItems", ())) == 3


def test_a_retry_that_never_fits_has_failed_and_holds_nothing_up(
    played: PlayedDevice, counted: Counted
) -> None:
    id_ = played.push_confirmed()
    played.ask()
    [other] = played.push()
    with played.stream_delayed():
        played.acknowledge(1)
        records = played.stream.take_noticed()
        with failing(too_large, puts_back):
            assert played.stream.hand_over(records) == []
        counted()
        assert played.stream.hand_over(played.stream.take_noticed()) == []
        assert counted()["DownlinksNotRetried"] == 1
        assert played.stream.hand_over(records) == []

    assert (played.state(id_), played.queue()) == ("failed", [other])
    assert played.steps(id_) == ["queued", "answered", "failed"]
    assert played.show(id_)["history"][-1]["reason"] == "queue_full"


def test_a_retry_that_never_fits_has_failed_where_no_acknowledgement_came(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    with failing(too_large, puts_back):
        played.give_up()
    played.give_up()

    assert (played.state(id_), played.queue()) == ("failed", [])
    assert played.ask() is None


def test_a_retry_that_meets_another_transaction_is_made_later(played: PlayedDevice) -> None:
    id_ = played.push_confirmed()
    played.ask()
    with played.stream_delayed():
        played.acknowledge(1)
        records = played.stream.take_noticed()
        with failing(in_conflict, puts_back), patch("sigbridge.store.transactions.time.sleep"):
            assert len(played.stream.hand_over(records)) == 1
        hand_over_until_done(played, records)

    assert (played.state(id_), played.queue()) == ("queued", [id_])


def test_nothing_follows_from_items_of_other_kinds_or_from_their_end(
    played: PlayedDevice, stored: Stored, counted: Counted
) -> None:
    played.push(headers={"Idempotency-Key": "order-7"})
    kinds = {item_of(record)[1].split("#")[0] for record in played.stream.seen}
    assert {"APP", "KEY", "DEVICE", "PUSH"} <= kinds
    others = [record for record in played.stream.seen if item_of(record)[1] != "STATE"]
    ends = [
        record | {"eventName": "REMOVE", "dynamodb": without_new_image(record)}
        for record in played.stream.seen
    ]
    before = stored()
    counted()

    assert played.stream.hand_over([*others, *ends]) == []

    assert stored() == before
    assert "LeftUndone" not in counted()


def without_new_image(record: StreamRecord) -> dict[str, Any]:
    """What a record says of an item that was deleted."""
    content = record["dynamodb"]
    rest = {name: value for name, value in content.items() if name != "NewImage"}
    return rest | {"OldImage": content["NewImage"]}


# Repeats and orders


def live(played: PlayedDevice) -> None:
    """Lets all that can happen to downlinks happen to a device's."""
    played.push({}, {"confirmed": True})
    played.push_expiring(2 * MINUTE)
    played.push_expiring(60 * MINUTE)
    played.delete(played.push()[0])
    for code in (0, 4, 0):
        played.ask()
        played.acknowledge(code, downlinkOverusage="true")
        played.clock.wait(MINUTE)
    set_parameter("demo", played.id, "downlinkData", "deadbeefcafebabe")
    played.push_confirmed()
    for _ in range(3):
        played.ask()
        played.clock.wait(MINUTE)
    played.replace({"confirmed": True})
    played.ask()
    played.acknowledge(8)
    played.happened()


def test_a_batch_that_is_followed_three_times_more_changes_nothing(
    played: PlayedDevice, stored: Stored
) -> None:
    other = played.another("1A2B45")
    for each in (played, other):
        live(each)
        each.give_up()
    before = stored()
    states = {step for item in before for step in item if isinstance(item[step], dict)}
    assert {"queued", "answered", "sent", "failed", "unacknowledged", "expired", "removed"} <= states

    for _ in range(3):
        assert played.stream.hand_over(played.stream.seen) == []

    assert stored() == before
    played.follow()
    assert stored() == before


def test_each_record_may_be_followed_again_at_once(played: PlayedDevice, stored: Stored) -> None:
    with played.stream_delayed():
        live(played)
        records = played.stream.take_noticed()
        assert played.stream.hand_over([record for record in records for _ in range(2)]) == []
    played.give_up()
    twice = stored(sk="DOWNLINK#")

    assert played.stream.hand_over(records) == []
    assert stored(sk="DOWNLINK#") == twice


def test_an_acknowledgement_without_time_may_be_followed_again(played: PlayedDevice) -> None:
    older, newer = played.push({}, {})
    played.ask()
    played.clock.wait(2 * MINUTE)
    played.ask()
    played.acknowledge(0, has_time=False)
    assert (played.state(older), played.state(newer)) == ("answered", "sent")

    assert played.stream.hand_over(played.stream.seen) == []

    assert (played.state(older), played.state(newer)) == ("answered", "sent")


def items_interleaved(records: Sequence[StreamRecord], random: Random) -> list[StreamRecord]:
    """Another order of the records; those of one item stay in theirs, as DynamoDB promises."""
    of_items: dict[tuple[str, str], list[StreamRecord]] = {}
    for record in records:
        of_items.setdefault(item_of(record), []).append(record)
    order = [item for item, own in of_items.items() for _ in own]
    random.shuffle(order)
    remaining = {item: iter(own) for item, own in of_items.items()}
    return [next(remaining[item]) for item in order]


def test_the_order_of_items_does_not_matter(played: PlayedDevice, stored: Stored) -> None:
    with played.stream_delayed():
        live(played)
        records = played.stream.take_noticed()
        beginning, now = stored(), played.clock.now_ms
    ends = []
    for seed in range(6):
        go_back(stored, beginning)
        played.stream.take()
        played.clock.now_ms = now
        order = items_interleaved(records, Random(seed)) if seed else records  # noqa: S311 - no secret
        assert played.stream.hand_over(order) == []
        played.follow()
        played.give_up()
        ends.append(stored())

    assert ends[1:] == ends[:1] * 5
