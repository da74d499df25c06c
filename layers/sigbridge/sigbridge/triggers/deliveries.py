"""Messages of the queue of webhooks: calls are made with them, and the log has those that failed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sigbridge.aws.queue import QueuedMessage
from sigbridge.model.webhook_health import WebhookState
from sigbridge.telemetry import count, logger
from sigbridge.triggers.batches import BatchHandler, on_batches
from sigbridge.webhooks.delivering import DeliveryReport


def on_deliveries(deliver: Callable[[Sequence[QueuedMessage]], DeliveryReport]) -> BatchHandler:
    """Make a Lambda handler for messages of the queue of webhooks."""

    def handle_records(records: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        report = deliver([QueuedMessage.from_record(record) for record in records])
        _tell(report)
        return report.waiting

    return on_batches(handle_records)


def _tell(report: DeliveryReport) -> None:
    for failed in report.failed:
        logger.warning(
            f"a webhook was not told: {failed.reason}",
            application_id=failed.application_id,
            webhook_id=failed.webhook_id,
            message_type=failed.message_type,
            event_id=failed.event_id,
            status=failed.status,
        )
    for (application_id, webhook_id), dropped in report.without_webhook.items():
        logger.info(
            "a webhook is deleted: what waited for it is dropped",
            application_id=application_id,
            webhook_id=webhook_id,
            dropped=dropped,
        )
    for change in report.changes:
        is_disabled = change.state is WebhookState.DISABLED
        write = logger.error if is_disabled else logger.warning
        write(
            f"a webhook is {change.state} now",
            application_id=change.application_id,
            webhook_id=change.webhook_id,
        )
        count("LeftUndone", int(is_disabled))
