"""Batches of records: Lambda is told which of them it is to hand over again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.aws.queue import QueuedMessage
from sigbridge.stream.batch import Handled, Stop
from sigbridge.stream.skipped import StreamRecord
from sigbridge.stream.throttled import devices_of
from sigbridge.telemetry import count, flush_counts, logger

type BatchHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

# Of those that one line of the log names.
_MOST_DEVICES = 20


def on_changes(handle: Callable[[Sequence[StreamRecord]], Handled]) -> BatchHandler:
    """Make a Lambda handler for batches of the table's stream, of which one stops at its first failure."""

    def handle_records(records: Sequence[StreamRecord]) -> Sequence[str]:
        handled = handle(records)
        _report(handled)
        return () if handled.stop is None else (_stopped_at(handled.stop),)

    return on_batches(handle_records)


def on_retries(handle: Callable[[Sequence[QueuedMessage]], Handled]) -> BatchHandler:
    """Make a Lambda handler for messages of a retry queue, each of which is tried again on its own."""

    def handle_records(records: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        handled = handle([QueuedMessage.from_record(record) for record in records])
        _report(handled)
        return handled.waiting

    return on_batches(handle_records)


def by_source(handlers: Mapping[str, BatchHandler]) -> BatchHandler:
    """Make a Lambda handler of those for each source, by the name that AWS gives it."""

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return handlers[event["Records"][0]["eventSource"]](event, context)

    return lambda_handler


def on_batches(handle: Callable[[Sequence[Mapping[str, Any]]], Sequence[str]]) -> BatchHandler:
    """Make a Lambda handler for records; those whose ids `handle` returns are handed over again."""

    @logger.inject_lambda_context
    def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        failed = handle(event["Records"])
        flush_counts()
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    return lambda_handler


def _stopped_at(stop: Stop) -> str:
    logger.error(
        f"a batch stopped at a change that is to be handled again: {stop.reason}",
        event_id=stop.record["eventID"],
        exc_info=stop.reason,
    )
    number: str = stop.record["dynamodb"]["SequenceNumber"]
    return number


def _report(handled: Handled) -> None:
    for skipped in handled.skipped:
        logger.error(
            f"a change can't be handled: {skipped.reason}",
            event_id=skipped.record["eventID"],
            exc_info=skipped.reason,
        )
    for one in handled.undelivered:
        write = logger.error if one.failure.is_lasting else logger.warning
        delivery = one.delivery
        write(one.failure.reason, destination=delivery.destination, event_id=delivery.event.id)
    for unread in handled.unread:
        logger.warning(
            f"a formatter could not read payloads: {unread.error}",
            application=unread.application_id,
            formatter=unread.formatter_id,
            version=unread.version,
            messages=unread.messages,
            suspended=unread.suspended,
        )
    if handled.undecoded is not None:
        logger.warning(f"messages are told without values: {handled.undecoded}", exc_info=handled.undecoded)
    if handled.throttled:
        logger.warning(
            "the store refuses changes for throughput: they wait in the retry queue",
            changes=len(handled.throttled),
            devices=devices_of(handled.throttled)[:_MOST_DEVICES],
        )
    if handled.waiting:
        logger.warning("messages of the retry queue wait longer", messages=len(handled.waiting))
    if not_retried := handled.counts["DownlinksNotRetried"]:
        logger.warning("downlinks are not tried again: their queues are full", downlinks=not_retried)
    for metric, occurrences in handled.counts.items():
        count(metric, occurrences)
