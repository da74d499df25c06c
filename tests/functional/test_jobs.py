"""Jobs: done once however often they break off, gone on with after a crash, cancelled where they are."""

from collections.abc import Callable

import pytest

from sigbridge.errors import InvalidInput, StoreUnavailable
from sigbridge.jobs import (
    DueJob,
    Job,
    JobKind,
    JobState,
    StepDone,
    cancel_job,
    due_jobs,
    find_job,
    order_job,
    run_job,
)
from tests.functional.management import Management
from tests.functional.played_device import Clock

pytestmark = pytest.mark.usefixtures("application")

SOON, LATER = 60_000, 10 * 60_000
STEPS = 5


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


def run_due(clock: Clock, step: Counting, for_ms: int = SOON) -> int:
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


@pytest.mark.parametrize("path", ["/v1/jobs/1763770827000-0a1b2c3d", "/v1/jobs/x"])
def test_a_job_that_is_not_there_is_not_found(path: str, management: Management) -> None:
    assert management.get(path).status in {400, 404}
