"""Ends, once a minute, what time ends: downlinks that expired, acknowledgements that never came."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.telemetry import count, flush_counts, logger
from sigbridge.clock import now_ms
from sigbridge.downlinks import end_what_is_due


@logger.inject_lambda_context
def lambda_handler(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Looks at everything that is due by now."""
    deadlines = end_what_is_due(now_ms())
    logger.info("looked at what was due", attempts=deadlines.looked_at)
    for key, reason in deadlines.left_out.items():
        logger.error(
            f"an attempt can't be ended: {reason}",
            downlink=key.downlink_id,
            attempt=key.number,
            exc_info=reason,
        )
    count("UnreadableChanges", len(deadlines.left_out))
    flush_counts()
