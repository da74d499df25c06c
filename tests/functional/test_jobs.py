"""Jobs: done once however often they break off, gone on with after a crash, cancelled where they are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sigbridge.errors import InvalidInput, StoreUnavailable, Unavailable
from sigbridge.jobs import (
    DueJob,
    Job,
    JobKind,
    JobState,
    RowError,
    StepDone,
    cancel_job,
    due_jobs,
    find_job,
    list_row_errors,
    order_job,
    run_job,
)
from sigbridge.store import job_errors, job_rows
from tests.functional.conftest import Stored
from tests.functional.management import Management
from tests.functional.played_device import Clock

pytestmark = pytest.mark.usefixtures("application")

SOON, LATER = 60_000, 10 * 60_000
STEPS = 5


type Work = Callable[[Job], StepDone]


class Counting:
    """A job that counts to five, and does what it is told to at some of its steps."""

    def __init__(self, at: dict[int, Callable[[], None]] | None = None) -> None:
        self.seen: list[int] = []
        self._at = at or {}

    def __call__(self, job: Job) -> StepDone:
        position = int(job.cursor or "0")
        self.seen.append(position)
        if action := self._at.pop(position, None):
            action()
        is_last = position == STEPS - 1
        return StepDone(None if is_last else str(position + 1), looked_at=10, changed=1)


def order() -> Job:
    return order_job("demo", JobKind.REDECODE, {"formatter": "climate"}, total=50)


def run_due(clock: Clock, step: Work, for_ms: int = SOON) -> int:
    """Runs the jobs that are due; gives how many they were."""
    due = list(due_jobs(clock.now_ms))
    for job in due:
        run_job(job, {JobKind.REDECODE: step}, clock.now_ms + for_ms)
    return len(due)


def test_a_job_is_done_step_by_step_and_shown(clock: Clock, management: Management) -> None:
    job = order()
    assert management.get(f"/v1/jobs/{job.id}").json["state"] == "waiting"

    run_due(clock, Counting())

    shown = management.get(f"/v1/jobs/{job.id}").json
    assert (shown["state"], shown["kind"]) == ("done", "redecode")
    known = {"looked_at": 50, "changed": 5, "failed": 0, "total": 50}
    assert shown["progress"] == known | {"problems": [], "notes": []}
    assert shown["ended_at"]
    assert [each["id"] for each in management.get("/v1/jobs").json["jobs"]] == [job.id]
    assert run_due(clock, Counting()) == 0


def test_what_time_does_not_allow_is_gone_on_with(clock: Clock) -> None:
    job, step = order(), Counting()

    run_due(clock, step, for_ms=0)
    assert find_job("demo", job.id).state is JobState.WAITING
    run_due(clock, step)

    assert find_job("demo", job.id).state is JobState.DONE
    assert step.seen == [0, 1, 2, 3, 4]


def test_a_job_that_waits_for_a_moment_holds_up_no_other(clock: Clock) -> None:
    class Waiting(Counting):
        def __call__(self, job: Job) -> StepDone:
            return replace(super().__call__(job), again_at=clock.now_ms + 90_000)

    waiting = [order() for _ in range(2)]
    run_due(clock, step := Waiting())
    assert {find_job("demo", job.id).state for job in waiting} == {JobState.WAITING}
    assert run_due(clock, step) == 0

    other = order()
    run_due(clock, Counting())
    assert find_job("demo", other.id).state is JobState.DONE

    clock.wait(90)
    assert run_due(clock, Counting()) == 2
    assert step.seen == [0, 0]
    assert {find_job("demo", job.id).state for job in waiting} == {JobState.DONE}


def be_down() -> None:
    message = "Nobody answers"
    raise Unavailable(message)


def be_busy_until(moment: int) -> Callable[[], None]:
    def be_busy() -> None:
        failure = Unavailable("Too many ask")
        failure.again_at = moment
        raise failure

    return be_busy


def test_while_what_it_needs_is_down_a_job_waits_and_says_why(clock: Clock, management: Management) -> None:
    job, other, step = order(), order(), Counting({2: be_down})
    run_job(DueJob("demo", job.id), {JobKind.REDECODE: step}, clock.now_ms + SOON)

    shown = management.get(f"/v1/jobs/{job.id}").json
    assert (shown["state"], shown["progress"]["looked_at"]) == ("waiting", 20)
    assert shown["progress"]["notes"] == ["Nobody answers"]
    run_due(clock, Counting())
    assert find_job("demo", other.id).state is JobState.DONE
    clock.wait(300)
    run_due(clock, step)

    assert step.seen == [0, 1, 2, 2, 3, 4]
    assert find_job("demo", job.id).state is JobState.DONE


def test_what_is_busy_is_asked_again_when_it_said(clock: Clock) -> None:
    job, step = order(), Counting({2: be_busy_until(clock.now_ms + 90_000)})

    run_due(clock, step)
    clock.wait(89)
    assert run_due(clock, step) == 0
    clock.wait(1)
    run_due(clock, step)

    assert step.seen == [0, 1, 2, 2, 3, 4]
    assert find_job("demo", job.id).progress.notes == ()


def test_what_is_down_for_a_day_fails_the_job_and_a_step_that_succeeds_begins_another_day(
    clock: Clock,
) -> None:
    job, hours = order(), 0
    while not find_job("demo", job.id).state.is_end:
        run_due(clock, Counting({0 if hours < 20 else 1: be_down}))
        clock.wait(3600)
        hours += 1

    failed = find_job("demo", job.id)
    assert (failed.state, failed.progress.looked_at, hours) == (JobState.FAILED, 10, 45)
    assert failed.progress.problems == {"Nobody answers": 1}


def crash() -> None:
    raise MemoryError


def fail() -> None:
    raise StoreUnavailable


@pytest.mark.parametrize(("break_off", "error"), [(crash, MemoryError), (fail, StoreUnavailable)])
def test_a_job_that_broke_off_is_gone_on_with_when_its_lease_has_ended(
    break_off: Callable[[], None], error: type[Exception], clock: Clock
) -> None:
    job, step = order(), Counting({2: break_off})

    with pytest.raises(error):
        run_due(clock, step)
    assert run_due(clock, step) == 0
    assert find_job("demo", job.id).state is JobState.RUNNING
    clock.wait(180)
    run_due(clock, step)

    assert find_job("demo", job.id).state is JobState.DONE
    assert step.seen == [0, 1, 2, 2, 3, 4]
    assert find_job("demo", job.id).progress.looked_at == 50


def test_a_job_that_can_not_be_done_says_why(clock: Clock, management: Management) -> None:
    def refuse() -> None:
        message = "There is no formatter 'climate'"
        raise InvalidInput(message)

    job = order()
    run_due(clock, Counting({1: refuse}))

    shown = management.get(f"/v1/jobs/{job.id}").json
    [problem] = shown["progress"]["problems"]
    assert (shown["state"], problem) == (
        "failed",
        {"problem": "There is no formatter 'climate'", "count": 1},
    )
    assert run_due(clock, Counting()) == 0


def test_a_job_is_cancelled_where_it_is(clock: Clock, management: Management) -> None:
    job = order()
    step = Counting({2: lambda: management.delete(f"/v1/jobs/{job.id}") and None})

    run_due(clock, step)

    assert step.seen == [0, 1, 2]
    cancelled = find_job("demo", job.id)
    assert (cancelled.state, cancelled.progress.looked_at) == (JobState.CANCELLED, 20)
    assert cancel_job("demo", job.id) == cancelled
    assert run_due(clock, Counting()) == 0


def test_a_job_that_has_ended_is_not_cancelled(clock: Clock, management: Management) -> None:
    job = order()
    run_due(clock, Counting())

    assert management.delete(f"/v1/jobs/{job.id}").json["state"] == "done"


def test_two_functions_do_not_work_on_one_job(clock: Clock) -> None:
    job = order()
    other = Counting()
    due = DueJob("demo", job.id)
    step = Counting({1: lambda: run_job(due, {JobKind.REDECODE: other}, clock.now_ms + SOON)})

    run_due(clock, step)

    assert (step.seen, other.seen) == ([0, 1, 2, 3, 4], [])


def test_who_lost_the_lease_stops(clock: Clock) -> None:
    job = order()
    due, other = DueJob("demo", job.id), Counting()

    def sleep_too_long() -> None:
        clock.wait(300)
        run_job(due, {JobKind.REDECODE: other}, clock.now_ms + SOON)

    step = Counting({1: sleep_too_long})
    run_job(due, {JobKind.REDECODE: step}, clock.now_ms + LATER)

    assert (step.seen, other.seen) == ([0, 1], [1, 2, 3, 4])
    assert find_job("demo", job.id).progress.looked_at == 50


class Failing:
    """A job of three steps of 60 things each, of which every other can't be done."""

    def __init__(self) -> None:
        self.breaks_at = {60}

    def __call__(self, job: Job) -> StepDone:
        first = int(job.cursor or "0")
        if first in self.breaks_at:
            self.breaks_at.remove(first)
            job_errors.add(job, [RowError("none", "of a step that did not end")] * 40)
            raise StoreUnavailable
        errors = tuple(RowError(f"{number:X}", "Invalid PAC") for number in range(first, first + 60, 2))
        return StepDone(None if first == 120 else str(first + 60), 60, 30, row_errors=errors)


