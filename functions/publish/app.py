"""Tells destinations what happened: from changes of the table, and again from the retry queue."""

from collections.abc import Iterable, Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.telemetry import count, flush_counts, logger
from sigbridge.aws.queue import QueuedMessage
from sigbridge.integrations.retries import Undelivered, retry
from sigbridge.stream.publishing import publish_batch
from sigbridge.stream.skipped import StreamRecord


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Delivers the events of a batch, and names what Lambda is to hand over again."""
    records = event["Records"]
    is_retry = records[0]["eventSource"] == "aws:sqs"
    failed = _retry(records) if is_retry else _publish(records)
    flush_counts()
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def _publish(records: Sequence[StreamRecord]) -> Sequence[str]:
    published = publish_batch(records)
    for skipped in published.skipped:
        logger.error(
            f"no event can be made of a change: {skipped.reason}",
            event_id=skipped.record["eventID"],
            exc_info=skipped.reason,
        )
    _log(published.undelivered)
    for metric, occurrences in published.counts.items():
        count(metric, occurrences)
    if published.stop is None:
        return ()
    logger.error(f"a batch is to be published again: {published.stop}", exc_info=published.stop)
    count("StoppedBatches")
    return (records[0]["dynamodb"]["SequenceNumber"],)


def _retry(records: Sequence[dict[str, Any]]) -> Sequence[str]:
    retried = retry([QueuedMessage.from_record(record) for record in records])
    _log(retried.given_up)
    count("EventsRefused", len(retried.given_up))
    return retried.waiting


def _log(undelivered: Iterable[Undelivered]) -> None:
    for one in undelivered:
        write = logger.error if one.failure.is_lasting else logger.warning
        delivery = one.delivery
        write(one.failure.reason, destination=delivery.destination, event_id=delivery.event.id)
