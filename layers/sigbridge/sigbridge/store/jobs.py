"""Jobs: an item each beside their application, in the index `due` until they end.

Who works on a job has a lease of it, which each step renews. Where its holder dies, the job is due again when
the lease ends.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sigbridge.model.job import Job, JobKind, JobState, Progress
from sigbridge.store import due, job_errors, job_rows, table
from sigbridge.store.due import DueItem
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.numbers import whole
from sigbridge.store.rows import Key, Record, Span, Update

_SORT = "JOB#"
_DUE_LIST = "JOBS"
# Of those that wait for a moment: nobody works on them before.
_POSTPONED_LIST = "JOBSLATER"
_PAGE = 50
# Sorts after every id.
_AFTER_ALL = "~"
_PROGRESS = "SET #cursor = :cursor, progress = :progress, failing_since = :failing_since"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job.

    Attributes:
        holder: Who has it; the same at every renewal.
        until: When it ends unless it is renewed, epoch ms.
    """

    holder: str
    until: int


class LeaseLost(Exception):
    """The job was cancelled, has ended, or somebody else works on it; nothing was changed."""


def add(job: Job) -> None:
    """Store a new job, due at once."""
    due = {"due_list": _DUE_LIST, "due_at": job.created_at, "expires_at": job.kept_until}
    record = _record_of(job) | due
    table.put_new(_key(job.application_id, job.id), record)


def find(application_id: str, job_id: str) -> Job | None:
    """Return a job as the last finished write left it."""
    record = table.get_latest(_key(application_id, job_id))
    return None if record is None else _read(record)


def newest_first(application_id: str) -> Iterator[Job]:
    """Yield the jobs of an application, the newest one first."""
    span = Span(f"APP#{application_id}", _SORT, _SORT + _AFTER_ALL)
    return map(_read, table.newest_first(span, _PAGE))


def unfinished(until_ms: int) -> Iterator[DueItem]:
    """Yield the jobs that are due until a moment: those that somebody works on are when their leases end."""
    return due.due_until(_DUE_LIST, until_ms)


def postponed(until_ms: int) -> Iterator[DueItem]:
    """Yield the jobs that waited for a moment, which has come by this one."""
    return due.due_until(_POSTPONED_LIST, until_ms)


def job_named(item: DueItem) -> tuple[str, str]:
    """Return the application and the id of a job that is due."""
    return item.key.pk.removeprefix("APP#"), item.key.sk.removeprefix(_SORT)


def begin(application_id: str, job_id: str, lease: Lease, now_ms: int) -> Job:
    """Take a job that nobody works on.

    Raises:
        LeaseLost: It has ended, or somebody works on it.
    """
    change = Update(
        key=_key(application_id, job_id),
        expression="SET #state = :running, lease_holder = :holder, due_list = :list, due_at = :until",
        condition="attribute_exists(due_at) AND due_at <= :now",
        names={"#state": "state"},
        values={
            ":running": JobState.RUNNING.value,
            ":holder": lease.holder,
            ":list": _DUE_LIST,
            ":until": lease.until,
            ":now": now_ms,
        },
    )
    try:
        return _read(table.update_returning_item(change))
    except ConditionFailed as failed:
        raise LeaseLost from failed


def advance(job: Job, lease: Lease) -> None:
    """Write how far a job is, and renew the lease.

    Raises:
        LeaseLost: It is the holder's no more.
    """
    _hold(job, lease, f"{_PROGRESS}, due_at = :until", {":until": lease.until})


def hand_back(job: Job, lease: Lease, now_ms: int) -> None:
    """Write how far a job is, and have somebody else go on.

    Raises:
        LeaseLost: It is the holder's no more.
    """
    expression = f"{_PROGRESS}, #state = :state, due_at = :now REMOVE lease_holder"
    _hold(job, lease, expression, {":state": JobState.WAITING.value, ":now": now_ms}, {"#state": "state"})


