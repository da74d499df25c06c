"""Does what follows from changes of the table: history, acknowledgements, conditions, announcements."""

from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.changes import BusRefused, announce, follow, read_change
from sigbridge.web.telemetry import count, logger, metrics

processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def _follow(record: DynamoDBRecord) -> None:
    occurrences = Counter[str]()
    try:
        change = read_change(record.raw_event)
        if change is not None:
            occurrences = follow(change)
            announce(change)
    except BusRefused as refused:
        logger.error(refused.message, event_id=record.event_id)
        occurrences["AnnouncementFailures"] += 1
    except (LookupError, TypeError, ValueError):
        # Written by somebody else: it will not become readable, and the changes behind it must not wait.
        logger.exception("a change can't be read, nothing follows from it", event_id=record.event_id)
        occurrences["UnreadableChanges"] += 1
    for metric, number in occurrences.items():
        count(metric, number)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Follows the changes of a batch, and names those that are to be followed again."""
    return process_partial_response(event, _follow, processor, context)
