"""Does what follows from changes of the table: histories, acknowledgements, states of devices."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.telemetry import count, flush_counts, logger
from sigbridge.stream.batch import handle_batch


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Handles the changes of a batch, and names the first one that is to be handled again."""
    handled = handle_batch(event["Records"])
    for skipped in handled.skipped:
        logger.error(
            f"a change can't be handled: {skipped.reason}",
            event_id=skipped.record["eventID"],
            exc_info=skipped.reason,
        )
    if not_retried := handled.counts["DownlinksNotRetried"]:
        logger.warning("downlinks are not tried again: their queues are full", downlinks=not_retried)
    for metric, occurrences in handled.counts.items():
        count(metric, occurrences)
    failures = []
    if handled.stop is not None:
        record, reason = handled.stop.record, handled.stop.reason
        logger.error(
            f"a batch stopped at a change that is to be handled again: {reason}",
            event_id=record["eventID"],
            exc_info=reason,
        )
        count("StoppedBatches")
        failures = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
    flush_counts()
    return {"batchItemFailures": failures}
