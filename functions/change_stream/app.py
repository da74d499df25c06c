"""Does what follows from changes of the table: history, acknowledgements, conditions, announcements."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.telemetry import count, flush_counts, logger
from sigbridge.stream import follow_batch


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Follows the changes of a batch, and names the first one that is to be followed again."""
    followed = follow_batch(event["Records"])
    for left_out in followed.left_out:
        logger.error(
            f"a change can't be followed: {left_out.reason}",
            event_id=left_out.record["eventID"],
            exc_info=left_out.reason,
        )
    if not_retried := followed.occurrences["DownlinksNotRetried"]:
        logger.warning("downlinks are not tried again: their queues are full", downlinks=not_retried)
    for metric, occurrences in followed.occurrences.items():
        count(metric, occurrences)
    failures = []
    if followed.stop is not None:
        record, reason = followed.stop.record, followed.stop.reason
        logger.error(
            f"a batch stopped at a change that is to be followed again: {reason}",
            event_id=record["eventID"],
            exc_info=reason,
        )
        count("StoppedBatches")
        failures = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
    flush_counts()
    return {"batchItemFailures": failures}
