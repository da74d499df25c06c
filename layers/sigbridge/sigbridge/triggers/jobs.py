"""Work on a job that `begin_due_jobs` names."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.clock import now_ms
from sigbridge.jobs import DueJob, JobKind, Step, run_job
from sigbridge.telemetry import flush_counts, logger

type JobHandler = Callable[[dict[str, Any], LambdaContext], None]

# For the step that is under way when the time is over.
_RESERVED_MS = 70_000


def on_due_job(steps: Mapping[JobKind, Step]) -> JobHandler:
    """Make a Lambda handler that works on the job of its event.

    What fails for a while fails the function: Lambda's error metric tells of it, and a later minute goes on.

    Args:
        steps: What a step of each kind of job is.
    """

    @logger.inject_lambda_context
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
        until_ms = now_ms() + context.get_remaining_time_in_millis() - _RESERVED_MS
        try:
            run_job(DueJob(event["application_id"], event["job_id"]), steps, until_ms)
        finally:
            flush_counts()

    return lambda_handler
