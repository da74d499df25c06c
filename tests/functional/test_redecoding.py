"""`/v1/formatters/{id}/redecode`: what scripts made of stored messages is brought up to date by a job."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from sigbridge.aws.invocation import InvocationRefused
from sigbridge.clock import rfc3339
from sigbridge.devices import register_device
from sigbridge.errors import StoreUnavailable
from sigbridge.formatters import FormatterKind, NewVersion, put_formatter, redecoding
from sigbridge.jobs import JobState, due_jobs, find_job, run_job, running
from sigbridge.messages import store_messages
from sigbridge.model.job import Job, JobKind
from sigbridge.model.message import Network, ReceivedMessage, WrittenPayload
from sigbridge.settings import settings
from sigbridge.store import jobs as stored_jobs
from tests.functional.conftest import Stored
from tests.functional.formatter_function import THROTTLED, FormatterFunction
from tests.functional.lambdas import Context, handler
from tests.functional.management import Management
from tests.functional.played_device import Clock
from tests.functional.store_accesses import store_accesses

REDECODE = "/v1/formatters/f/redecode"
MINUTE_MS = 60_000
WRITTEN = "UpdateItem DEVICE#* MSG#*"

pytestmark = pytest.mark.usefixtures("formatter_function")


def first_byte(name: str) -> str:
    """A script that gives the first byte a name, and refuses those from 200 on."""
    return f"""
function decodeUplink(input) {{
  if (input.bytes[0] >= 200) return {{ errors: ['too much'] }};
  return {{ data: {{ {name}: input.bytes[0] }} }};
}}"""


class World:
    """Devices of the type `t`, whose formatter is `f`, and what they sent."""

    def __init__(self, management: Management, clock: Clock) -> None:
        self.management = management
        self.clock = clock
        self.put("old")
        assert management.post("/v1/device-types", {"id": "t", "uplink_formatter": "f"}).status == 201

    def put(self, name: str, **beside: Any) -> None:
        """Gives the formatter a version, which calls the first byte so."""
        put_formatter("demo", "f", NewVersion(FormatterKind.JAVASCRIPT, first_byte(name), **beside))

    def send(self, device: str, *payloads: str, type_id: str | None = "t") -> None:
        """A device sends messages, one each minute, the last one now."""
        register_device("demo", device)
        assert self.management.patch(f"/v1/devices/{device}", {"type": type_id}).status == 200
        begin = self.clock.now_ms - (len(payloads) - 1) * MINUTE_MS
        received = [
            ReceivedMessage(
                device,
                device,
                Network.SIGFOX,
                time=begin + number * MINUTE_MS,
                seq_number=number,
                payload=WrittenPayload(payload),
            )
            for number, payload in enumerate(payloads)
        ]
        if received:
            store_messages("demo", received)

    def read(self, device: str) -> list[Any]:
        """What the user reads of a device, the earliest first."""
        shown = self.management.get(f"/v1/devices/{device}/messages", order="asc", limit=1000)
        assert shown.status == 200, shown.text
        return [
            message.get("decoded_payload") or message["decode_error"] for message in shown.json["messages"]
        ]

    def order(self, **body: Any) -> str:
        """The user orders that all is read anew, and is told the job's id."""
        answer = self.management.post(REDECODE, body)
        assert answer.status == 202, answer.text
        return str(answer.json["job"]["id"])

    def job(self, job_id: str) -> Any:
        """The user looks at a job."""
        return self.management.get(f"/v1/jobs/{job_id}").json

    def run(self, for_ms: int = 10 * MINUTE_MS) -> None:
        """The function works on what is due."""
        work(self.clock, for_ms)


def work(clock: Clock, for_ms: int = 10 * MINUTE_MS) -> None:
    for due in due_jobs(clock.now_ms):
        run_job(due, {JobKind.REDECODE: redecoding.redecode}, clock.now_ms + for_ms)


