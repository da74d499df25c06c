"""What was wrong with single things that a job looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigbridge.jobs.ordering import find_job
from sigbridge.model.job import RowError
from sigbridge.store import job_errors


@dataclass(frozen=True, slots=True)
class RowErrorPage:
    """Some of them, in the order in which they were found.

    Attributes:
        errors: Those.
        next_start: Where the next page starts; None for the last one.
    """

    errors: Sequence[RowError]
    next_start: int | None


def list_row_errors(application_id: str, job_id: str, start: int, limit: int) -> RowErrorPage:
    """Read a page of what was wrong with single things that a job looked at.

    Args:
        application_id, job_id: The job.
        start: 0, or `next_start` of the page before.
        limit: How many at most.

    Raises:
        UnknownJob: There is none of that id.
    """
    found = job_errors.listed(find_job(application_id, job_id), start, limit + 1)
    next_start = found[limit][0] if len(found) > limit else None
    return RowErrorPage([error for _, error in found[:limit]], next_start)
