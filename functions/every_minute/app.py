"""Does each minute what time asks for: ends downlinks, finds silent devices, erases deleted ones."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from sigbridge.api.http.telemetry import count, flush_counts, logger
from sigbridge.clock import now_ms
from sigbridge.deletion import erase_what_is_due
from sigbridge.downlinks import end_what_is_due
from sigbridge.errors import StoreUnavailable
from sigbridge.status import follow_watch_orders, look_for_silence

_WORKS = {
    "downlinks": end_what_is_due,
    "watched devices": look_for_silence,
    "orders to watch devices": follow_watch_orders,
    "deleted devices": erase_what_is_due,
}
# For what is under way when the time is over.
_RESERVED_MS = 10_000


@logger.inject_lambda_context
def lambda_handler(_event: dict[str, Any], context: LambdaContext) -> None:
    """Looks at everything that is due by now, each kind of work in its share of the time that is left.

    Raises:
        StoreUnavailable: Not all of it was done; the next minute goes on.
    """
    start = now_ms()
    end = start + context.get_remaining_time_in_millis() - _RESERVED_MS
    failed = left_out = 0
    for number, (what, work) in enumerate(_WORKS.items()):
        until = now_ms() + (end - now_ms()) // (len(_WORKS) - number)
        try:
            done = work(start, until)
        except StoreUnavailable:
            failed += 1
            continue
        logger.info("looked at what was due", what=what, looked_at=done.looked_at, failed=done.failed)
        for item, reason in done.left_out.items():
            logger.error(f"nothing can be done: {reason}", what=what, item=repr(item), exc_info=reason)
        failed += done.failed
        left_out += len(done.left_out)
    count("UnreadableChanges", left_out)
    flush_counts()
    if failed:
        raise StoreUnavailable
