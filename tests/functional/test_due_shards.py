"""What is due, divided into shards by device: all of them are worked on, and none keeps others waiting."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sigbridge.aws import invocation
from sigbridge.errors import InvalidInput, StoreUnavailable
from sigbridge.model.due import SHARDS
from sigbridge.store import due, observations, table
from sigbridge.store.due import list_of_shard, shard_of
from sigbridge.store.rows import Key
from sigbridge.triggers.schedule import BehindSchedule
from tests.functional.conftest import Counted, Stored
from tests.functional.failing_store import failing, throttled
from tests.functional.lambdas import Context, handler
from tests.functional.played_device import GIVEN_UP_AFTER, HOUR, MINUTE, PlayedDevice
from tests.functional.played_fleet import PlayedFleet

FUNCTION = "sigbridge-EveryMinuteFunction-1A2B3C"
# So many that are due in a shard are much.
LONG = 2


class Raw:
    """An empty body."""

    def stream(self) -> Iterator[bytes]:
        yield b""


class Invocations:
    """Lambda, which notes the invocations that are asked for, and refuses all while it has none to give."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes, bytes]] = []
        self.refuses = False

    def take(self, request: AWSPreparedRequest, **_details: object) -> AWSResponse:
        if self.refuses:
            return AWSResponse(request.url, 429, {"x-amzn-ErrorType": "TooManyRequestsException"}, Raw())
        self.asked.append((request.url, request.headers["X-Amz-Invocation-Type"], request.body))
        return AWSResponse(request.url, 202, {}, Raw())


@pytest.fixture
def invocations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Invocations]:
    """Lambda."""
    taken = Invocations()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _s: None)
    invocation.client.cache_clear()
    invocation.client().meta.events.register_first("before-send.lambda", taken.take)
    yield taken
    invocation.client.cache_clear()


@pytest.fixture
def sharded(fleet: PlayedFleet, monkeypatch: pytest.MonkeyPatch) -> PlayedFleet:
    """A fleet whose devices are watched; two in a shard that are due are much."""
    monkeypatch.setattr(due, "_LONG", LONG)
    fleet.add_type(keep_alive_seconds=HOUR)
    return fleet


def of_shard(shard: int, number: int = 0) -> str:
    """An id of a device of a shard."""
    return [f"{n:X}" for n in range(1, 400) if shard_of("demo", f"{n:X}") == shard][number]


def run(event: dict[str, Any] | None = None, **context: Any) -> None:
    """Invoke the function."""
    lambda_handler: Any = handler("every_minute")
    assert lambda_handler(event or {}, Context(FUNCTION, **context)) is None


def add(fleet: PlayedFleet, *device_ids: str) -> None:
    """The user adds devices that speak; they are looked at once, and again when they could be silent."""
    for device_id in device_ids:
        fleet.done("POST", "/v1/devices", {"id": device_id, "type": "tracker"})
        fleet.say(device_id)
    for shard in {shard_of("demo", device_id) for device_id in device_ids}:
        run({"shard": shard})


def silent(fleet: PlayedFleet) -> set[str]:
    """The devices that are listed as silent."""
    return set(fleet.in_state("silent"))


ids = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), min_size=1)


@given(ids, ids)
def test_a_device_is_always_in_the_same_one_of_sixteen_shards(application_id: str, device_id: str) -> None:
    shard = shard_of(application_id, device_id)

    assert shard == shard_of(application_id, device_id)
    assert shard in range(16)


def test_the_shard_of_a_device_is_the_same_in_every_release() -> None:
    assert [shard_of("demo", device_id) for device_id in ("153FA", "1A2B45", "5D0C61")] == [0, 6, 7]


@hypothesis_settings(max_examples=10)
@given(st.integers(0, 2**40), st.sampled_from(["{:X}", "{:08X}", "dev-{}"]))
def test_devices_are_spread_evenly_over_shards(first: int, form: str) -> None:
    found = Counter(shard_of("demo", form.format(n)) for n in range(first, first + 10_000))

    mean = 10_000 / SHARDS
    assert all(0.75 * mean < found[shard] < 1.25 * mean for shard in range(SHARDS))


def test_a_watched_device_and_an_attempt_wait_in_the_lists_of_their_shard(
    played: PlayedDevice, stored: Stored
) -> None:
    played.push()
    played.ask()
    observations.watch("demo", played.id, 1)
    shard = shard_of("demo", played.id)

    assert [item["due_list"] for item in stored("DEVICE#demo#", "DOWNLINK#")] == [f"DOWNLINKS#{shard:02d}"]
    assert [item["due_list"] for item in stored("DEVICE#demo#", "CONDITION")] == [f"SILENCE#{shard:02d}"]


def test_what_is_due_in_any_shard_is_done_within_the_minute(
    sharded: PlayedFleet, invocations: Invocations
) -> None:
    devices = {of_shard(shard) for shard in (0, 5, 10, 15)}
    add(sharded, *devices)
    sharded.clock.wait(HOUR)

    run()

    assert silent(sharded) == devices
    assert invocations.asked == []