def test_what_a_job_failed_at_is_listed_one_by_one_and_once(clock: Clock, management: Management) -> None:
    job, step = order(), Failing()
    with pytest.raises(StoreUnavailable):
        run_due(clock, step)

    errors = f"/v1/jobs/{job.id}/errors"
    assert len(management.get(errors).json["errors"]) == 30
    clock.wait(180)
    run_due(clock, step)

    progress = management.get(f"/v1/jobs/{job.id}").json["progress"]
    assert (progress["failed"], progress["problems"]) == (90, [])
    listed, query = [], {"limit": 40}
    while True:
        page = management.get(errors, **query).json
        listed += page["errors"]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    assert listed == [{"row": f"{number:X}", "message": "Invalid PAC"} for number in range(0, 180, 2)]
    assert management.get(errors, cursor="eyJ4").status == 400
    assert management.get("/v1/jobs/1763770827000-0a1b2c3d/errors").status == 404


def test_of_too_many_errors_the_first_are_listed(clock: Clock) -> None:
    def fail_often(_job: Job) -> StepDone:
        return StepDone(None, 10_050, row_errors=(RowError("A1", "Invalid PAC"),) * 10_050)

    job = order()
    run_due(clock, fail_often)

    assert find_job("demo", job.id).progress.failed == 10_050
    assert len(list_row_errors("demo", job.id, 9_990, 100).errors) == 10