def postpone(job: Job, lease: Lease, until_ms: int) -> None:
    """Write how far a job is, and have somebody go on from a moment on.

    Raises:
        LeaseLost: It is the holder's no more.
    """
    expression = f"{_PROGRESS}, #state = :state, due_list = :list, due_at = :until REMOVE lease_holder"
    values = {":state": JobState.WAITING.value, ":list": _POSTPONED_LIST, ":until": until_ms}
    _hold(job, lease, expression, values, {"#state": "state"})


def end(job: Job, lease: Lease, state: JobState, now_ms: int) -> None:
    """End a job.

    Raises:
        LeaseLost: It is the holder's no more.
    """
    expression = (
        f"{_PROGRESS}, #state = :state, ended_at = :now, expires_at = :kept"
        " REMOVE lease_holder, due_list, due_at"
    )
    ended = replace(job, state=state, ended_at=now_ms)
    values = {":state": state.value, ":now": now_ms, ":kept": ended.kept_until}
    _hold(ended, lease, expression, values, {"#state": "state"})


def _hold(
    job: Job, lease: Lease, expression: str, values: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> None:
    change = Update(
        key=_key(job.application_id, job.id),
        expression=expression,
        condition="lease_holder = :holder",
        names={"#cursor": "cursor", **(names or {})},
        values={
            ":cursor": job.cursor,
            ":progress": _record_of_progress(job.progress),
            ":failing_since": job.failing_since,
            ":holder": lease.holder,
            **values,
        },
    )
    try:
        table.update(change)
    except ConditionFailed as failed:
        raise LeaseLost from failed


def cancel(application_id: str, job_id: str, now_ms: int) -> None:
    """End a job that has not ended; who works on it finds that at the next step."""
    change = Update(
        key=_key(application_id, job_id),
        expression="SET #state = :state, ended_at = :now REMOVE lease_holder, due_list, due_at",
        condition="attribute_exists(due_at)",
        names={"#state": "state"},
        values={":state": JobState.CANCELLED.value, ":now": now_ms},
    )
    with suppress(ConditionFailed):
        table.update(change)


def remove_all(application_id: str) -> None:
    """Delete all jobs of an application that is deleted itself, and what is stored with them."""
    jobs = [job.id for job in newest_first(application_id)]
    for job_id in jobs:
        job_rows.remove(application_id, job_id)
        job_errors.remove(application_id, job_id)
    table.delete_all([_key(application_id, job_id) for job_id in jobs])


def _key(application_id: str, job_id: str) -> Key:
    return Key(f"APP#{application_id}", f"{_SORT}{job_id}")


def _read(record: Mapping[str, Any]) -> Job:
    return Job(
        id=record["sk"].removeprefix(_SORT),
        application_id=record["pk"].removeprefix("APP#"),
        kind=JobKind(record["kind"]),
        arguments=record["arguments"],
        created_at=int(record["created_at"]),
        state=JobState(record["state"]),
        cursor=record.get("cursor"),
        progress=_read_progress(record["progress"]),
        failing_since=whole(record.get("failing_since")),
        ended_at=whole(record.get("ended_at")),
    )


def _read_progress(record: Mapping[str, Any]) -> Progress:
    return Progress(
        looked_at=int(record["looked_at"]),
        changed=int(record["changed"]),
        failed=int(record["failed"]),
        problems={each["problem"]: int(each["count"]) for each in record["problems"]},
        total=whole(record.get("total")),
        notes=tuple(record.get("notes", ())),
    )


def _record_of(job: Job) -> Record:
    return {
        "kind": job.kind.value,
        "arguments": dict(job.arguments),
        "created_at": job.created_at,
        "state": job.state.value,
        "cursor": job.cursor,
        "progress": _record_of_progress(job.progress),
    }


def _record_of_progress(progress: Progress) -> Record:
    return {
        "looked_at": progress.looked_at,
        "changed": progress.changed,
        "failed": progress.failed,
        "problems": [{"problem": text, "count": count} for text, count in progress.problems.items()],
        "total": progress.total,
        "notes": list(progress.notes),
    }