@pytest.fixture
def world(management: Management, clock: Clock, formatter_function: FormatterFunction) -> World:  # noqa: ARG001 - it is asked
    return World(management, clock)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is for three messages, of two devices."""
    monkeypatch.setattr(redecoding, "_MOST_MESSAGES", 3)
    monkeypatch.setattr(redecoding, "_MOST_DEVICES_READ", 2)


def decoded_by(stored: Stored) -> list[Any]:
    """What is stored of each message, in the order of devices and times."""
    return [json.loads(item["decoded"]).get("data") for item in stored(sk="MSG#") if "decoded" in item]


def test_all_is_read_anew_and_told(world: World, stored: Stored) -> None:
    world.send("A1", "01", "02")
    world.send("B2", "03")
    world.send("C3", "04", type_id=None)
    assert world.read("A1") == [{"old": 1}, {"old": 2}]
    world.put("new")
    # What reads the past anew has forgotten the old version by itself.
    job = world.order()
    assert decoded_by(stored) == [{"old": 1}, {"old": 2}]
    assert world.job(job)["state"] == "waiting"

    world.run()

    assert decoded_by(stored) == [{"new": 1}, {"new": 2}, {"new": 3}]
    shown = world.job(job)
    assert (shown["kind"], shown["state"]) == ("redecode", "done")
    known = {"looked_at": 3, "changed": 3, "failed": 0, "total": 3}
    assert shown["progress"] == known | {"problems": [], "notes": []}


def test_only_what_differs_is_written(world: World, formatter_function: FormatterFunction) -> None:
    world.send("A1", "01", "02", "03", "")
    world.order(until=rfc3339(world.clock.now_ms - 3 * MINUTE_MS))
    world.run()

    world.order()
    formatter_function.forget()
    with store_accesses() as accesses:
        world.run()
    assert (accesses[WRITTEN], formatter_function.calls) == (2, [2])

    again = world.order()
    with store_accesses() as accesses:
        world.run()
    assert accesses[WRITTEN] == 0
    assert world.job(again)["progress"]["changed"] == 0


def test_what_a_script_refuses_is_counted_by_what_it_says(world: World, stored: Stored) -> None:
    world.send("A1", "01", "c8", "c9")

    job = world.order()
    world.run()

    progress = world.job(job)["progress"]
    assert (progress["changed"], progress["failed"]) == (3, 2)
    assert progress["problems"] == [{"problem": "too much", "count": 2}]
    assert decoded_by(stored) == [{"old": 1}, None, None]


def test_a_time_out_is_a_problem_and_tried_again_by_whoever_reads(world: World, stored: Stored) -> None:
    slow = "function decodeUplink(input) { for (; input.bytes[0] === 2;); return { data: { a: 1 } }; }"
    put_formatter("demo", "f", NewVersion(FormatterKind.JAVASCRIPT, slow))
    world.send("A1", "01", "02", "03")

    job = world.order()
    world.run()

    assert world.job(job)["state"] == "done"
    assert world.job(job)["progress"]["failed"] == 1
    assert decoded_by(stored) == [{"a": 1}, {"a": 1}]


def test_versions_are_for_their_times(world: World, stored: Stored) -> None:
    world.send("A1", "01", "02", "03", "04")
    world.order()
    world.run()
    since = world.clock.now_ms - 2 * MINUTE_MS
    world.put("newer", valid_from=since)
    world.put("newest", valid_from=since + MINUTE_MS)
    world.order()

    with store_accesses() as accesses:
        world.run()

    assert accesses[WRITTEN] == 3
    assert decoded_by(stored) == [{"old": 1}, {"newer": 2}, {"newest": 3}, {"newest": 4}]
    assert world.read("A1") == decoded_by(stored)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"device": "a-1"}, [1, 2, 3]),
        ({"type": "t"}, [1, 2, 3, 4]),
        ({"type": "u"}, [5]),
        ({"since": -1}, [2, 3, 4, 5]),
        ({"until": -1}, [1, 2]),
        ({"since": -1, "until": -1}, [2]),
        ({"device": "A1", "type": "t", "since": -2, "until": -2}, [1]),
    ],
    ids=str,
)
def test_a_part_is_read_anew(body: dict[str, Any], expected: list[int], world: World, stored: Stored) -> None:
    world.management.post("/v1/device-types", {"id": "u", "uplink_formatter": "f"})
    world.send("A1", "01", "02", "03")
    world.send("B2", "04")
    world.send("C3", "05", type_id="u")
    minutes = {name: body[name] for name in ("since", "until") if name in body}
    moments = {name: rfc3339(world.clock.now_ms + value * MINUTE_MS) for name, value in minutes.items()}

    world.order(**body | moments)
    world.run()

    assert [data["old"] for data in decoded_by(stored)] == expected


BAD: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "an unknown formatter": ("/v1/formatters/g/redecode", {}, 404, "There is no formatter 'g'"),
    "an unknown device": (REDECODE, {"device": "FFFF"}, 404, "Device FFFF is not known"),
    "no device's id": (REDECODE, {"device": "???"}, 400, "device"),
    "an unknown type": (REDECODE, {"type": "x"}, 400, "type: must be a device type with this formatter: t"),
    "a type without it": (REDECODE, {"type": "plain"}, 400, "type: must be"),
    "a device of another type": (REDECODE, {"device": "C3"}, 400, "device: is not of a device type with"),
    "an end before its beginning": (
        REDECODE,
        {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        400,
        "until: must not be before since",
    ),
    "no moment": (REDECODE, {"since": "yesterday"}, 400, "since"),
    "an unknown field": (REDECODE, {"devices": ["A1"]}, 400, "devices"),
    "no object": (REDECODE, [], 400, ""),
    "a formatter that is no script": ("/v1/formatters/lpp/redecode", {}, 409, "is no script"),
    "a formatter of no type": ("/v1/formatters/unused/redecode", {}, 409, "No device type has 'unused'"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "order"])
def test_what_can_not_be_done_is_refused(case: str, world: World, *, dry_run: bool) -> None:
    path, body, status, message = BAD[case]
    put_formatter("demo", "lpp", NewVersion(FormatterKind.CAYENNE_LPP, ""))
    put_formatter("demo", "unused", NewVersion(FormatterKind.JAVASCRIPT, first_byte("a")))
    world.management.post("/v1/device-types", {"id": "plain"})
    world.send("C3", "04", type_id="plain")

    answer = world.management.post(path, body if isinstance(body, list) else body | {"dry_run": dry_run})

    assert answer.status == status, answer.text
    assert message in answer.json["message"]
    assert world.management.get("/v1/jobs").json["jobs"] == []


def test_who_may_only_read_orders_nothing(world: World, management: Management) -> None:
    reader = management.post("/v1/keys", {"name": "reader", "rights": ["devices:read"]}).json["token"]

    assert Management(reader).post(REDECODE, {}).status == 403
    assert world.management.get("/v1/jobs").json["jobs"] == []


def test_an_application_has_ten_jobs_that_have_not_ended(world: World) -> None:
    jobs = [world.order() for _ in range(10)]
    assert world.management.post(REDECODE, {}).status == 429

    world.management.delete(f"/v1/jobs/{jobs[0]}")

    assert world.management.post(REDECODE, {}).status == 202


def estimate(world: World, **body: Any) -> Any:
    answer = world.management.post(REDECODE, body | {"dry_run": True})
    assert answer.status == 200, answer.text
    assert set(answer.json) == {"estimate"}
    return answer.json["estimate"]


def test_a_dry_run_says_what_it_takes_and_does_nothing(world: World, stored: Stored) -> None:
    world.send("A1", "01", "02")
    world.send("B2", "03", type_id=None)

    estimated = estimate(world)

    assert (estimated["devices"], estimated["messages"], estimated["is_complete"]) == (1, 2, True)
    assert 2 <= estimated["write_units"] <= 10
    assert estimated["read_units"] >= 1
    assert decoded_by(stored) == []
    assert world.management.get("/v1/jobs").json["jobs"] == []
    assert world.management.post(REDECODE, {}).json["estimate"] == estimated


def test_where_there_is_nothing_an_estimate_says_so(world: World) -> None:
    estimated = estimate(world)

    assert (estimated["devices"], estimated["messages"]) == (0, 0)
    assert estimated["cost_usd"] < 0.001


@pytest.mark.parametrize("count", [49, 50, 51, 90, 200])
def test_what_is_not_counted_is_estimated(count: int, world: World) -> None:
    world.send("A1", *(["01"] * count))
    world.send("B2", *(["01"] * 40))

    estimated = estimate(world)

    assert estimated["messages"] == pytest.approx(count + 40, rel=0.02)
    assert estimated["write_units"] >= estimated["messages"]


def test_an_estimate_costs_little_however_much_there_is(world: World) -> None:
    for number in range(12):
        world.send(f"A{number}", *(["01"] * 60))

    with store_accesses() as accesses:
        assert estimate(world)["messages"] == pytest.approx(12 * 60, rel=0.02)

    assert accesses["Query DEVICE#* MSG#*"] == 20


def test_what_is_read_and_written_is_within_the_estimate(world: World) -> None:
    for number in range(4):
        world.send(f"A{number}", *(["01"] * 60))
    estimated = estimate(world)
    world.order()

    with store_accesses() as accesses:
        world.run()

    written = sum(
        count for form, count in accesses.items() if form.startswith("UpdateItem") and "JOB" not in form
    )
    assert written == 4 * 60
    assert estimated["write_units"] >= written
    assert estimated["write_units"] < 1.2 * written


class Dies(Exception):
    """The function is killed."""


@contextmanager
def killed_at(place: str, number: int) -> Iterator[None]:
    """Kills the function before or after it writes how far it is, the given time."""
    advance: Callable[..., None] = stored_jobs.advance
    seen = 0

    def dying(*arguments: Any) -> None:
        nonlocal seen
        seen += 1
        if place == "before" and seen == number:
            raise Dies
        advance(*arguments)
        if place == "after" and seen == number:
            raise Dies

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running.stored, "advance", dying)
        yield


SENT = {"A1": 4, "B2": 0, "C3": 1, "D4": 7}


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 5))
def test_a_function_that_was_killed_leaves_a_job_that_ends_as_if_it_had_not_been(
    place: str, number: int, world: World, stored: Stored
) -> None:
    for device, count in SENT.items():
        world.send(device, *[f"{n:02x}" for n in range(count)])
    job = world.order()

    with killed_at(place, number), pytest.raises(Dies):
        world.run()
    world.run()
    assert world.job(job)["state"] == "running"
    world.clock.wait(180)
    with store_accesses() as accesses:
        world.run()

    assert decoded_by(stored) == [{"old": n} for count in SENT.values() for n in range(count)]
    shown = world.job(job)
    assert (shown["state"], shown["progress"]["looked_at"]) == ("done", 12)
    # What was written before is found, not written again.
    assert accesses[WRITTEN] <= 12 - 3 * (number - 1)


@pytest.mark.parametrize("messages", [1, 2, 5, 7, 12])
@pytest.mark.parametrize(("read", "listed"), [(1, 9), (2, 3), (9, 1), (9, 9)])
def test_however_messages_are_divided_into_steps_each_is_looked_at_once(
    messages: int, read: int, listed: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for device, count in SENT.items():
        world.send(device, *[f"{n:02x}" for n in range(count)])
    monkeypatch.setattr(redecoding, "_MOST_MESSAGES", messages)
    monkeypatch.setattr(redecoding, "_MOST_DEVICES_READ", read)
    monkeypatch.setattr(redecoding, "_MOST_DEVICES_LISTED", listed)

    job = world.order()
    world.run()

    shown = world.job(job)
    assert (shown["state"], shown["progress"]["looked_at"]) == ("done", 12)


@pytest.mark.usefixtures("small_steps")
def test_who_reads_while_it_runs_reads_what_is_right(world: World, stored: Stored) -> None:
    world.send("A1", *[f"{n:02x}" for n in range(8)])
    world.order()
    world.run()
    world.put("new")
    job = world.order()
    read: list[list[Any]] = []

    def step(ordered: Job) -> Any:
        done = redecoding.redecode(ordered)
        if len(read) == 1:
            read.append(world.read("A1"))
        else:
            read.append([])
        return done

    [due] = due_jobs(world.clock.now_ms)
    run_job(due, {JobKind.REDECODE: step}, world.clock.now_ms + MINUTE_MS)

    assert read[1] == [{"new": n} for n in range(8)] == decoded_by(stored)
    # What the reader mended is not written again.
    assert (world.job(job)["state"], world.job(job)["progress"]["changed"]) == ("done", 6)


@pytest.mark.usefixtures("small_steps")
def test_it_is_cancelled_between_two_steps(world: World, stored: Stored) -> None:
    world.send("A1", *[f"{n:02x}" for n in range(8)])
    job = world.order()

    def step(ordered: Job) -> Any:
        assert world.management.delete(f"/v1/jobs/{job}").json["state"] == "cancelled"
        return redecoding.redecode(ordered)

    [due] = due_jobs(world.clock.now_ms)
    run_job(due, {JobKind.REDECODE: step}, world.clock.now_ms + MINUTE_MS)

    assert world.job(job)["state"] == "cancelled"
    assert len(decoded_by(stored)) == 3
    assert due_jobs(world.clock.now_ms) == []


@pytest.mark.usefixtures("small_steps")
def test_one_of_two_functions_works_on_it(world: World, formatter_function: FormatterFunction) -> None:
    world.send("A1", *[f"{n:02x}" for n in range(8)])
    job = world.order()
    [due] = due_jobs(world.clock.now_ms)
    formatter_function.forget()

    def step(ordered: Job) -> Any:
        run_job(due, {JobKind.REDECODE: redecoding.redecode}, world.clock.now_ms + MINUTE_MS)
        return redecoding.redecode(ordered)

    run_job(due, {JobKind.REDECODE: step}, world.clock.now_ms + MINUTE_MS)

    assert sum(formatter_function.calls) == 8
    assert world.job(job)["progress"]["looked_at"] == 8


def test_while_scripts_can_not_be_run_it_waits(
    world: World, formatter_function: FormatterFunction, stored: Stored
) -> None:
    world.send("A1", "01", "02")
    job = world.order()
    formatter_function.answer = THROTTLED
    world.run()
    waiting = world.job(job)
    assert waiting["state"] == "waiting"
    assert "Rate Exceeded" in waiting["progress"]["notes"][0]

    formatter_function.answer = None
    world.clock.wait(300)
    world.run()

    assert world.job(job)["progress"]["problems"] == []
    assert decoded_by(stored) == [{"old": 1}, {"old": 2}]


def test_what_there_is_no_time_for_is_left_to_the_next_step(
    world: World, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send("A1", "01", "02", "03")
    job = world.order()
    run = redecoding.read_payloads
    steps = 0

    def short(messages: Any) -> Any:
        nonlocal steps
        steps += 1
        results = run(messages)
        for place in range(1, len(messages)):
            results.decoded[place] = replace(results.decoded[place], failure="later", is_final=False)
        return results

    monkeypatch.setattr(redecoding, "read_payloads", short)
    world.run()

    assert steps == 3
    assert world.job(job)["progress"]["looked_at"] == 3
    assert decoded_by(stored) == [{"old": 1}, {"old": 2}, {"old": 3}]


def test_what_the_store_refuses_is_done_later(
    world: World, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send("A1", "01", "02")
    job = world.order()

    def refused(*_: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        patch.setattr("sigbridge.formatters.decoding.stored_messages.set_decoded", refused)
        with pytest.raises(StoreUnavailable):
            world.run()
    world.clock.wait(180)
    world.run()

    assert world.job(job)["state"] == "done"
    assert decoded_by(stored) == [{"old": 1}, {"old": 2}]


def test_a_formatter_that_is_deleted_meanwhile_fails_it(world: World) -> None:
    world.send("A1", "01")
    job = world.order()
    world.management.delete("/v1/devices/A1")
    assert world.management.patch("/v1/device-types/t", {"uplink_formatter": None}).status == 200
    assert world.management.delete("/v1/formatters/f").status == 204

    world.run()

    shown = world.job(job)
    assert shown["state"] == "failed"
    assert shown["progress"]["problems"] == [{"problem": "There is no formatter 'f'", "count": 1}]


class Invocations:
    """Lambda, which notes the invocations that are asked for, or refuses them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.refuses = False

    def __call__(self, function_name: str, event: dict[str, Any]) -> None:
        if self.refuses:
            raise InvocationRefused(function_name)
        self.events.append(event)