def end(_job: Job) -> StepDone:
    return StepDone(None)


def refuse(_job: Job) -> StepDone:
    message = "There is no such device type"
    raise InvalidInput(message)


@pytest.mark.parametrize("last", [end, refuse, "cancel"])
def test_what_a_job_works_on_is_deleted_when_it_ends(last: Any, clock: Clock, stored: Stored) -> None:
    rows = [{"id": f"{number:X}", "pac": "0123456789ABCDEF", "lat": 45.5} for number in range(250)]
    job = order_job("demo", JobKind.REDECODE, {}, rows=rows)

    assert [*job_rows.find(job, 0), *job_rows.find(job, 1), *job_rows.find(job, 2)] == rows
    assert job_rows.find(job, 3) == []
    if last == "cancel":
        cancel_job("demo", job.id)
    else:
        run_due(clock, last)

    assert stored("JOB#") == []


FOUND = StepDone(None, looked_at=1, changed=1)
NOTED = StepDone(None, looked_at=1, notes=("BIDIR: enabled",))
NOTHING = StepDone(None, looked_at=1)


@pytest.mark.parametrize(
    ("kind", "done", "hours"),
    [
        (JobKind.SIGFOX_RECOVERY, NOTHING, 3),
        (JobKind.SIGFOX_CHECK, NOTHING, 24),
        (JobKind.SIGFOX_RECOVERY, FOUND, 720),
        (JobKind.SIGFOX_CHECK, NOTED, 720),
        (JobKind.SIGFOX_IMPORT, NOTHING, 720),
    ],
)
def test_a_routine_that_found_nothing_is_forgotten_within_hours(
    kind: JobKind, done: StepDone, hours: int, management: Management, clock: Clock, stored: Stored
) -> None:
    order_job("demo", kind, {})
    [due] = due_jobs(clock.now_ms)
    run_job(due, {kind: lambda _job: done}, clock.now_ms + SOON)

    [item] = stored("APP#demo", "JOB#")
    assert item["expires_at"] == clock.now_ms // 1000 + hours * 3600
    clock.wait(hours * 3600 - 1)
    assert len(management.get("/v1/jobs").json["jobs"]) == 1
    # DynamoDB has not deleted it yet.
    clock.wait(1)
    assert management.get("/v1/jobs").json["jobs"] == []


@pytest.mark.parametrize("path", ["/v1/jobs/1763770827000-0a1b2c3d", "/v1/jobs/x"])
def test_a_job_that_is_not_there_is_not_found(path: str, management: Management) -> None:
    assert management.get(path).status in {400, 404}
