"""What was wrong with single things that a job looked at: an item each, forgotten with the job.

They are numbered by how many things the job had failed at before. So a step that is done again after a crash
writes those of the first time anew.
"""

from collections.abc import Sequence
from itertools import batched, islice

from sigbridge.model.job import MOST_ROW_ERRORS, Job, RowError
from sigbridge.store import table
from sigbridge.store.rows import Key, Span

_SORT = "ERROR#"
_AFTER_ALL = "~"
_LONGEST_ROW, _LONGEST_MESSAGE = 100, 500
_WRITTEN_AT_ONCE = 25


def add(job: Job, errors: Sequence[RowError]) -> None:
    """Store what was wrong with things that a step of a job looked at; of a job, the first 10,000."""
    room = max(0, MOST_ROW_ERRORS - job.progress.failed)
    numbered = enumerate(errors[:room], start=job.progress.failed)
    for some in batched(numbered, _WRITTEN_AT_ONCE, strict=False):
        table.put_all(
            {
                _key(job, number): {
                    "row": error.row[:_LONGEST_ROW],
                    "message": error.message[:_LONGEST_MESSAGE],
                    "expires_at": job.kept_until,
                }
                for number, error in some
            }
        )


def listed(job: Job, start: int, limit: int) -> list[tuple[int, RowError]]:
    """Read the next errors of a job, each with its number, which is `start` at least."""
    # Those of a step that did not end are not counted yet.
    end = job.progress.failed - 1
    if start > end:
        return []
    span = Span(_partition(job.application_id, job.id), _key(job, start).sk, _key(job, end).sk)
    return [
        (int(record["sk"].removeprefix(_SORT)), RowError(record["row"], record["message"]))
        for record in islice(table.in_order(span, limit), limit)
    ]


def remove(application_id: str, job_id: str) -> None:
    """Delete the errors of a job."""
    partition = _partition(application_id, job_id)
    span = Span(partition, _SORT, _SORT + _AFTER_ALL, attributes=("pk", "sk"))
    table.delete_all([Key(each["pk"], each["sk"]) for each in table.in_order(span)])


def _partition(application_id: str, job_id: str) -> str:
    return f"JOB#{application_id}#{job_id}"


def _key(job: Job, number: int) -> Key:
    return Key(_partition(job.application_id, job.id), f"{_SORT}{number:08d}")