@pytest.fixture
def invocations(monkeypatch: pytest.MonkeyPatch) -> Invocations:
    taken = Invocations()
    monkeypatch.setattr(running, "invoke_later", taken)
    monkeypatch.setenv("JOBS_FUNCTION", "sigbridge-JobsFunction-1A2B3C")
    settings.cache_clear()
    return taken


def each_minute() -> None:
    run: Any = handler("every_minute")
    run({}, Context("every_minute"))


def test_a_function_of_its_own_works_on_each_job_within_a_minute(
    world: World, invocations: Invocations, stored: Stored
) -> None:
    each_minute()
    assert invocations.events == []
    world.send("A1", "01")
    job = world.order()

    each_minute()
    [event] = invocations.events
    assert event == {"application_id": "demo", "job_id": job}
    run: Any = handler("jobs")
    run(event, Context("jobs", remaining_ms=900_000))

    assert world.job(job)["state"] == "done"
    assert decoded_by(stored) == [{"old": 1}]
    each_minute()
    assert len(invocations.events) == 1


def test_a_function_that_has_no_time_left_hands_the_job_back(world: World, invocations: Invocations) -> None:
    world.send("A1", "01")
    job = world.order()
    run: Any = handler("jobs")

    run({"application_id": "demo", "job_id": job}, Context("jobs", remaining_ms=60_000))

    assert find_job("demo", job).state is JobState.WAITING
    each_minute()
    assert len(invocations.events) == 1


def test_two_jobs_are_worked_on_at_a_time(world: World, invocations: Invocations) -> None:
    world.send("A1", "01")
    first, second, third = [(world.order(), world.clock.wait(1))[0] for _ in range(3)]

    each_minute()
    assert [event["job_id"] for event in invocations.events] == [first, second]
    stored_jobs.begin("demo", first, running._lease("a"), world.clock.now_ms)
    each_minute()
    assert [event["job_id"] for event in invocations.events[2:]] == [second]
    world.management.delete(f"/v1/jobs/{second}")
    each_minute()
    assert [event["job_id"] for event in invocations.events[3:]] == [third]


def test_what_lambda_refuses_is_begun_a_minute_later(world: World, invocations: Invocations) -> None:
    world.send("A1", "01")
    world.order()
    invocations.refuses = True
    with pytest.raises(StoreUnavailable):
        each_minute()

    invocations.refuses = False
    each_minute()

    assert len(invocations.events) == 1