def test_a_shard_with_much_to_do_gets_an_invocation_of_its_own_and_the_others_wait_for_nothing(
    sharded: PlayedFleet, invocations: Invocations
) -> None:
    busy, quiet = {of_shard(3), of_shard(3, 1)}, {of_shard(0), of_shard(7)}
    add(sharded, *busy, *quiet)
    sharded.clock.wait(HOUR)

    run()

    [(url, kind, event)] = invocations.asked
    assert (f"/functions/{FUNCTION}/" in url, kind, event) == (True, b"Event", b'{"shard": 3}')
    assert silent(sharded) == quiet

    run({"shard": 3})

    assert silent(sharded) == busy | quiet


def test_an_invocation_for_a_shard_works_on_downlinks_and_watched_devices_of_that_shard_alone(
    sharded: PlayedFleet, played: PlayedDevice
) -> None:
    assert played.clock is sharded.clock
    shard = shard_of("demo", played.id)
    other = of_shard((shard + 1) % SHARDS)
    [downlink] = played.push({"confirmed": True, "confirmed_retry": {"max_attempts": 1}})
    played.ask()
    add(sharded, of_shard(shard), other)
    played.clock.wait(HOUR + GIVEN_UP_AFTER)

    run({"shard": shard})
    played.happened()

    assert played.state(downlink) == "failed"
    assert silent(sharded) == {of_shard(shard)}


def test_what_lambda_does_not_take_is_done_here(sharded: PlayedFleet, invocations: Invocations) -> None:
    devices = {of_shard(shard, number) for shard in (3, 4) for number in range(LONG)}
    add(sharded, *devices)
    sharded.clock.wait(HOUR)
    invocations.refuses = True

    run()

    assert silent(sharded) == devices


@pytest.mark.parametrize("concerned", ["SILENCE#03", "DEVICE#demo#{device}"])
def test_a_shard_that_fails_keeps_no_other_from_being_worked_on(concerned: str, sharded: PlayedFleet) -> None:
    failed = of_shard(3)
    others = {of_shard(shard) for shard in (0, 2, 4, 15)}
    add(sharded, failed, *others)
    sharded.clock.wait(HOUR)
    key = repr(concerned.format(device=failed))

    with failing(throttled, lambda request: key in str(request)), pytest.raises(StoreUnavailable):
        run()

    assert silent(sharded) == others


def test_where_time_is_short_another_shard_comes_first_each_minute(
    sharded: PlayedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards = (0, 5, 15)
    add(sharded, *map(of_shard, shards))
    sharded.clock.wait(HOUR)
    looked_at: list[str] = []

    def slowly(_application_id: str, device_id: str, *_more: object) -> None:
        """A run has time for one device, and fails at that."""
        looked_at.append(device_id)
        sharded.clock.wait(MINUTE)
        raise StoreUnavailable

    monkeypatch.setattr("sigbridge.status.silence_monitor.enter", slowly)
    for shard in shards:
        while sharded.clock.seconds // MINUTE % SHARDS != shard:
            sharded.clock.wait(MINUTE)
        with pytest.raises(StoreUnavailable):
            run()

    assert looked_at == [of_shard(shard) for shard in shards]


@pytest.mark.parametrize("shard", [-1, SHARDS, "3", None, 1.5, [], {}])
def test_there_are_no_other_shards(shard: object, table: str) -> None:
    assert table
    with pytest.raises(InvalidInput):
        run({"shard": shard})


# Behind


def wait_in(shard: int, kind: str, since: int, number: int) -> None:
    """Items of nobody wait in a list."""
    for n in range(number):
        at = {"due_list": list_of_shard(kind, shard), "due_at": since}
        table.put_new(Key(f"DEVICE#gone#{n}", "CONDITION"), at)


def test_a_shard_that_is_behind_is_told_by_a_metric_and_an_error(
    sharded: PlayedFleet, invocations: Invocations, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    quiet = of_shard(7)
    add(sharded, quiet)
    sharded.clock.wait(HOUR)
    wait_in(3, "SILENCE", sharded.clock.now_ms - 6 * MINUTE * 1000, LONG)
    counted()

    with pytest.raises(BehindSchedule):
        run()

    assert counted() == {"OverdueSeconds": 6 * MINUTE}
    assert "more is due than is done in a minute" in caplog.text
    assert len(invocations.asked) == 1
    assert silent(sharded) == {quiet}


@pytest.mark.parametrize(
    ("since_s", "number"),
    [
        pytest.param(6 * MINUTE, LONG - 1, id="a few that could not be ended"),
        pytest.param(5 * MINUTE, LONG, id="many that are due for no longer"),
    ],
)
def test_a_shard_that_is_not_behind_is_not_told_of(
    since_s: int, number: int, sharded: PlayedFleet, invocations: Invocations, counted: Counted
) -> None:
    wait_in(3, "DOWNLINKS", sharded.clock.now_ms - since_s * 1000, number)
    counted()

    run()

    assert counted()["OverdueSeconds"] == 0
    assert len(invocations.asked) == (number >= LONG)


def test_an_attempt_that_can_not_be_read_stops_no_other(
    played: PlayedDevice, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    [downlink] = played.push({"confirmed": True, "confirmed_retry": {"max_attempts": 1}})
    played.ask()
    table.put_new(Key("DEVICE#nowhere", "FOREIGN"), {"due_list": "DOWNLINKS#00", "due_at": 1})
    counted()

    played.give_up()

    assert played.state(downlink) == "failed"
    assert counted()["LeftUndone"] == 1
    assert caplog.text.count("nothing can be done") == 1
