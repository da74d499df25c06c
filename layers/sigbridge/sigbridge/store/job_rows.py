"""What a job is to do something with, where that is too much for the job's own item: some rows an item.

They may hold what should not stay: they are deleted when the job ends, and forgotten with it at the latest.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from sigbridge.model.job import Job
from sigbridge.store import table
from sigbridge.store.failures import ConditionFailed
from sigbridge.store.rows import Key, Span, Update

# A row may have a few kB: DynamoDB's items have 400 kB at most.
ROWS_AN_ITEM = 100
_SORT = "ROWS#"
_AFTER_ALL = "~"
_WRITTEN_AT_ONCE = 25


def add(job: Job, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the rows of a job that is ordered."""
    parts = enumerate(batched(rows, ROWS_AN_ITEM, strict=False))
    for some in batched(parts, _WRITTEN_AT_ONCE, strict=False):
        table.put_all(
            {
                _key(job, number): {"rows": json.dumps(part), "expires_at": job.kept_until}
                for number, part in some
            }
        )


def find(job: Job, number: int) -> list[Any]:
    """Return the rows of an item, the first of which has the number 0; none where there is no such item."""
    record = table.get_latest(_key(job, number))
    rows: list[Any] = [] if record is None else json.loads(record["rows"])
    return rows


def begin(job: Job, number: int, what: str, attempt: int) -> bool:
    """Note that something is about to be done with the rows of an item that must not be done twice.

    Args:
        job: The job.
        number: The item.
        what: That, in a word.
        attempt: Counted from 1 by the caller, who knows of an attempt that it was not made.

    Returns:
        Whether this attempt has not begun before: where it has, it may have been made.
    """
    change = Update(
        key=_key(job, number),
        expression="SET #what = :attempt",
        condition="attribute_exists(pk) AND (attribute_not_exists(#what) OR #what < :attempt)",
        names={"#what": f"begun_{what}"},
        values={":attempt": attempt},
    )
    try:
        table.update(change)
    except ConditionFailed:
        return False
    return True


def remove(application_id: str, job_id: str) -> None:
    """Delete the rows of a job."""
    span = Span(_partition(application_id, job_id), _SORT, _SORT + _AFTER_ALL, attributes=("pk", "sk"))
    table.delete_all([Key(each["pk"], each["sk"]) for each in table.in_order(span)])


def _partition(application_id: str, job_id: str) -> str:
    return f"JOB#{application_id}#{job_id}"


def _key(job: Job, number: int) -> Key:
    return Key(_partition(job.application_id, job.id), f"{_SORT}{number:05d}")
